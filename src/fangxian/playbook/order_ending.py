"""How an order ends, and is never forgotten.

    its conditions hold, or its end is reached             measures.propose_due_releases (job)
      an officer decides                                   dispatch.open_task
    it is ended, or goes on to the pack's next stage       measures.end_order, advance_order
      tests not yet taken are cancelled                    sampling.cancel_tests
      whatever waited because of it is no longer needed    dispatch.close_tasks_about
    it is extended, with a reason                          measures.extend_order
      the proposal is off the table                        dispatch.close_tasks_about

An order past its end without a decision stands first on the command page until somebody decides.
"""

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.events import OrderEnded, OrderExtended, ReleaseProposed
from fangxian.playbook.tasks import ask
from fangxian.sampling.actions import cancel_tests

_WAITING = (
    TaskKind.DECIDE_RELEASE,
    TaskKind.SERVE_ORDER,
    TaskKind.TRANSFER_PERSON,
    TaskKind.TRANSFER_PATIENT,
    TaskKind.TEST_PERSON,
)


def on_release_proposed(fact: ReleaseProposed, event: Event) -> None:
    ask(TaskKind.DECIDE_RELEASE, Duty.DECIDE_MEASURES, fact, event, due_at=now(), code=fact.code)


def on_order_ended(fact: OrderEnded, event: Event) -> None:
    cancel_tests(PLAYBOOK, fact.subject_id, because=event)
    for kind in _WAITING:
        close_tasks_about(PLAYBOOK, fact.subject_id, kind, because=event)


def on_order_extended(fact: OrderExtended, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.DECIDE_RELEASE, because=event)


on(ReleaseProposed, on_release_proposed)
on(OrderEnded, on_order_ended)
on(OrderExtended, on_order_extended)
