from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.kernel.errors import Malformed, Refusal

if TYPE_CHECKING:
    from fangxian.requests.models import Call, Request, Whistle


class WordsMissing(Malformed):
    code = "words_missing"

    def __init__(self) -> None:
        super().__init__(_("Write down what is the matter, in a few words."))


class CallIsTaken(Refusal):
    code = "call_is_taken"

    def __init__(self, call: "Call") -> None:
        super().__init__(
            _(
                "A colleague has answered this call a moment before you. Nothing is lost: take the"
                " next one that waits."
            ),
            call=str(call.id),
        )


class CallIsOver(Refusal):
    code = "call_is_over"

    def __init__(self, call: "Call") -> None:
        super().__init__(
            _("This call has ended. If something was left out, write a request for the caller."),
            call=str(call.id),
        )


class OnAnotherCall(Refusal):
    code = "on_another_call"

    def __init__(self) -> None:
        super().__init__(
            _("You are on a call. End it first with what came of it; the others wait for you.")
        )


class NobodyCalls(Refusal):
    code = "nobody_calls"

    def __init__(self) -> None:
        super().__init__(_("Nobody waits on the line. The page tells you when somebody calls."))


class CallIsAnEmergency(Refusal):
    """What may be done with an abusive or a long call is never done with an emergency."""

    code = "call_is_an_emergency"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This was said to be an emergency, so it can only end with help on the way."
                " Send the transfer; whether it was needed is found out there."
            )
        )


class CallerNotWarned(Refusal):
    code = "caller_not_warned"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Warn the caller once, calmly, and ask whether it is an emergency. Only then may"
                " the call be ended for abuse."
            )
        )


class NoLineFree(Refusal):
    code = "no_line_free"

    def __init__(self) -> None:
        super().__init__(
            _("Every line has an operator. Wait until one is free, or have more lines opened.")
        )


class LineIsTaken(Refusal):
    code = "line_is_taken"

    def __init__(self, number: str) -> None:
        super().__init__(
            _("Somebody sits at line %(line)s. Choose another one.") % {"line": number},
            line=number,
        )


class NoSuchLine(Malformed):
    code = "no_such_line"

    def __init__(self, number: str) -> None:
        super().__init__(
            _("There is no line “%(line)s” in this hotline. Have it opened first.")
            % {"line": number},
            line=number,
        )


class PhoneWrong(Malformed):
    code = "phone_wrong"

    def __init__(self) -> None:
        super().__init__(_("This is no telephone number. Leave it empty if it is not known."))


class RequestIsTaken(Refusal):
    code = "request_is_taken"

    def __init__(self, request: "Request") -> None:
        super().__init__(
            _(
                "A colleague has taken request %(code)s in hand already and answers for it to the"
                " end. Take another one."
            )
            % {"code": request.code},
            request=str(request.id),
        )


class RequestIsNot(Refusal):
    """The verb belongs to another state of the request."""

    code = "request_is_in_another_state"

    def __init__(self, request: "Request") -> None:
        super().__init__(
            _("Request %(code)s is “%(state)s” now, so this cannot be done. Load the page anew.")
            % {"code": request.code, "state": request.get_state_display()},
            request=str(request.id),
            state=request.state,
        )


class RequestIsWithOthers(Refusal):
    code = "request_is_with_others"

    def __init__(self, request: "Request") -> None:
        super().__init__(
            _(
                "Request %(code)s is answered together with others of the same words. See to the"
                " first of them, or part it from them."
            )
            % {"code": request.code},
            request=str(request.id),
        )


class EmergencyStandsAlone(Refusal):
    code = "emergency_stands_alone"

    def __init__(self) -> None:
        super().__init__(_("An emergency is never put together with others."))


class UnitIsDissolved(Refusal):
    code = "unit_is_dissolved"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(unit)s” has been dissolved. Choose a unit that stands.") % {"unit": name},
            unit=name,
        )


class UnitMissing(Malformed):
    code = "unit_missing"

    def __init__(self) -> None:
        super().__init__(_("Name the unit that this goes to."))


