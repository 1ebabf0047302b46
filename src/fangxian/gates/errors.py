from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.kernel.errors import Malformed, NotFound, Refusal


class NoSuchCheckpoint(NotFound):
    def __init__(self, site: object = "") -> None:
        super().__init__(pgettext("site", "checkpoint"), site=str(site))


class NoSuchShift(NotFound):
    def __init__(self, shift: object) -> None:
        super().__init__(_("shift"), shift=str(shift))


class NoSuchPass(NotFound):
    def __init__(self, which: object) -> None:
        super().__init__(_("pass"), pass_=str(which))


class NoSuchVenue(NotFound):
    def __init__(self, site: object) -> None:
        super().__init__(_("venue"), site=str(site))


class NoSuchIncident(NotFound):
    def __init__(self, incident: object) -> None:
        super().__init__(_("incident"), incident=str(incident))


class NoSuchQuestion(NotFound):
    def __init__(self, question: object) -> None:
        super().__init__(_("question"), question=str(question))


class NotAScan(Malformed):
    code = "not_a_scan"

    def __init__(self, field: str) -> None:
        super().__init__(
            _("The scan cannot be read: “%(field)s” is missing or wrong. Update the app.")
            % {"field": field[:40]},
            field=field[:40],
        )


class TurnedBackWithoutReason(Malformed):
    """Whoever is turned back hears by which rule, and why."""

    code = "turned_back_without_reason"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nobody is turned back without a rule and a reason. Say both, or refer the person "
                "to the table."
            )
        )


class ScanIdIsTaken(Refusal):
    """Another scan came with the same id: a conflict, not a repetition."""

    code = "scan_id_is_taken"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Another scan has the same id and says something else. Nothing was changed; scan "
                "the person again."
            )
        )


class NotAVisit(Malformed):
    code = "not_a_visit"

    def __init__(self, field: str) -> None:
        super().__init__(
            _("The visit cannot be read: “%(field)s” is missing or wrong. Update the app.")
            % {"field": field[:40]},
            field=field[:40],
        )


class VisitOfNobody(Refusal):
    code = "visit_of_nobody"

    def __init__(self, trouble: str) -> None:
        super().__init__(
            _(
                "The code names nobody in the register. Let the person in by identity card, or "
                "write them down at the table."
            ),
            trouble=trouble,
        )


class ShiftIsAnothers(Refusal):
    code = "shift_is_anothers"

    def __init__(self) -> None:
        super().__init__(_("This shift belongs to somebody else. Begin your own."))


class ShiftEndsBeforeItBegan(Malformed):
    code = "shift_ends_before_it_began"

    def __init__(self) -> None:
        super().__init__(_("The shift would end before it began. Check the clock of the phone."))


class CountsNeeded(Malformed):
    code = "counts_needed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Say how many passed, were referred, turned back and let through as emergencies: "
                "four whole numbers from 0."
            )
        )


class PassOutOfTime(Malformed):
    code = "pass_out_of_time"

    def __init__(self) -> None:
        super().__init__(_("A pass ends after it begins, and not in the past. Check the two days."))


class PassForWhom(Malformed):
    """An entry and exit pass is for a household, a vehicle pass for a plate, others for one."""

    code = "pass_for_whom"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Say whom the pass is for: somebody with a household for entry and exit, a plate "
                "for a vehicle, a person for care or work."
            )
        )


class HouseholdHasAPass(Refusal):
    code = "household_has_a_pass"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "This household has pass %(code)s already. Print it again, or revoke it with a "
                "reason first."
            )
            % {"code": code},
            code=code,
        )


class ReasonNeeded(Malformed):
    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__(_("Say why, in one sentence."))


class PassIsRevoked(Refusal):
    code = "pass_is_revoked"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Pass %(code)s was revoked and cannot be shown. Issue another.") % {"code": code},
            code=code,
        )


class NotAVenue(Refusal):
    code = "not_a_venue"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(name)s” is not a venue. Enter it as one under areas first.") % {"name": name}
        )


class VenueIsClosed(Refusal):
    code = "venue_is_closed"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("The code of “%(name)s” is no longer used. Sign the venue up again first.")
            % {"name": name}
        )


class NothingToSignUp(Refusal):
    code = "nothing_to_sign_up"

    def __init__(self) -> None:
        super().__init__(_("Every venue here has a code. There is nothing to do."))


class DriveDueInThePast(Malformed):
    code = "drive_due_in_the_past"

    def __init__(self) -> None:
        super().__init__(
            _("The day by which venues are to have a code has passed. Choose another.")
        )


class NobodyToList(Refusal):
    code = "nobody_to_list"

    def __init__(self) -> None:
        super().__init__(
            _("Nobody has a pass for this checkpoint now, so there is no list. Issue passes first.")
        )


class NothingToPrint(Malformed):
    code = "nothing_to_print"

    def __init__(self) -> None:
        super().__init__(_("Choose the venues whose posters are to be printed."))
