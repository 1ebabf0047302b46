from django.utils.translation import gettext as _

from fangxian.cases.models import Case, Contact
from fangxian.kernel.errors import Malformed, Refusal


class TimeIsInTheFuture(Malformed):
    code = "time_is_in_the_future"

    def __init__(self, what: str) -> None:
        super().__init__(
            _("%(what)s lies in the future. Check the date and the time, and enter it again.")
            % {"what": what}
        )


class TimeIsBeforeTheIncident(Malformed):
    """No rules were in force here yet, so there was no incident for it to belong to."""

    code = "time_is_before_the_incident"

    def __init__(self, what: str) -> None:
        super().__init__(
            _(
                "%(what)s lies before this incident began: no policy pack was in force here then. "
                "Check the date; if it is right, the pack must be adopted from an earlier day."
            )
            % {"what": what}
        )


class TimesContradict(Malformed):
    code = "times_contradict"

    def __init__(self) -> None:
        super().__init__(
            _("The last contact lies before the first. Check the two times, and enter them again.")
        )


class NoSymptomsNoOnset(Malformed):
    code = "no_symptoms_no_onset"

    def __init__(self) -> None:
        super().__init__(
            _(
                "An asymptomatic infected person has no day of onset. Leave it out, or, if there "
                "were symptoms, report a confirmed case."
            )
        )


class ReasonIsMissing(Malformed):
    code = "reason_is_missing"

    def __init__(self) -> None:
        super().__init__(_("Say why: somebody may ask about it later."))


class CaseIsOver(Refusal):
    code = "case_is_over"

    def __init__(self, case: Case) -> None:
        super().__init__(
            _(
                "Case %(code)s is %(state)s, so nothing about it can be changed. "
                "If there is a new finding, report the case again."
            )
            % {"code": case.code, "state": case.get_state_display()},
            case=case.code,
            state=case.state,
        )


class ContactsAwaitDecision(Refusal):
    code = "contacts_await_decision"

    def __init__(self, case: Case, undecided: int) -> None:
        super().__init__(
            _(
                "Case %(code)s cannot be closed yet: %(number)d of its contacts are undecided. "
                "Confirm or discard them first."
            )
            % {"code": case.code, "number": undecided},
            case=case.code,
            undecided=undecided,
        )


class ContactWasDiscarded(Refusal):
    code = "contact_was_discarded"

    def __init__(self, contact: Contact) -> None:
        super().__init__(
            _(
                "One of these people was discarded as a contact. Take them out of the selection, "
                "or, if they did meet the case, name them as a contact from the interview."
            ),
            contact=str(contact.id),
        )


class NoContactsByTheseRules(Refusal):
    code = "no_contacts_by_these_rules"

    def __init__(self, pack: str) -> None:
        super().__init__(
            _(
                "The rules in force (%(pack)s) determine no such contacts, so nobody can be made "
                "one. If the rules changed, a new pack must be adopted first."
            )
            % {"pack": pack},
            pack=pack,
        )


class OneIsNotOnesOwnContact(Malformed):
    code = "one_is_not_ones_own_contact"

    def __init__(self) -> None:
        super().__init__(_("This is the case itself. Choose the person who met the case."))


class ContactIsACase(Refusal):
    code = "contact_is_a_case"

    def __init__(self, case: Case) -> None:
        super().__init__(
            _("This person is case %(code)s already and is managed as such; nothing is to be done.")
            % {"code": case.code},
            case=case.code,
        )


class MeetingIsOutsideTheWindow(Malformed):
    code = "meeting_is_outside_the_window"

    def __init__(self, case: Case) -> None:
        super().__init__(
            _(
                "Case %(code)s could not infect anybody then. Contacts count only inside the "
                "window shown on the case; if the onset was earlier, note the onset first."
            )
            % {"code": case.code},
            case=case.code,
        )


class StayEndsBeforeItBegins(Malformed):
    code = "stay_ends_before_it_begins"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The stay ends before it begins. Check the two times; if it lasted into another "
                "day, say that day: 18:10-9/2 7:30."
            )
        )


class StayLacksAPlace(Malformed):
    code = "stay_lacks_a_place"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Where was it? Write the place after the times, in the words that were said; it "
                "need not be a place that is known."
            )
        )


class TwoPlacesAtOnce(Refusal):
    """Both are proven, so one of the two proofs is wrong: a person must say which."""

    code = "two_places_at_once"

    def __init__(self, place: str, other: str) -> None:
        super().__init__(
            _(
                "Nobody can be in two towns at once: “%(place)s” and “%(other)s” are both marked "
                "as seen in a record, at the same time. Correct the times, or mark this one as "
                "told or unsure."
            )
            % {"place": place, "other": other}
        )


class PlaceIsKnown(Refusal):
    code = "place_is_known"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("This stay is at “%(name)s” already, so no place has to be added.") % {"name": name}
        )


class PlaceIsNotKnown(Malformed):
    code = "place_is_not_known"

    def __init__(self) -> None:
        super().__init__(_("No place has this number. Enter the place under areas first."))


class SweepIsUnderWay(Refusal):
    code = "sweep_is_under_way"

    def __init__(self) -> None:
        super().__init__(_("A sweep is under way already. Wait for it to end."))


class NothingToSweep(Refusal):
    code = "nothing_to_sweep"

    def __init__(self) -> None:
        super().__init__(
            _("There is no open case, or no visit in the window of any. There is nothing to sweep.")
        )


class PassengersUnread(Malformed):
    """No heading of the list says what its columns hold."""

    code = "passengers_unread"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The list must have a heading with name, and identity number or phone; carriage and"
                " seat beside them. Put the headings into one row, then send it again."
            )
        )


class EndsBeforeItBegan(Malformed):
    code = "ends_before_it_began"

    def __init__(self) -> None:
        super().__init__(_("The ride ends before it begins. Check the two times."))