class NotYourUnit(Refusal):
    code = "not_your_unit"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _(
                "Only the unit that was asked, or whoever sees to requests, can say this."
                " Ask the operator to give it to your unit."
            )
        )


class HelpersStillAtWork(Refusal):
    code = "helpers_still_at_work"

    def __init__(self, names: str, number: int) -> None:
        super().__init__(
            ngettext(
                "%(units)s has not finished its part. Wait for it, or hand its part back.",
                "%(units)s have not finished their parts. Wait for them, or hand them back.",
                number,
            )
            % {"units": names},
            units=number,
        )


class TooLateToExtend(Refusal):
    code = "too_late_to_extend"

    def __init__(self, request: "Request") -> None:
        super().__init__(
            _(
                "The time of request %(code)s is up, and more time is only given to who asks"
                " before. Finish it; it counts as overdue."
            )
            % {"code": request.code},
            request=str(request.id),
        )


class ExtensionWrong(Malformed):
    code = "extension_wrong"

    def __init__(self, hours: float) -> None:
        super().__init__(
            _("Ask for a time after the present limit, at most %(hours)g hours later.")
            % {"hours": hours},
            hours=hours,
        )


class ExtendedAlready(Refusal):
    code = "extended_already"

    def __init__(self) -> None:
        super().__init__(
            _("More time was asked for this stage once; that is as often as it can be.")
        )


class AskerDecidesNot(Refusal):
    code = "asker_decides_not"

    def __init__(self) -> None:
        super().__init__(_("Whoever asked for more time does not grant it. A colleague decides."))


class VerifierIsDoer(Refusal):
    code = "verifier_is_doer"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Whoever did it does not confirm it. Somebody outside the unit that did it calls"
                " back, or the resident confirms."
            )
        )


class ReasonNeeded(Malformed):
    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__(_("Say why, so that whoever reads it next understands."))


class ScoreWrong(Malformed):
    code = "score_wrong"

    def __init__(self) -> None:
        super().__init__(_("A score is a whole number from 1 (bad) to 5 (very good)."))


class ScoredAlready(Refusal):
    code = "scored_already"

    def __init__(self) -> None:
        super().__init__(_("This was scored already. Thank you; a score is given once."))


class TooLateToReopen(Refusal):
    code = "too_late_to_reopen"

    def __init__(self, days: int) -> None:
        super().__init__(
            ngettext(
                "This closed more than %(days)d day ago. Make a new request; it is marked as a"
                " repeat.",
                "This closed more than %(days)d days ago. Make a new request; it is marked as a"
                " repeat.",
                days,
            )
            % {"days": days},
            days=days,
        )


class WhistleIsOver(Refusal):
    code = "whistle_is_over"

    def __init__(self, whistle: "Whistle") -> None:
        super().__init__(
            _("Whistle %(code)s is over. If help is needed again, blow a new one.")
            % {"code": whistle.code},
            whistle=str(whistle.id),
        )


class NobodyIsCalled(Malformed):
    code = "nobody_is_called"

    def __init__(self) -> None:
        super().__init__(
            _("Name at least one unit to be called, and how many people if people are needed.")
        )


class ArrivalIsSeenByOthers(Refusal):
    code = "arrival_is_seen_by_others"

    def __init__(self) -> None:
        super().__init__(
            _("Whoever comes does not note the arrival; the community that called does.")
        )


class WhoCameIsScored(Malformed):
    code = "who_came_is_scored"

    def __init__(self, names: str) -> None:
        super().__init__(
            _("The community scores every unit that came. Still without a score: %(units)s.")
            % {"units": names},
            units=names,
        )


class CityColumnsMissing(Malformed):
    code = "city_columns_missing"

    def __init__(self, names: str) -> None:
        super().__init__(
            _(
                "The list has no column for: %(names)s. Name the columns in the first line as the"
                " city hotline does, and send it again."
            )
            % {"names": names},
            missing=names,
        )


class AnswerIsThere(Refusal):
    code = "answer_is_there"

    def __init__(self) -> None:
        super().__init__(
            _("This question is in the library already. Change its answer instead of a second one.")
        )
