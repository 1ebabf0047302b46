"""Who acts: an account's duties, within one area. The actor comes first in every verb."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.errors import NotYours


class Duty(TextChoices):
    """What an account may be entrusted with. At most twenty, and each is a sentence."""

    COMMAND = "command", _("See the situation and decide")
    DECIDE_MEASURES = "decide_measures", _("Approve and end measures")
    SET_POLICY = "set_policy", _("Put a policy pack in force")
    MANAGE_AREAS = "manage_areas", _("Manage areas and sites")
    SEE_REGISTER = "see_register", _("See the register of residents")
    KEEP_REGISTER = "keep_register", _("Keep the register of residents")
    UNMASK = "unmask", _("Unmask personal data for a purpose")
    COLLECT_SAMPLES = "collect_samples", _("Collect samples")
    GUARD = "guard", _("Guard a checkpoint or a door")
    ENTER_RESULTS = "enter_results", _("Enter laboratory results")
    INVESTIGATE = "investigate", _("Investigate cases and contacts")
    PLAN_ROUNDS = "plan_rounds", _("Plan rounds of testing")
    DISPATCH = "dispatch", _("Assign and oversee tasks")
    CARRY_OUT = "carry_out", _("Carry out tasks")
    ANSWER_CALLS = "answer_calls", _("Answer the hotline and see to requests")
    KEEP_ROSTER = "keep_roster", _("Keep organisations, people at work and their posts")
    AUDIT = "audit", _("Audit the ledger")
    MANAGE_ACCOUNTS = "manage_accounts", _("Manage accounts")
    OPERATE = "operate", _("Operate the system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody, or the playbook, acting: what may they do, and where.

    within   area path; "" is everywhere
    """

    id: UUID
    within: str
    duties: frozenset[Duty]
    name: str = ""

    def sees(self, area_path: str) -> bool:
        return area_path.startswith(self.within)

    def may(self, duty: Duty, *, at: str | None = None) -> bool:
        return duty in self.duties and (at is None or self.sees(at))

    def must(self, duty: Duty, *, at: str | None = None) -> None:
        """Raise `NotYours` unless this actor has the duty at that place."""
        if not self.may(duty, at=at):
            raise NotYours(str(duty.label))


PLAYBOOK = Actor(
    id=UUID("00000000-0000-7000-8000-000000000001"),
    within="",
    duties=frozenset(Duty),
    name="playbook",
)
"""The rules acting by themselves: every step it takes names the fact that led to it."""
