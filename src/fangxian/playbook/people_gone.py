"""How what somebody was to do comes back when there is nobody any more to do it.

a team is dissolved                                    workforce.dissolve_organisation
  what it had not begun goes up, with a word           dispatch.return_tasks_of_team
somebody is ill, locked in, recalled or gone           workforce.set_state
  what they had taken is open again, one level up      dispatch.give_back_tasks_of
"""

from fangxian.dispatch.actions import give_back_tasks_of, return_tasks_of_team
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.workforce.events import MemberStateChanged, OrganisationDissolved
from fangxian.workforce.queries import get_member


def on_dissolved(fact: OrganisationDissolved, event: Event) -> None:
    return_tasks_of_team(PLAYBOOK, fact.subject_id, because=event)


def on_state_changed(fact: MemberStateChanged, event: Event) -> None:
    account = get_member(PLAYBOOK, fact.member_id).account_id
    if fact.state != "ready" and account is not None:
        give_back_tasks_of(PLAYBOOK, account, because=event)


on(OrganisationDissolved, on_dissolved)
on(MemberStateChanged, on_state_changed)
