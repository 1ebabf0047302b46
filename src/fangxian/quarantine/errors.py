from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.kernel.errors import Malformed, NotFound, Refusal
from fangxian.measures.errors import GuardRefusal


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(settings.TIME_ZONE)):%m-%d %H:%M}"


# What there is not


class NoSuchFacility(NotFound):
    def __init__(self, site_id: UUID | str) -> None:
        super().__init__(_("quarantine site"), site=str(site_id))


class NoSuchRoom(NotFound):
    def __init__(self, room_id: UUID) -> None:
        super().__init__(_("room"), room=str(room_id))


class NoSuchPlacement(NotFound):
    def __init__(self, placement_id: UUID) -> None:
        super().__init__(_("person in quarantine"), placement=str(placement_id))


class NoSuchTransfer(NotFound):
    def __init__(self, transfer_id: UUID) -> None:
        super().__init__(_("journey"), transfer=str(transfer_id))


class NoSuchWatch(NotFound):
    def __init__(self, watch: UUID | str = "") -> None:
        super().__init__(_("person under daily monitoring"), watch=str(watch))


class NoSuchRestart(NotFound):
    def __init__(self, restart_id: UUID) -> None:
        super().__init__(_("proposal"), restart=str(restart_id))


class NobodyUnderThisCode(Refusal):
    """Somebody without an account typed a code or followed a link that is none, or no longer."""

    code = "nobody_under_this_code"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(
            _(
                "This code or address belongs to nobody whose readings are awaited now. Look at "
                "your notice again, or call your community. In an emergency call 120."
            )
        )


class TooManyTries(Refusal):
    code = "too_many_tries"
    status: ClassVar[int] = 429

    def __init__(self) -> None:
        super().__init__(
            _(
                "Too many wrong codes came from here. Wait some minutes, or call your community. "
                "In an emergency call 120."
            )
        )


# Sites and rooms


class ChecksAreMissing(Refusal):
    code = "checks_are_missing"

    def __init__(self, missing: Sequence[str], labels: str) -> None:
        super().__init__(
            _("The site cannot open yet. Not yet seen to be so: %(checks)s.") % {"checks": labels},
            missing=list(missing),
        )


class DoorMustOpen(GuardRefusal):
    """A door locked or blocked from outside: never, whoever asks."""

    code = "door_must_open"

    def __init__(self) -> None:
        super().__init__(
            _(
                "A door is never locked or blocked from outside. Take away what blocks it, see "
                "that it opens from the inside, and then say so here."
            )
        )


class NoticeNamesSomebody(Refusal):
    code = "notice_names_somebody"

    def __init__(self) -> None:
        super().__init__(
            _(
                "What hangs on a door says no name and no illness. Take it down, hand the notice "
                "to the person, and then say so here."
            )
        )


class FacilityIsNotOpen(Refusal):
    code = "facility_is_not_open"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(site)s is not open. Open it first, or choose another site.") % {"site": name}
        )


class NoRooms(Refusal):
    code = "no_rooms"

    def __init__(self) -> None:
        super().__init__(_("The site has no room for guests yet. Enter its rooms first."))


class GuestsAreStillHere(Refusal):
    code = "guests_are_still_here"

    def __init__(self, number: int) -> None:
        super().__init__(
            ngettext(
                "%(n)d person is still here or expected. Move them or see them home first.",
                "%(n)d people are still here or expected. Move them or see them home first.",
                number,
            )
            % {"n": number},
            guests=number,
        )


class RoomIsEnteredTwice(Refusal):
    code = "room_is_entered_twice"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            _("Rooms are entered once, but these are there already: %(names)s.")
            % {"names": ", ".join(names)},
            rooms=list(names),
        )


class RoomIsInUse(Refusal):
    code = "room_is_in_use"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Room %(room)s is in use or kept for somebody. Move them first.") % {"room": name}
        )


# Placing people


class NoOrderInForce(GuardRefusal):
    """Nobody is kept anywhere without an order for a designated facility in force."""

    code = "placed_without_order"

    def __init__(self) -> None:
        super().__init__(
            _(
                "No order for quarantine in a designated facility is in force for this person, so "
                "nobody may keep them here. If one is needed, somebody who decides measures "
                "issues it first."
            )
        )


class RoomIsNotForGuests(Refusal):
    code = "room_is_not_for_guests"

    def __init__(self, name: str, zone: str) -> None:
        super().__init__(
            _("Room %(room)s lies in the %(zone)s. Choose a room of the guests' zone.")
            % {"room": name, "zone": zone}
        )


class RoomIsNotReady(Refusal):
    code = "room_is_not_ready"

    def __init__(self, name: str, state: str) -> None:
        super().__init__(
            _("Room %(room)s is %(state)s. Choose another, or say that it is ready again.")
            % {"room": name, "state": state}
        )


def _instead(free: Sequence[str]) -> str:
    if not free:
        return _("No single room is free here: choose another site.")
    return _("Free single rooms here: %(rooms)s.") % {"rooms": ", ".join(free)}


class RoomIsFull(Refusal):
    code = "room_is_full"

    def __init__(self, name: str, beds: int, free: Sequence[str]) -> None:
        super().__init__(
            ngettext(
                "Room %(room)s has %(n)d bed, and it is taken.",
                "Room %(room)s has %(n)d beds, and they do not suffice.",
                beds,
            )
            % {"room": name, "n": beds}
            + " "
            + _instead(free),
            free=list(free),
        )


