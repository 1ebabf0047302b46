"""How a risk area reaches those who live in it.

    a risk area is proposed                                measures.propose_risk_area
      the command post decides                             dispatch.open_task
    a risk area is declared                                measures.approve_risk_area
      what the level asks of its residents: an order each,
        and the days on which they are tested              measures.restrict_residents
      it keeps people in
        bring the notice to every door                     dispatch.open_task
        posts at the entrances                             dispatch.open_task
        goods for the households                           dispatch.open_task
      the rest of the district gets the level that the
        pack has for it, while any stricter area stands    measures.propose_risk_area
    its days begin again, after a new infection            measures.restart_clock
      its residents' orders and test days go with it       measures.follow_the_clock
    every release condition of a risk area holds           measures.propose_due_releases (job)
      the command post decides                             dispatch.open_task

What is undone when it ends stands in risk_area_lifted.py. Nothing here closes a fire exit, a
stairwell door or a gate: a post lets everybody through who needs care.
"""

from datetime import datetime

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import follow_the_clock, propose_risk_area, restrict_residents
from fangxian.measures.events import (
    ClockRestarted,
    RiskAreaDeclared,
    RiskAreaProposed,
    RiskAreaReleaseProposed,
)
from fangxian.measures.queries import district_of, get_risk_area, keeps_people_in
from fangxian.playbook.tasks import ask, by
from fangxian.protocol.queries import in_force


def on_proposed(fact: RiskAreaProposed, event: Event) -> None:
    ask(TaskKind.DECIDE_RISK_AREA, Duty.DECIDE_MEASURES, fact, event, due_at=now(), code=fact.code)


def on_declared(fact: RiskAreaDeclared, event: Event) -> None:
    close_tasks_about(
        PLAYBOOK, fact.subject_id, TaskKind.DECIDE_RISK_AREA, because=event, done=True
    )
    restrict_residents(PLAYBOOK, fact.subject_id, because=event)
    if keeps_people_in(PLAYBOOK, fact.subject_id):
        for kind, due_at in _at_the_doors(fact):
            ask(kind, Duty.CARRY_OUT, fact, event, due_at=due_at, code=fact.code)
    _rest_of_the_district(fact, event)


def _at_the_doors(fact: RiskAreaDeclared) -> list[tuple[TaskKind, datetime]]:
    return [
        (TaskKind.DELIVER_NOTICE, now()),
        (TaskKind.SET_POSTS, by("flow.task_dispatched", fact.area_path)),
        (TaskKind.SUPPLY_AREA, by("hotline.epidemic_item", fact.area_path)),
    ]


def _rest_of_the_district(fact: RiskAreaDeclared, event: Event) -> None:
    district = district_of(PLAYBOOK, fact.area_path)
    pack = in_force(now(), district)
    rest = pack.zone(pack.zone_for_case.rest_level)
    area = get_risk_area(PLAYBOOK, fact.subject_id)
    if rest is None or "district" not in rest.units or area.rank <= rest.rank:
        return
    propose_risk_area(
        PLAYBOOK,
        places=[district],
        unit="district",
        level=rest.level,
        about_id=fact.about_id,
        because=event,
    )


def on_clock_restarted(fact: ClockRestarted, event: Event) -> None:
    follow_the_clock(PLAYBOOK, fact.subject_id, because=event)


def on_release_proposed(fact: RiskAreaReleaseProposed, event: Event) -> None:
    ask(TaskKind.DECIDE_RELEASE, Duty.DECIDE_MEASURES, fact, event, due_at=now(), code=fact.code)


on(RiskAreaProposed, on_proposed)
on(RiskAreaDeclared, on_declared)
on(ClockRestarted, on_clock_restarted)
on(RiskAreaReleaseProposed, on_release_proposed)
