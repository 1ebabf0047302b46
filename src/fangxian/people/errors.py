"""What the register refuses, and what to do instead."""

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, Refusal
from fangxian.people.rules import IdentityFault


def fault_in_words(fault: IdentityFault) -> str:
    return {
        IdentityFault.LENGTH: _("it must have 18 characters"),
        IdentityFault.FIFTEEN_DIGITS: _(
            "it has 15 digits; such cards ended in 2013: ask for the present one"
        ),
        IdentityFault.SIGNS: _("it must be 17 digits and a digit or X"),
        IdentityFault.DIVISION: _("no province has the first two digits"),
        IdentityFault.RESERVED: _("numbers beginning with 99 are kept for made-up residents"),
        IdentityFault.BIRTH_DATE: _("digits 7 to 14 are no date of birth"),
        IdentityFault.FUTURE: _("the date of birth in it lies in the future"),
        IdentityFault.CHECK_DIGIT: _("the last character does not fit the others"),
        IdentityFault.SHAPE: _("documents of this type do not look like that"),
    }[fault]


class IdentityWrong(Malformed):
    """The number itself cannot be right."""

    code = "identity_wrong"

    def __init__(self, fault: IdentityFault) -> None:
        super().__init__(
            _(
                "This identity number cannot be right: %(fault)s. Compare it with the card; leave"
                " it empty if there is none to see."
            )
            % {"fault": fault_in_words(fault)},
            fault=fault.value,
        )


class NameWrong(Malformed):
    code = "name_wrong"

    def __init__(self) -> None:
        super().__init__(
            _("A name has at least two letters and no digits. Write it as on the card.")
        )


class PhoneWrong(Malformed):
    code = "phone_wrong"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This phone number cannot be right. Give 11 digits, a landline with its area code,"
                " or + and the country code; leave it empty if there is none."
            )
        )


class BirthDateWrong(Malformed):
    """A birth date in the future, before 1900, or not that of the identity number."""

    code = "birth_date_wrong"

    def __init__(self, *, disagrees: bool = False) -> None:
        super().__init__(
            _("The date of birth is not the one in the identity number. Compare with the card.")
            if disagrees
            else _("This date of birth lies in the future or before 1900. Correct it.")
        )


class SexDisagrees(Malformed):
    code = "sex_disagrees"

    def __init__(self) -> None:
        super().__init__(_("The sex is not the one in the identity number. Compare with the card."))


class DayWrong(Malformed):
    """A stay, need or consent that would begin in the future or end before it began."""

    code = "day_wrong"

    def __init__(self) -> None:
        super().__init__(
            _("This day lies in the future, or before the beginning. Give the day it happened.")
        )


class NotADwelling(Malformed):
    code = "not_a_dwelling"

    def __init__(self, place: str) -> None:
        super().__init__(
            _(
                "“%(place)s” is not a dwelling in use. Choose the door; if it is missing, add it to"
                " the areas first."
            )
            % {"place": place}
        )


class RegisteredElsewhere(Refusal):
    """The person is in the register already. Nobody stays in two dwellings at a time."""

    code = "registered_elsewhere"

    def __init__(self, *, there: str, here: str, resident_id: UUID | None) -> None:
        if resident_id:
            advice = _("If the person has moved, open that record and choose “Moved”.")
        else:
            advice = _("That place is outside your area: ask the district to move the record.")
        super().__init__(
            _(
                "This person is already registered at “%(there)s” and cannot also be registered at"
                " “%(here)s”. %(advice)s"
            )
            % {"there": there, "here": here, "advice": advice},
            resident=str(resident_id) if resident_id else None,
        )


class HouseholdElsewhere(Refusal):
    code = "household_elsewhere"

    def __init__(self) -> None:
        super().__init__(
            _("This household has another dwelling. Choose one of this door, or found a new one.")
        )


class SaysNoPurpose(Malformed):
    """Personal data is shown only for a stated purpose, which is recorded."""

    code = "says_no_purpose"

    def __init__(self) -> None:
        super().__init__(
            _("Say what you need it for, in a few words. The purpose is recorded with your name.")
        )


class NothingToUnmask(Refusal):
    code = "nothing_to_unmask"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("Nothing is recorded in this field. Ask the person, and add it."))


class ReasonMissing(Malformed):
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(_("Say why, in a few words. The reason is kept with the change."))


