from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal

if TYPE_CHECKING:
    from fangxian.sync.rules import Answer


class NoSuchDevice(NotFound):
    def __init__(self) -> None:
        super().__init__(_("phone"))


class NoSuchCommand(NotFound):
    def __init__(self) -> None:
        super().__init__(_("command"))


class NoSuchAccount(NotFound):
    def __init__(self) -> None:
        super().__init__(_("account"))


class ModeNotTheirs(Refusal):
    """Somebody's duties do not reach as far as the mode."""

    code = "mode_not_theirs"

    def __init__(self, mode: str) -> None:
        super().__init__(
            _(
                "This person has no duty for “%(mode)s”. "
                "Choose another mode, or have the duty given to them first."
            )
            % {"mode": mode}
        )


class ModesMissing(Malformed):
    code = "modes_missing"

    def __init__(self) -> None:
        super().__init__(_("Choose at least one thing that the phone is for."))


class TokenUnknown(Refusal):
    """Never given, used up, or over: a stranger learns no more."""

    code = "token_unknown"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _(
                "This code is wrong, was used already, or is older than ten minutes. "
                "Ask your supervisor to show a new one."
            )
        )


class PinMissing(Refusal):
    code = "pin_missing"

    def __init__(self) -> None:
        super().__init__(_("Choose a PIN first: without it the phone would be open to a finder."))


class DeviceUnknown(Refusal):
    code = "device_unknown"
    status = 401

    def __init__(self) -> None:
        super().__init__(
            _("This phone is not enrolled here. Ask your supervisor for an enrolment code.")
        )


class DeviceRevoked(Refusal):
    code = "device_revoked"
    status = 401

    def __init__(self) -> None:
        super().__init__(
            _("This phone was taken out of service. Ask your supervisor for a new enrolment code.")
        )


class DeviceExpired(Refusal):
    code = "device_expired"
    status = 401

    def __init__(self) -> None:
        super().__init__(
            _("This phone's enrolment is over. Ask your supervisor for a new enrolment code.")
        )


class ReasonMissing(Malformed):
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(_("This needs a reason. Write in a few words why."))


class StillRefused(Refusal):
    """What the room says about an entry that was tried once more."""

    code = "still_refused"

    def __init__(self, answer: "Answer") -> None:
        super().__init__(
            _("It cannot be entered yet: %(reason)s") % {"reason": answer.message},
            code=answer.code,
        )


class AlreadySettled(Refusal):
    code = "already_settled"

    def __init__(self) -> None:
        super().__init__(_("This has been settled already; nothing is left to be done about it."))


# What is the matter with a command


class BadCommand(Malformed):
    """A field is missing, or holds what cannot be there."""

    code = "bad_command"

    def __init__(self, field: str) -> None:
        super().__init__(
            _(
                "The phone sent something that cannot be read (%(field)s). "
                "Update the app; the office sees what was sent."
            )
            % {"field": field},
            field=field,
        )


class ClockWrong(Malformed):
    code = "clock_wrong"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This time lies in the future. Set the phone's clock to automatic, "
                "then enter it again."
            )
        )


class IdTaken(Refusal):
    """The same id came with something else before: a conflict, not a repetition."""

    code = "id_taken"

    def __init__(self) -> None:
        super().__init__(
            _("The number of this entry is taken by another one. Enter it again on the phone.")
        )


class MadeAfterTheEnd(Refusal):
    """After the phone was revoked or its enrolment was over."""

    code = "made_after_the_end"

    def __init__(self, ended_at: datetime) -> None:
        super().__init__(
            _(
                "This phone was in service until %(until)s; what was entered later does not count. "
                "Ask your supervisor."
            )
            % {"until": f"{localtime(ended_at):%Y-%m-%d %H:%M}"}
        )


class NotUnderstoodYet(Refusal):
    """Kept, not refused: the phone is newer than this server."""

    code = "not_understood_yet"

    def __init__(self) -> None:
        super().__init__(
            _("The phone is newer than the server. The entry is kept and will be entered later.")
        )


class FailedHere(Refusal):
    """Kept, not refused: it is our fault."""

    code = "failed_here"

    def __init__(self) -> None:
        super().__init__(_("The server failed at this entry. It is kept, and will be tried again."))


class CannotBeStored(Refusal):
    """The database does not take this row."""

    code = "cannot_be_stored"

    def __init__(self) -> None:
        super().__init__(
            _("This entry contradicts what is known already. The office sees it and puts it right.")
        )


# What is the matter with a request or a file


class NotJson(Malformed):
    code = "not_json"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("What the phone sent cannot be read. Update the app and try again."))


class NoSuchDoor(Refusal):
    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("There is nothing at this address. Update the app."))


class WrongMethod(Refusal):
    code = "wrong_method"
    status = 405

    def __init__(self) -> None:
        super().__init__(_("This address is used in another way. Update the app."))


class TooLarge(Refusal):
    code = "too_large"
    status = 413

    def __init__(self) -> None:
        super().__init__(_("Too much at once. The app sends it again in smaller parts."))


class TooManyCommands(Refusal):
    code = "too_many_commands"
    status = 413

    def __init__(self, most: int) -> None:
        super().__init__(
            _("Too much at once: at most %(most)d entries. The app sends the rest afterwards.")
            % {"most": most},
            most=most,
        )


class VersionEnded(Refusal):
    code = "version_ended"
    status = 426

    def __init__(self) -> None:
        super().__init__(
            _("This version of the app is no longer served. Connect to the network and update it.")
        )


class Busy(Refusal):
    """retry_after   seconds, different for each phone so that they do not come back together"""

    code = "busy"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            _("Many are sending at once. Nothing is lost; the app sends again by itself."),
            retry_after=retry_after,
        )


class DatabaseAway(Refusal):
    code = "database_away"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("The server cannot store anything at the moment. The app sends again by itself."),
            retry_after=2,
        )


class NotAnOutbox(Malformed):
    code = "not_an_outbox"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This file is not an outbox of a phone enrolled here, or it was changed. "
                "Export it again on the phone."
            )
        )
