"""How a contact leads to an order.

    an investigator confirms a contact                     cases.confirm_contacts
      it is a close contact, or a contact of one
        the measure that the pack prescribes               measures.issue_order
      it is a low-risk contact
        nothing: no pack restricts such people
    a contact is discarded                                 cases.discard_contact
      an order that rests on it ends                       measures.end_orders_about
    nobody is left to decide on for this case              cases.confirm_contacts, discard_contact
      the task is done                                     dispatch.close_tasks_about

Days are counted from the last contact, so days already over are not served again. A pack without
a measure for such people restricts nobody, and that is kept as a fact.
"""

from uuid import UUID

from django.utils.translation import gettext_noop

from fangxian.cases.events import ContactConfirmed, ContactDiscarded
from fangxian.cases.queries import contacts_of
from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import end_orders_about, issue_order

_SUBJECTS = {"close": "close_contact", "secondary": "secondary_contact"}


def on_contact_confirmed(fact: ContactConfirmed, event: Event) -> None:
    if subject := _SUBJECTS.get(fact.contact_kind):
        issue_order(
            PLAYBOOK,
            resident_id=fact.resident_id,
            area_path=fact.area_path,
            subject=subject,
            about_id=fact.subject_id,
            counted_from=fact.last_at,
            because=event,
        )
    _close_when_all_are_decided(fact.case_id, event)


def on_contact_discarded(fact: ContactDiscarded, event: Event) -> None:
    end_orders_about(
        PLAYBOOK, fact.subject_id, reason=gettext_noop("no contact after all"), because=event
    )
    _close_when_all_are_decided(fact.case_id, event)


def _close_when_all_are_decided(case_id: UUID, event: Event) -> None:
    waiting = contacts_of(PLAYBOOK, case_id).filter(state="proposed", kind__in=_SUBJECTS)
    if not waiting.exists():
        close_tasks_about(PLAYBOOK, case_id, TaskKind.CONFIRM_CONTACTS, because=event, done=True)


on(ContactConfirmed, on_contact_confirmed)
on(ContactDiscarded, on_contact_discarded)
