"""How somebody who offers to help is screened by what is known of them.

somebody of the public offers to help                   workforce.offer_help
  the register knows them, and their code is not green
    the offer is declined, with thanks                  workforce.decline_offer

Everybody else is looked at by a person, who calls them.
"""

from django.utils.translation import gettext as _

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.status.queries import status_of
from fangxian.workforce.actions import decline_offer
from fangxian.workforce.events import VolunteerOffered


def on_offered(fact: VolunteerOffered, event: Event) -> None:
    if fact.resident_id is None:
        return
    now = status_of(PLAYBOOK, fact.resident_id)
    if now.used and now.colour != "green":
        why = _("The code is not green at present. Thank you: offer again when it is.")
        decline_offer(PLAYBOOK, fact.subject_id, why=why, because=event)


on(VolunteerOffered, on_offered)
