from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, Refusal

if TYPE_CHECKING:
    from fangxian.sampling.models import Round, Tube


class TubeIsNotOpen(Refusal):
    code = "tube_is_not_open"

    def __init__(self, tube: "Tube") -> None:
        super().__init__(
            _("Tube %(tube)s is %(state)s; nothing can be added to it. Open a new tube.")
            % {"tube": tube.barcode, "state": tube.get_state_display()},
            tube=tube.barcode,
            state=tube.state,
        )


class TubeIsFull(Refusal):
    code = "tube_is_full"

    def __init__(self, tube: "Tube") -> None:
        super().__init__(
            _(
                "Tube %(tube)s is full: it holds %(capacity)s swabs. "
                "Seal it and take the next person into a new tube."
            )
            % {"tube": tube.barcode, "capacity": tube.capacity},
            tube=tube.barcode,
            capacity=tube.capacity,
        )


class TubeIsEmpty(Refusal):
    code = "tube_is_empty"

    def __init__(self, tube: "Tube") -> None:
        super().__init__(
            _(
                "Tube %(tube)s has no swab in it and cannot be sealed. "
                "Add the swab, or make the tube void."
            )
            % {"tube": tube.barcode},
            tube=tube.barcode,
        )


class MustNotBePooled(Refusal):
    """Someone with a positive pool to explain, or of a group the pack tests singly."""

    code = "must_not_be_pooled"

    def __init__(self, tube: "Tube | None", *, at_most: int) -> None:
        if at_most == 1:
            advice = _(
                "This person is to be tested singly. Open a tube of their own "
                "(single retest or test under an order) and put the swab there."
            )
        else:
            advice = _(
                "This person may only enter a tube of at most %(at_most)s swabs. "
                "Open such a tube (test under an order) and put the swab there."
            ) % {"at_most": at_most}
        super().__init__(advice, tube=tube.barcode if tube else "", at_most=at_most)


class TubeAwaitsNoResult(Refusal):
    """The tube is still open, or void."""

    code = "tube_awaits_no_result"

    def __init__(self, tube: "Tube") -> None:
        sentence = (
            _("Tube %(tube)s is still open. It must be sealed before a result can be reported.")
            if tube.state == "open"
            else _(
                "Tube %(tube)s was made void and awaits no result. "
                "Its people must be swabbed again."
            )
        )
        super().__init__(sentence % {"tube": tube.barcode}, tube=tube.barcode, state=tube.state)


class TubeAlreadyReported(Refusal):
    """The same laboratory said something else before."""

    code = "tube_already_reported"

    def __init__(self, tube: "Tube", said: str) -> None:
        super().__init__(
            _(
                "This laboratory reported tube %(tube)s as %(said)s before. "
                "To change a result, use “Correct the result” and say why."
            )
            % {"tube": tube.barcode, "said": said},
            tube=tube.barcode,
            advice="correct_tube_result",
        )


class TubeHasNoResult(Refusal):
    code = "tube_has_no_result"

    def __init__(self, tube: "Tube") -> None:
        super().__init__(
            _("Tube %(tube)s has no result that could be corrected. Report the result instead.")
            % {"tube": tube.barcode},
            tube=tube.barcode,
            state=tube.state,
        )


class TubeHasResult(Refusal):
    code = "tube_has_result"

    def __init__(self, tube: "Tube") -> None:
        super().__init__(
            _(
                "Tube %(tube)s has a result and cannot be made void. "
                "If the measurement was wrong, correct the result to “invalid”."
            )
            % {"tube": tube.barcode},
            tube=tube.barcode,
        )


class NoSuchFinding(Malformed):
    code = "no_such_finding"

    def __init__(self, word: str) -> None:
        super().__init__(
            _("“%(word)s” is no finding. Say negative, positive or invalid.") % {"word": word[:20]}
        )


class NoSuchPurpose(Malformed):
    code = "no_such_purpose"

    def __init__(self, word: str) -> None:
        super().__init__(
            _("“%(word)s” is nothing a tube is taken for. Say round, retest, order or wish.")
            % {"word": word[:20]}
        )


class ReasonMissing(Malformed):
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(_("This needs a reason. Write in a few words why."))


class TimeInTheFuture(Malformed):
    code = "time_in_the_future"

    def __init__(self) -> None:
        super().__init__(
            _("This time lies in the future. Check the date, and the clock of your device.")
        )


class BeforeTheIncident(Malformed):
    """No pack was in force there then, so nothing of this incident can have happened."""

    code = "before_the_incident"

    def __init__(self) -> None:
        super().__init__(
            _("This time lies before the incident began here. Check the date and the year.")
        )


class MeasuredBeforeSealed(Malformed):
    code = "measured_before_sealed"

    def __init__(self, tube: "Tube") -> None:
        super().__init__(
            _(
                "Tube %(tube)s cannot have been measured before it was sealed. "
                "Check the time of the measurement, and that it is this tube."
            )
            % {"tube": tube.barcode},
            tube=tube.barcode,
        )


class SealedBeforeSwabbed(Malformed):
    code = "sealed_before_swabbed"

    def __init__(self) -> None:
        super().__init__(
            _("The tube cannot have been sealed before its last swab was taken. Check the times.")
        )


class SwabbedTwiceInOneTube(Malformed):
    code = "swabbed_twice_in_one_tube"

    def __init__(self) -> None:
        super().__init__(_("Somebody stands twice in this tube. Name each person once."))


class RoundIsNotOpen(Refusal):
    code = "round_is_not_open"

    def __init__(self, round_: "Round") -> None:
        super().__init__(
            _(
                "The round “%(round)s” is %(state)s, not open. "
                "Begin it first, or choose the round that is under way."
            )
            % {"round": round_.name, "state": round_.get_state_display()},
            state=round_.state,
        )


class RoundIsOver(Refusal):
    code = "round_is_over"

    def __init__(self, round_: "Round") -> None:
        super().__init__(
            _("The round “%(round)s” is closed. Plan a new round instead.")
            % {"round": round_.name},
        )


class NobodyLivesThere(Refusal):
    code = "nobody_lives_there"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nobody is registered in this area, so there is nobody to plan for. "
                "Choose another area, or import its register first."
            )
        )


class NoSamplingPoints(Refusal):
    """None at all, or none that has a table and is open before the deadline."""

    code = "no_sampling_points"

    def __init__(self) -> None:
        super().__init__(
            _(
                "No sampling point of this area has a table that is open before the deadline. "
                "Enter the points with their tables, or change the opening hours."
            )
        )


class PlaceNotOnTheMap(Refusal):
    code = "place_not_on_the_map"

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "It is not known where %(place)s is, so nobody can be sent the shortest way. "
                "Enter its coordinates, or import its boundary."
            )
            % {"place": name}
        )


class RoundStartsInThePast(Malformed):
    code = "round_starts_in_the_past"

    def __init__(self) -> None:
        super().__init__(
            _("A round cannot be planned to start in the past. Choose a time from now on.")
        )
