from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal


class NoSuchDestruction(NotFound):
    def __init__(self, destruction_id: UUID) -> None:
        super().__init__(_("destruction"), destruction=str(destruction_id))


class IncidentIsNotOver(Refusal):
    """`standing` says what still stands, in words."""

    code = "incident_is_not_over"

    def __init__(self, standing: Sequence[str]) -> None:
        super().__init__(
            _("The incident is not over: %(standing)s. End these first; nothing was deleted.")
            % {"standing": _(", ").join(standing)},
            standing=list(standing),
        )


class ReasonIsNeeded(Malformed):
    code = "reason_is_needed"

    def __init__(self) -> None:
        super().__init__(_("Say why, in a sentence: it stands in the record for ever."))


class SecondOfficerDecides(Refusal):
    code = "second_officer_decides"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("Somebody else must agree: not who proposed it."))


class DestructionIsDecided(Refusal):
    code = "destruction_is_decided"

    def __init__(self) -> None:
        super().__init__(_("This was decided already."))


class NoRetention(Refusal):
    code = "no_retention"

    def __init__(self, pack: str) -> None:
        super().__init__(
            _("The rules in force, %(pack)s, say nothing of retention: nothing is deleted.")
            % {"pack": pack},
            pack=pack,
        )
