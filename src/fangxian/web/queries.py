"""Questions whose answers span rooms: why, what happened, who is this person to us."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.areas.queries import names_of
from fangxian.care.queries import transfers_visible_to
from fangxian.cases.queries import cases_visible_to
from fangxian.kernel import ledger
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import read_code
from fangxian.kernel.models import Account, Event
from fangxian.measures.queries import (
    exits_visible_to,
    orders_visible_to,
    risk_areas_visible_to,
)
from fangxian.people.queries import Brief, brief
from fangxian.protocol.packs import load_pack
from fangxian.quarantine.queries import READERS as QUARANTINE_READERS
from fangxian.sampling.queries import READERS, tubes_visible_to


@dataclass(frozen=True, slots=True)
class Step:
    """One event as people are told it.

    by        who did it; `by_rule` if the playbook did
    rule      stamp and title of the pack it was decided under, "" if none
    person    whom it concerns, masked, if the viewer may see them
    url       the page of what it is about; its own page if there is none the viewer may open
    """

    id: UUID
    at: datetime
    kind: str
    text: str
    icon: str
    tone: str
    by: str
    by_rule: bool
    place: str
    stamp: str
    rule: str
    person: Brief | None
    url: str
    event: Event


def events_visible_to(viewer: Actor) -> QuerySet[Event]:
    return Event.objects.filter(area_path__startswith=viewer.within)


def get_event(viewer: Actor, event_id: UUID) -> Event:
    found = events_visible_to(viewer).filter(id=event_id).first()
    if found is None:
        raise NotFound(_("entry of the ledger"))
    return found


def beginning_of(viewer: Actor, what: UUID | str) -> Event:
    """The event with which something began: by the event's id, the thing's id, or its code."""
    subject = _by_code(viewer, what) if isinstance(what, str) else what
    own = events_visible_to(viewer).filter(subject_id=subject).order_by("seq").first()
    return own or get_event(viewer, subject)


def _by_code(viewer: Actor, text: str) -> UUID:
    kinds = {
        "O": orders_visible_to,
        "R": risk_areas_visible_to,
        "E": exits_visible_to,
        "A": transfers_visible_to,
        "C": cases_visible_to,
        "T": tubes_visible_to,
    }
    for kind, visible_to in kinds.items():
        number = read_code(kind, text)
        if number is not None:
            found = visible_to(viewer).filter(number=number).values_list("id", flat=True).first()
            if found:
                return UUID(str(found))
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("order, risk area, case or tube with this code"), code=text) from None


def retell(viewer: Actor, event: Event) -> list[Step]:
    """The event and its causes, the first cause first, as far as the viewer may see them."""
    chain = [one for one in ledger.chain_to(event) if viewer.sees(one.area_path)]
    return steps(viewer, list(reversed(chain)))


def consequences_of(viewer: Actor, event: Event, *, at_most: int = 50) -> list[Step]:
    """What followed directly from the event."""
    followed = events_visible_to(viewer).filter(because_id=event.id).order_by("seq")
    return steps(viewer, list(followed[:at_most]))


def history_of(viewer: Actor, subjects: Iterable[UUID], *, at_most: int = 60) -> list[Step]:
    """What happened to some things, newest first. Who looked at a person is told elsewhere."""
    own = events_visible_to(viewer).filter(subject_id__in=list(subjects))
    told = own.exclude(kind__in=["people.person_opened", "people.person_unmasked"])
    return steps(viewer, list(told.order_by("-seq")[:at_most]))


def steps(viewer: Actor, events: Sequence[Event]) -> list[Step]:
    """Events made readable. A handful of statements, however many events."""
    places = names_of(viewer, {event.area_path for event in events})
    actors = Account.objects.in_bulk({event.actor_id for event in events})
    people = brief(viewer, _people_in(events)) if viewer.may(Duty.SEE_REGISTER) else {}
    kinds = ledger.fact_types()
    return [
        Step(
            id=event.id,
            at=event.at,
            kind=event.kind,
            text=ledger.told(event, area=places.get(event.area_path, "")),
            icon=kinds[event.kind].icon if event.kind in kinds else "point",
            tone=kinds[event.kind].tone if event.kind in kinds else "",
            by=_("the rules") if event.actor_id == PLAYBOOK.id else _name(actors, event.actor_id),
            by_rule=event.actor_id == PLAYBOOK.id,
            place=places.get(event.area_path, ""),
            stamp=event.pack,
            rule=load_pack(event.pack).title(get_language() or "zh") if event.pack else "",
            person=people.get(UUID(event.facts["resident_id"]))
            if event.facts.get("resident_id")
            else None,
            url=address_of(viewer, event),
            event=event,
        )
        for event in events
    ]


def _name(actors: dict[UUID, Account], actor_id: UUID) -> str:
    account = actors.get(actor_id)
    if account is None:
        return _("somebody who is no longer here")
    return f"{account.display_name} {account.post}".strip()


def _people_in(events: Iterable[Event]) -> set[UUID]:
    return {UUID(one.facts["resident_id"]) for one in events if one.facts.get("resident_id")}


_PAGES = (
    ("measures.order_", "measures:order"),
    ("measures.objection_", "measures:order"),
    ("measures.release_", "measures:order"),
    ("measures.risk_area_", "measures:risk_area"),
    ("measures.clock_", "measures:risk_area"),
    ("measures.emergency_", "measures:exit"),
    ("care.care_", "care:transfer"),
    ("care.ride_", "care:transfer"),
    ("care.series_", "care:series"),
    ("care.visit_", "care:visit"),
    ("quarantine.restart_", "quarantine:restart"),
    ("quarantine.transfer_", "quarantine:journey"),
    ("quarantine.reading_", "quarantine:watch"),
    ("quarantine.watch_", "quarantine:watch"),
    ("quarantine.wish_", "quarantine:watch"),
    ("quarantine.facility_", "quarantine:site"),
    ("quarantine.person_", "quarantine:placement"),
    ("dispatch.directive_drafted", "dispatch:directive"),
    ("dispatch.directive_issued", "dispatch:directive"),
    ("dispatch.directive_item_", "dispatch:directive"),
    ("dispatch.directive_ended", "dispatch:directive"),
    ("dispatch.directive_", "dispatch:receipt"),
    ("cases.case_", "cases:case"),
    ("cases.contacts_", "cases:case"),
    ("sampling.tube_", "sampling:tube"),
    ("sampling.round_", "sampling:round"),
    ("people.person_", "person"),
    ("people.resident_", "person"),
)


_ONLY_FOR = {
    "cases": frozenset({Duty.INVESTIGATE, Duty.COMMAND}),
    "sampling": READERS,
    "people": frozenset({Duty.SEE_REGISTER}),
    "quarantine": QUARANTINE_READERS,
}
"""Whoever has none of these duties is not led to a page that would turn them away."""


def address_of(viewer: Actor, event: Event) -> str:
    room = event.kind.partition(".")[0]
    if room in _ONLY_FOR and not _ONLY_FOR[room] & viewer.duties:
        return reverse("why", args=[event.id])
    for beginning, name in _PAGES:
        if event.kind.startswith(beginning):
            subject = event.facts.get("order_id") if "objection" in beginning else event.subject_id
            return reverse(name, args=[subject])
    return reverse("why", args=[event.id])


# The command dashboard

FEED = (
    "sampling.",
    "cases.",
    "measures.",
    "care.care_requested",
    "care.care_climbed",
    "care.care_turned_away",
    "dispatch.tasks_escalated",
)


LOOKS = ("people.person_opened", "people.person_unmasked")


def version() -> int:
    """Changes whenever anything happened: the number of the ledger's last event.

    That somebody looked at a person changes nothing, and is most of what happens.
    """
    lately = Event.objects.exclude(kind__in=LOOKS).order_by("-seq")
    return lately.values_list("seq", flat=True).first() or 0


def feed(viewer: Actor, *, at_most: int = 20) -> list[Step]:
    """What just happened in the chain, newest first."""
    wanted = Q()
    for beginning in FEED:
        wanted |= Q(kind__startswith=beginning)
    lately = events_visible_to(viewer).filter(wanted).order_by("-seq")
    return steps(viewer, list(lately[:at_most]))
