from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.kernel.errors import Malformed, NotFound, Refusal


def _time(moment: datetime) -> str:
    return f"{localtime(moment):%m-%d %H:%M}"


# What there is not


class NoSuchOrganisation(NotFound):
    def __init__(self, organisation_id: UUID | str) -> None:
        super().__init__(_("organisation"), organisation=str(organisation_id))


class NoSuchMember(NotFound):
    def __init__(self, member_id: UUID | str = "") -> None:
        super().__init__(_("member"), member=str(member_id))


class NoSuchOffer(NotFound):
    def __init__(self, offer_id: UUID | str) -> None:
        super().__init__(_("offer of a volunteer"), offer=str(offer_id))


class NoSuchCheckIn(NotFound):
    def __init__(self, check_in: UUID | str) -> None:
        super().__init__(_("check-in"), check_in=str(check_in))


class NoSuchNeed(NotFound):
    def __init__(self, need_id: UUID | str) -> None:
        super().__init__(_("need for people"), need=str(need_id))


class NoSuchSending(NotFound):
    def __init__(self, sending_id: UUID | str) -> None:
        super().__init__(_("person who was sent"), sending=str(sending_id))


class NoSuchWanted(NotFound):
    def __init__(self, wanted_id: UUID | str) -> None:
        super().__init__(_("entry on the claim board"), wanted=str(wanted_id))


# Organisations


class OwnPart(Refusal):
    code = "organisation_under_its_own_part"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            _(
                "An organisation cannot belong to its own part: %(chain)s. "
                "Choose one above it, or take the part out first."
            )
            % {"chain": " → ".join(names)},
            length=len(names),
        )


class CircularLiaison(Refusal):
    code = "circular_liaison"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            _(
                "This liaison would come back to where it began: %(chain)s. "
                "Name a unit from outside, or end one of the links first."
            )
            % {"chain": " → ".join(names)},
            length=len(names),
        )


class OrganisationIsDissolved(Refusal):
    code = "organisation_dissolved"

    def __init__(self, name: str, at: datetime) -> None:
        super().__init__(
            _("“%(name)s” was dissolved on %(time)s. Choose an organisation that still stands.")
            % {"name": name, "time": _time(at)},
        )


class EndsBeforeItBegins(Malformed):
    code = "ends_before_it_begins"

    def __init__(self) -> None:
        super().__init__(_("The end lies before the beginning. Compare the two."))


class PartsAreLeft(Refusal):
    code = "parts_are_left"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            ngettext(
                "%(count)d part still belongs to it: %(names)s. Dissolve it or place it elsewhere.",
                "%(count)d parts still belong to it: %(names)s. "
                "Dissolve them or place them elsewhere.",
                len(names),
            )
            % {"count": len(names), "names": "、".join(names[:5])},
            parts=len(names),
        )


class AlreadyThere(Refusal):
    code = "organisation_already_there"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            ngettext(
                "There is already an organisation of this kind and name there: %(names)s. "
                "Open it, or give the new one another name.",
                "There are already organisations of this kind and name there: %(names)s. "
                "Open them, or give the new ones other names.",
                len(names),
            )
            % {"names": "、".join(names[:5])},
            organisations=len(names),
        )


class LeadIsNamed(Refusal):
    code = "lead_is_named"

    def __init__(self, name: str, lead: str) -> None:
        super().__init__(
            _("“%(name)s” is led by %(lead)s. End that first, or let the new one be deputy.")
            % {"name": name, "lead": lead},
        )


# People


class PhoneIsKnown(Refusal):
    code = "phone_is_known"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("This phone belongs to %(name)s already. Open that record, or correct the number.")
            % {"name": name},
        )


class HasLeft(Refusal):
    code = "member_has_left"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s has left. Set the record to “ready” first if they are back.")
            % {"name": name},
        )


class NotAMember(Refusal):
    code = "not_a_member"
    status: ClassVar[int] = 403

    def __init__(self) -> None:
        super().__init__(
            _(
                "Your account belongs to no record of a member. "
                "Ask who keeps the rosters in your community to link it."
            ),
        )


class ProofIsMissing(Malformed):
    code = "proof_is_missing"

    def __init__(self) -> None:
        super().__init__(_("Say what was shown: the number or the title of the certificate."))


class ProofIsOver(Malformed):
    code = "proof_is_over"

    def __init__(self, day: date) -> None:
        super().__init__(
            _("The proof ended on %(day)s. Ask for a newer one.") % {"day": day.isoformat()}
        )


class InTheFuture(Malformed):
    code = "in_the_future"

    def __init__(self) -> None:
        super().__init__(_("The day lies in the future. Enter it when it has come."))


# Volunteers


class TooYoungOrOld(Refusal):
    code = "age_of_volunteers"
    status: ClassVar[int] = 422

    def __init__(self, youngest: int, oldest: int) -> None:
        super().__init__(
            _(
                "The rules take volunteers from %(youngest)d to %(oldest)d years of age. "
                "Thank you: ask your community what else you can do, for example by telephone."
            )
            % {"youngest": youngest, "oldest": oldest},
            youngest=youngest,
            oldest=oldest,
        )


