from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.kernel.errors import Malformed, Refusal

if TYPE_CHECKING:
    from fangxian.areas.models import Site
    from fangxian.sampling.models import Box, Round, Shift, Tube


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


class NoSuchCt(Malformed):
    code = "no_such_ct"

    def __init__(self, ct: object) -> None:
        super().__init__(
            _("%(ct)s is no cycle threshold: it lies above 0 and at most at 50. Check the value.")
            % {"ct": ct},
            ct=str(ct),
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


# At the desk


class TubeWasNotOpened(Refusal):
    """No such tube, or the opening was refused: its swabs have nowhere to be."""

    code = "tube_was_not_opened"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            _(
                "This tube was not opened here, so nobody can be put into it. See why its opening "
                "was refused; put the tube aside and swab these people again."
            )
        )


class TubeOfAnotherTable(Refusal):
    code = "tube_of_another_table"

    def __init__(self, tube: "Tube", mine: int) -> None:
        super().__init__(
            _(
                "Tube %(tube)s stands on table %(theirs)s, not on table %(mine)s. "
                "Take the person into a tube of your own table."
            )
            % {"tube": tube.barcode, "theirs": tube.table, "mine": mine},
            tube=tube.barcode,
            table=tube.table,
        )


class TubeIsOpenElsewhere(Refusal):
    """The same label was scanned at two tables."""

    code = "tube_is_open_elsewhere"

    def __init__(self, tube: "Tube", site: str) -> None:
        where = (
            _("%(site)s, table %(table)s") % {"site": site, "table": tube.table}
            if site
            else _("a door")
        )
        super().__init__(
            _(
                "Tube %(tube)s is in use already (%(state)s): %(where)s, %(at)s. "
                "Put it aside and take a new label; two tables must never share a tube."
            )
            % {
                "tube": tube.barcode,
                "state": tube.get_state_display(),
                "where": where,
                "at": f"{localtime(tube.opened_at):%m-%d %H:%M}",
            },
            tube=tube.barcode,
            site=site,
            table=tube.table,
        )


class NoLabel(Malformed):
    """What was scanned is no label of ours, or one sign of it is wrong."""

    code = "no_label"

    def __init__(self, text: str) -> None:
        super().__init__(
            _(
                "“%(text)s” is not the code of a label: one letter, six signs and a check sign. "
                "Scan it again, or type it as it is printed."
            )
            % {"text": text[:20]}
        )


class SwabbedInThisRound(Refusal):
    code = "swabbed_in_this_round"

    def __init__(self, tube: str, where: str, at: datetime | None) -> None:
        said = f"{localtime(at):%m-%d %H:%M}" if at else ""
        told = " · ".join(part for part in (said, where, tube) if part) or _("a moment ago")
        super().__init__(
            _(
                "This person has been swabbed in this round: %(told)s. No second swab is needed; "
                "make the first tube void if it cannot be used."
            )
            % {"told": told},
            tube=tube,
            where=where,
            at=at,
        )


class NotOfThisHousehold(Refusal):
    code = "not_of_this_household"

    def __init__(self, tube: "Tube") -> None:
        super().__init__(
            _(
                "Tube %(tube)s is for one household, and this person lives elsewhere. "
                "Open a new tube for them."
            )
            % {"tube": tube.barcode},
            tube=tube.barcode,
        )


class SwabIsKnownOtherwise(Refusal):
    """The same id was used for another swab: no repetition, a mistake of the sender."""

    code = "swab_is_known_otherwise"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Another swab was sent under this number before. "
                "Nothing was changed; enter the person anew."
            )
        )


class PersonNotKnown(Refusal):
    """What the phone saw names nobody, or must not be trusted; `trouble` says which."""

    code = "person_unknown"

    def __init__(self, trouble: str) -> None:
        self.code = trouble  # type: ignore[misc]
        sentences = {
            "code_forged": _("This code is not genuine. Take the person by identity card."),
            "code_expired": _(
                "This code has expired. Take the person by identity card, or print a new code."
            ),
            "code_not_yet_valid": _(
                "This code is not valid yet. Check the phone's clock, or use the identity card."
            ),
            "code_revoked": _("This code was withdrawn. Take the person by identity card."),
            "identity_wrong": _(
                "This identity number cannot be right: its check digit does not fit. "
                "Scan or type it again."
            ),
        }
        super().__init__(
            sentences.get(
                trouble,
                _(
                    "Nobody in the register is meant by this. Register the person at the desk: "
                    "name and birth date are enough."
                ),
            )
        )


