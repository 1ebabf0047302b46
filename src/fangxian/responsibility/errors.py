from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.kernel.errors import NotFound, Refusal
from fangxian.responsibility.models import Responsibility


class NoSuchResponsibility(NotFound):
    def __init__(self, responsibility_id: UUID) -> None:
        super().__init__(_("responsibility"), responsibility=str(responsibility_id))


class NoSuchKeyPerson(NotFound):
    def __init__(self, key_person_id: UUID) -> None:
        super().__init__(_("key person"), key_person=str(key_person_id))


class WrongLevel(Refusal):
    """A role that answers for something else than this place."""

    code = "wrong_level"
    status = 422

    def __init__(self, role: str, level: str) -> None:
        super().__init__(
            _("“%(role)s” does not answer for a %(level)s. Choose the role that fits the place.")
            % {"role": role, "level": level},
        )


class NotAtWork(Refusal):
    """A member who cannot be given anything now."""

    code = "not_at_work"

    def __init__(self, state: str) -> None:
        super().__init__(
            _("This person is not at work: %(state)s. Name somebody else, or a stand-in.")
            % {"state": state},
        )


class RoleIsHeld(Refusal):
    """One key person has one helper in each role."""

    code = "role_is_held"

    def __init__(self, held: Responsibility) -> None:
        super().__init__(
            _("“%(role)s” is named already. End that first, or name a stand-in.")
            % {"role": held.get_role_display()},
            responsibility=str(held.id),
        )


class StandsInForThemselves(Refusal):
    code = "stands_in_for_themselves"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Nobody stands in for themselves. Name somebody else."))


class HasEnded(Refusal):
    code = "responsibility_has_ended"

    def __init__(self) -> None:
        super().__init__(_("This responsibility has ended. Reload the page to see who has it now."))