class NotAsVolunteer(Refusal):
    code = "not_as_a_volunteer"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(
            _(
                "Whoever is on duty anyway is no volunteer: public staff, community cadres and "
                "property staff. Ask your unit; it checks in for you."
            ),
        )


class UnwellVolunteer(Refusal):
    code = "unwell_volunteer"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(
            _(
                "With symptoms, under an order or with a code that is not green, please stay at "
                "home for now. Thank you: offer again when that is over. In an emergency call 120."
            ),
        )


class OfferedAlready(Refusal):
    code = "offered_already"

    def __init__(self, number: str) -> None:
        super().__init__(
            _("This phone has already offered to help: number %(number)s. Your community calls.")
            % {"number": number},
            number=number,
        )


class TooManyOffers(Refusal):
    code = "too_many_offers"
    status: ClassVar[int] = 429

    def __init__(self) -> None:
        super().__init__(
            _("Too many came from this connection. Wait a quarter of an hour, or call the hotline.")
        )


class AlreadyDecided(Refusal):
    code = "already_decided"

    def __init__(self) -> None:
        super().__init__(_("Somebody has decided this already. Open the page again to see how."))


class SayWhy(Malformed):
    code = "say_why"

    def __init__(self) -> None:
        super().__init__(_("Say why in a few words; the other side reads it."))


# Check-in


class CheckedInElsewhere(Refusal):
    """One person at two places in the same hour."""

    code = "checked_in_elsewhere"

    def __init__(self, name: str, place: str, at: datetime, minutes: int) -> None:
        super().__init__(
            _(
                "%(name)s checked in at %(place)s on %(time)s, less than %(minutes)d minutes ago. "
                "One person is not at two places: check out there first, or correct the list."
            )
            % {"name": name, "place": place, "time": _time(at), "minutes": minutes},
            at=at,
        )


class NoPlace(Malformed):
    code = "no_place"

    def __init__(self) -> None:
        super().__init__(
            _("Choose the community, or write the place if it lies in another district.")
        )


class NotACommunity(Malformed):
    code = "not_a_community"

    def __init__(self) -> None:
        super().__init__(_("Check in at a community or a grid, not at a whole district."))


class NobodyHere(Refusal):
    code = "nobody_checked_in"

    def __init__(self) -> None:
        super().__init__(
            _("Nobody under this name and phone is known. Enter both as your unit has.")
        )


class NoSuchDoorCode(Refusal):
    code = "no_such_check_in_code"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(
            _("This check-in code is not ours, or no longer. Ask the community for its poster.")
        )


# Secondment


class MoreThanNeeded(Refusal):
    code = "more_than_needed"

    def __init__(self, missing: int, sent: int) -> None:
        super().__init__(
            _(
                "%(missing)d are still missing there and you send %(sent)d. "
                "Send fewer, or ask the community to state a larger need."
            )
            % {"missing": missing, "sent": sent},
            missing=missing,
            sent=sent,
        )


class NotReady(Refusal):
    code = "people_not_ready"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            ngettext(
                "%(names)s cannot be sent: not ready, or sent elsewhere. Choose somebody else.",
                "%(names)s cannot be sent: not ready, or sent elsewhere. Choose others.",
                len(names),
            )
            % {"names": "、".join(names[:5])},
            people=len(names),
        )


class NeedIsClosed(Refusal):
    code = "need_is_closed"

    def __init__(self, state: str) -> None:
        super().__init__(
            _("This need is %(state)s. Ask the community to state a new one.") % {"state": state}
        )


class NotReceivedYet(Refusal):
    code = "not_received_yet"

    def __init__(self) -> None:
        super().__init__(_("The community has not received them yet. Call there first."))


class NotYourPeople(Refusal):
    code = "not_your_people"
    status: ClassVar[int] = 403

    def __init__(self) -> None:
        super().__init__(
            _("Only their home unit calls people back. Ask it, or withdraw the need instead.")
        )


# Claim board


class NothingLeft(Refusal):
    code = "nothing_left_to_take"

    def __init__(self, left: int) -> None:
        super().__init__(
            ngettext(
                "Only %(left)d is still wanted here. Take that, or choose another entry.",
                "Only %(left)d are still wanted here. Take fewer, or choose another entry.",
                left,
            )
            % {"left": left}
            if left
            else _("Somebody was quicker: nothing is left here. Choose another entry."),
            left=left,
        )


class SkillIsMissing(Refusal):
    code = "skill_is_missing"

    def __init__(self, skill: str) -> None:
        super().__init__(
            _("This asks for the skill “%(skill)s”. Have yours noted first, or choose another.")
            % {"skill": skill}
        )


# Record


class NoServiceYet(Refusal):
    code = "no_service_yet"

    def __init__(self) -> None:
        super().__init__(
            _("No time is on record between these days. A certificate needs some service.")
        )