class TwoIdentities(Refusal):
    """Two records with different identity numbers are two people until one is corrected."""

    code = "two_identities"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The two records have different identity numbers, so they are two people. If one"
                " number is wrong, correct it first, then merge."
            )
        )


class CannotMerge(Refusal):
    code = "cannot_merge"

    def __init__(self) -> None:
        super().__init__(
            _("These are one and the same record already. Look at the one that was kept.")
        )


class CannotActForOneself(Refusal):
    code = "cannot_act_for_oneself"

    def __init__(self) -> None:
        super().__init__(_("Nobody is their own proxy. Choose somebody else."))


class FileRefused(Malformed):
    """The whole file is not taken, and none of its rows."""

    code = "file_refused"


class ImportIsOver(Refusal):
    code = "import_is_over"

    def __init__(self) -> None:
        super().__init__(_("This import has ended. Upload the list again if it is needed."))


class ExportIsOver(Refusal):
    code = "export_is_over"

    def __init__(self) -> None:
        super().__init__(_("This list has been written. Export it again if it is needed."))


class ExportIsGone(Refusal):
    code = "export_is_gone"
    status = 410

    def __init__(self) -> None:
        super().__init__(
            _("There is no file to take away, or its time is over. Export the list again.")
        )


class AlreadyPeopled(Refusal):
    """Made-up residents are never mixed with others."""

    code = "already_peopled"

    def __init__(self, district: str) -> None:
        super().__init__(
            _("There are residents in %(district)s already. Generate into an empty district only.")
            % {"district": district}
        )


class NoDoors(Refusal):
    code = "no_doors"

    def __init__(self, district: str) -> None:
        super().__init__(
            _("%(district)s has no dwellings yet. Import or generate its buildings first.")
            % {"district": district}
        )


class NobodyFound(Refusal):
    code = "nobody_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            _("Nobody in your area has this number. Register them first, or check the number.")
        )


class CodeBad(Refusal):
    """A code that somebody showed is not good; what to do instead is always the same."""

    status = 422


class CodeForged(CodeBad):
    code = "code_forged"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This code was not issued by the district, or it was changed. Ask for the identity"
                " card; the person is not refused for it."
            )
        )


class CodeExpired(CodeBad):
    code = "code_expired"

    def __init__(self) -> None:
        super().__init__(
            _("This code has expired. Ask for the identity card, and issue a new code.")
        )


class CodeNotYetValid(CodeBad):
    code = "code_not_yet_valid"

    def __init__(self) -> None:
        super().__init__(
            _("This code is not valid yet. Check the clock of the phone that read it.")
        )


class CodeRevoked(CodeBad):
    code = "code_revoked"

    def __init__(self) -> None:
        super().__init__(
            _("This code was withdrawn. Ask for the identity card, and issue a new code.")
        )


class PersonUnknown(Refusal):
    code = "person_unknown"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            _("The register does not know this person. Take them in with name and document.")
        )


class NoValidity(Refusal):
    """The pack in force does not say how long a code is valid."""

    code = "no_validity"

    def __init__(self, stamp: str) -> None:
        super().__init__(
            _(
                "The rules in force (%(pack)s) do not say how long a code is valid. Add"
                " “code.person_valid” to the time limits of the district's pack."
            )
            % {"pack": stamp},
            pack=stamp,
        )


class TooManyCards(Refusal):
    code = "too_many_cards"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("More than %(most)d people live here. Print the cards building by building.")
            % {"most": most},
            most=most,
        )


class NobodyActs(Refusal):
    """A code is given to somebody else only where it is on record that they act for the person."""

    code = "nobody_acts"

    def __init__(self) -> None:
        super().__init__(
            _("Nobody acts for this person. Note first who does, then give them the code.")
        )


class NobodyHere(Refusal):
    code = "nobody_here"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("Nobody of your area is registered here, so there is nothing to print."))


class PersonHasDied(Refusal):
    """Nothing is asked of the dead: no measure, no test, no call, no stay."""

    code = "person_has_died"

    def __init__(self, on: date) -> None:
        super().__init__(
            _(
                "The register says that this person died on %(day)s, so nothing is asked of them."
                " If that is wrong, have the mark of death taken back first."
            )
            % {"day": on.isoformat()},
            day=on.isoformat(),
        )
