"""The people of the stories, and the ordinary things they start from.

It is noon of 2 September 2022 in Xining; cn-v9 is in force unless the story says otherwise.
"""

from datetime import timedelta
from uuid import UUID

from fangxian.areas.models import Area
from fangxian.dispatch.queries import tasks_about
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.measures.tests import make as measures
from fangxian.measures.tests.make import actor, door, estate, resident, rules
from fangxian.people.models import Resident
from fangxian.sampling.actions import add_swab, open_tube, report_tube_result, seal_tube
from fangxian.sampling.models import Tube

__all__ = ["actor", "door", "estate", "measures", "resident", "rules"]

SAMPLER_MA = actor(Duty.COLLECT_SAMPLES, Duty.SEE_REGISTER, name="Ma")
LAB_CLERK_LI = actor(Duty.ENTER_RESULTS, name="Li")
INVESTIGATOR_ZHAO = actor(Duty.INVESTIGATE, Duty.SEE_REGISTER, name="Zhao")
OFFICER_DENG = actor(Duty.DECIDE_MEASURES, Duty.COMMAND, Duty.SEE_REGISTER, name="Deng")
GRID_WORKER_WANG = actor(Duty.CARRY_OUT, Duty.SEE_REGISTER, name="Wang")


def neighbours(number: int = 10, *, home: Area | None = None) -> list[Resident]:
    """People of one stairwell, each behind a door of their own."""
    building = home or estate()[0]
    return [resident(at=door(building, f"{100 + place}")) for place in range(number)]


def sealed_tube(people: list[Resident], *, retest_of: Tube | None = None) -> Tube:
    """A tube of these people, sealed two hours ago."""
    at = now() - timedelta(hours=2)
    tube = open_tube(
        SAMPLER_MA,
        area_path=people[0].area_path,
        purpose="retest" if retest_of else "round",
        retest_of_id=retest_of.id if retest_of else None,
    )
    for one in people:
        add_swab(SAMPLER_MA, tube.id, one.id, taken_at=at)
    return seal_tube(SAMPLER_MA, tube.id, sealed_at=at)


def found(tube: Tube, finding: str) -> Tube:
    return report_tube_result(LAB_CLERK_LI, tube.id, finding, measured_at=now())


def kinds_of_tasks(about: UUID, *, pending: bool = True) -> set[str]:
    tasks = tasks_about(PLAYBOOK, about)
    if pending:
        tasks = tasks.filter(state__in=["open", "taken"])
    return set(tasks.values_list("kind", flat=True))