class StrangersInOneRoom(Refusal):
    code = "strangers_in_one_room"

    def __init__(self, name: str, free: Sequence[str]) -> None:
        super().__init__(
            _(
                "People who are not of one household, and of whom none cares for the other, are "
                "not put into one room: room %(room)s would hold strangers."
            )
            % {"room": name}
            + " "
            + _instead(free),
            free=list(free),
        )


class ChildAlone(Refusal):
    code = "child_alone"

    def __init__(self, below: int) -> None:
        super().__init__(
            _(
                "Whoever is younger than %(age)d is never kept alone. Place the child together "
                "with a grown-up of the household or the one who acts for it; if none is under an "
                "order, ask who decides measures for quarantine at home."
            )
            % {"age": below},
            below=below,
        )


class SiteIsFull(Refusal):
    code = "site_is_full"

    def __init__(self, name: str, others: Sequence[tuple[str, int]]) -> None:
        where = ", ".join(f"{other} ({free})" for other, free in others)
        advice = (
            _("Free rooms elsewhere: %(sites)s.") % {"sites": where}
            if where
            else _("No other site has a free room: tell the command post.")
        )
        super().__init__(
            _("%(site)s has no free room.") % {"site": name} + " " + advice,
            others=[other for other, _free in others],
        )


class PlacedAlready(Refusal):
    code = "placed_already"

    def __init__(self, site: str, room: str) -> None:
        super().__init__(
            _("This person has a room already: %(site)s, %(room)s. Move them from there.")
            % {"site": site, "room": room}
        )


class FloorIsExposed(Refusal):
    code = "floor_is_exposed"

    def __init__(self, floor: int) -> None:
        super().__init__(
            _(
                "A new infection was found on or next to floor %(floor)d, so the days of whoever "
                "moves in may be counted anew. Choose another floor; if there is none, tell the "
                "person and say that they know."
            )
            % {"floor": floor},
            floor=floor,
        )


class NotStaying(Refusal):
    code = "not_staying"

    def __init__(self, state: str) -> None:
        super().__init__(
            _("This is not possible now: the person's stay is “%(state)s”.") % {"state": state}
        )


class OrderStillInForce(Refusal):
    code = "order_still_in_force"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "Order %(code)s is still in force. Somebody who decides measures ends it; then the "
                "way home is arranged by itself."
            )
            % {"code": code}
        )


class StillInHospital(Refusal):
    code = "still_in_hospital"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The person is in hospital. The order has ended and binds nobody; the way home "
                "begins at the hospital once care is over. Say first that they are back."
            )
        )


# Journeys


class VehicleOrOwnWay(Malformed):
    code = "vehicle_or_own_way"

    def __init__(self) -> None:
        super().__init__(_("Say which vehicle it is, or that the person goes home by themselves."))


class NotByOwnWay(Refusal):
    code = "not_by_own_way"

    def __init__(self) -> None:
        super().__init__(
            _("Whoever is under an order is fetched by a vehicle. Say which one it is.")
        )


class NotDeparted(Refusal):
    code = "not_departed"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "Journey %(code)s has not departed yet. Whoever hands the person over says so "
                "first; then the other end receives."
            )
            % {"code": code}
        )


class JourneyIsOver(Refusal):
    code = "journey_is_over"

    def __init__(self, code: str, state: str) -> None:
        super().__init__(_("Journey %(code)s is over: %(state)s.") % {"code": code, "state": state})


# Readings


class ImplausibleTemperature(Malformed):
    code = "implausible_temperature"

    def __init__(self, said: Decimal, low: float, high: float, meant: Decimal | None) -> None:
        text = _("%(said)s °C cannot be right: a temperature lies between %(low)s and %(high)s.")
        advice = (
            _("Did you mean %(meant)s?") % {"meant": meant}
            if meant is not None
            else _("Take it again.")
        )
        super().__init__(
            text % {"said": said, "low": low, "high": high} + " " + advice,
            meant=str(meant or ""),
        )


class NoSuchSymptom(Malformed):
    code = "no_such_symptom"

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(
            _("These are not among the symptoms watched: %(words)s.") % {"words": ", ".join(words)}
        )


class ReadingFromTheFuture(Malformed):
    code = "reading_from_the_future"

    def __init__(self, moment: datetime) -> None:
        super().__init__(
            _("A reading cannot be of a time to come: %(at)s.") % {"at": _time(moment)}
        )


class ReadingBeforeTheOrder(Malformed):
    code = "reading_before_the_order"

    def __init__(self, begun: datetime) -> None:
        super().__init__(
            _("Readings of this person are awaited since %(at)s only. Look at the time again.")
            % {"at": _time(begun)}
        )


class WatchHasEnded(Refusal):
    code = "watch_has_ended"

    def __init__(self) -> None:
        super().__init__(_("No reading of this person is awaited any more."))


# New infections


class RestartIsDecided(Refusal):
    code = "restart_is_decided"

    def __init__(self, state: str) -> None:
        super().__init__(_("This was decided: %(state)s.") % {"state": state})


class DecisionNeedsReason(Malformed):
    code = "decision_needs_reason"

    def __init__(self) -> None:
        super().__init__(_("Give a reason. The people concerned can read it."))
