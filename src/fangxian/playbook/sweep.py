"""What is laid beside a sweep, and what follows from what it finds.

    a sweep of all open cases is asked for                 cases.ask_sweep
      the risk areas that stood in the days which still
        count for those who were there                     cases.lay_risk_areas
    it ended                                               cases.carry_out_sweep (worker)
      contacts are proposed, case by case                  cases.find_contacts

Nothing else follows by itself: who was in a risk area, and what the rules would say of each person,
is shown for somebody to decide. A sweep changes nobody's code and orders nobody anything.
"""

from fangxian.cases.events import SweepAsked
from fangxian.cases.sweeps import RiskBeside, lay_risk_areas
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.queries import risk_areas_since


def on_sweep_asked(fact: SweepAsked, _event: Event) -> None:
    areas = [
        RiskBeside(
            risk_area_id=area.id,
            name=area.name,
            level=area.level,
            rank=area.rank,
            places=area.places,
            since=area.starts_at,
            until=area.lifted_at,
        )
        for area in risk_areas_since(PLAYBOOK, fact.risks_since)
        if area.starts_at
    ]
    lay_risk_areas(PLAYBOOK, fact.subject_id, areas)


on(SweepAsked, on_sweep_asked)