class NoSuchTable(Malformed):
    code = "no_such_table"

    def __init__(self, site: "Site", table: int) -> None:
        super().__init__(
            _("%(site)s has tables 1 to %(tables)s, and no table %(table)s. Choose your table.")
            % {"site": site.name, "tables": site.capacity, "table": table}
        )


class PointIsClosed(Refusal):
    """The post of the phone no longer exists."""

    code = "point_is_closed"

    def __init__(self, site: "Site") -> None:
        super().__init__(
            _(
                "%(site)s was closed at %(at)s. Ask the lead of your points where to go; what you "
                "took before then is counted."
            )
            % {"site": site.name, "at": f"{localtime(site.closed_at):%m-%d %H:%M}"},
            site=str(site.id),
        )


class ShiftIsAnothers(Refusal):
    code = "shift_is_anothers"

    def __init__(self) -> None:
        super().__init__(_("This shift is somebody else's. Only who began it can end it."))


class ShiftEndsBeforeItBegan(Malformed):
    code = "shift_ends_before_it_began"

    def __init__(self, shift: "Shift") -> None:
        super().__init__(
            _("The shift began at %(at)s and cannot end before. Check the clock of your phone.")
            % {"at": f"{localtime(shift.began_at):%m-%d %H:%M}"}
        )


# Boxes


class BoxCountDiffers(Refusal):
    """Tubes in the system are not the tubes on the table."""

    code = "box_count_differs"

    def __init__(self, counted: int, scanned: int) -> None:
        super().__init__(
            _(
                "%(counted)s tubes were counted, %(scanned)s were scanned. Count again and scan "
                "what is missing before the box is closed."
            )
            % {"counted": counted, "scanned": scanned},
            counted=counted,
            scanned=scanned,
        )


class TubesNotReady(Refusal):
    """Some tubes cannot go into the box: open, void, unknown here, or in another box."""

    code = "tubes_not_ready"

    def __init__(self, tubes: list[str]) -> None:
        super().__init__(
            _(
                "These tubes cannot go into the box, for they are not sealed here or are in "
                "another box: %(tubes)s. Take them out, seal them, and pack again."
            )
            % {"tubes": ", ".join(tubes[:10])},
            tubes=tubes,
        )


class BoxIsKnownOtherwise(Refusal):
    code = "box_is_known_otherwise"

    def __init__(self, box: "Box") -> None:
        super().__init__(
            _("The label %(box)s is on another box already. Take a new label for this one.")
            % {"box": box.barcode},
            box=box.barcode,
        )


class BoxWasReceived(Refusal):
    code = "box_was_received"

    def __init__(self, box: "Box") -> None:
        super().__init__(
            _("Box %(box)s was received by a laboratory; it cannot be handed over again.")
            % {"box": box.barcode},
            box=box.barcode,
        )


class NoCertificate(Refusal):
    """Not in the tube, or the tube says nothing good of this person."""

    code = "no_certificate"

    def __init__(self) -> None:
        super().__init__(
            _(
                "There is no negative result of this person in this tube, so nothing can be "
                "certified. Wait for the result, or look for another tube of theirs."
            )
        )


class NoSuchReason(Malformed):
    code = "no_such_reason"

    def __init__(self, word: str) -> None:
        super().__init__(
            _("“%(word)s” is not one of the reasons. Choose one from the list.")
            % {"word": word[:20]}
        )


class TooManyLabels(Malformed):
    code = "too_many_labels"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("Print between 1 and %(most)s labels at a time.") % {"most": most}, most=most
        )


class NotACount(Malformed):
    code = "not_a_count"

    def __init__(self) -> None:
        super().__init__(_("This is not a number of things that could be counted here."))


class PointIsNotReady(Refusal):
    """A post there has no name: a gap is never shown as staffed."""

    code = "point_is_not_ready"

    def __init__(self, point: str, missing: int, post: str) -> None:
        super().__init__(
            ngettext(
                "%(point)s is not ready: %(n)d person is missing (%(post)s). Find somebody first.",
                "%(point)s is not ready: %(n)d people are missing (%(post)s, …). Find them first.",
                missing,
            )
            % {"point": point, "n": missing, "post": post},
            missing=missing,
        )


class NoPointsThere(Refusal):
    code = "no_points_there"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            _("There is no sampling point under this address. Choose a subdistrict from the list.")
        )
