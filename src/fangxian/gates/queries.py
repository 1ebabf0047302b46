"""What can be asked about gates, passes and venues. The viewer comes first.

Where one person passed is not among it: that is a verb, `actions.read_scans`, for it is recorded.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from fangxian.areas.models import Area, Site
from fangxian.areas.queries import area_of_level, sites_visible_to
from fangxian.areas.rules import paths_to, short_name
from fangxian.engines.codes.sets import Document
from fangxian.gates import alerts, rules, scans
from fangxian.gates.asking import demands_of, outings_of, pack_at
from fangxian.gates.errors import (
    NoSuchCheckpoint,
    NoSuchIncident,
    NoSuchPass,
    NoSuchQuestion,
    NoSuchShift,
    NoSuchVenue,
)
from fangxian.gates.models import (
    Checkpoint,
    Incident,
    Pass,
    PrintedList,
    Question,
    QueueNote,
    Rule,
    Scan,
    Shift,
    SignUpDrive,
    Venue,
)
from fangxian.gates.rules import Advice, ScanRow
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id, read_code
from fangxian.kernel.vault import blind_index
from fangxian.people.rules import PersonRef
from fangxian.protocol.queries import Rules

# Checkpoints


def checkpoint_sites(viewer: Actor) -> QuerySet[Site]:
    """Open checkpoints in the order of the tree."""
    return (
        sites_visible_to(viewer)
        .filter(kind=Site.Kind.CHECKPOINT, closed_at=None)
        .order_by("area_path", "number")
    )


def checkpoints_without_guard(viewer: Actor) -> QuerySet[Site]:
    """Open checkpoints where no phone has begun a shift, in the order of the tree."""
    held = Shift.objects.filter(site=OuterRef("id"), ended_at=None)
    return checkpoint_sites(viewer).filter(~Exists(held))


def get_checkpoint(viewer: Actor, site_id: UUID) -> Site:
    """The checkpoint, closed ones too."""
    site = sites_visible_to(viewer).filter(id=site_id, kind=Site.Kind.CHECKPOINT).first()
    if site is None:
        raise NoSuchCheckpoint(site_id)
    return site


def checkpoints_for(viewer: Actor) -> list[dict[str, Any]]:
    """The feed part `checkpoints`: what each gate of the viewer's area asks for."""
    batch = Rules()
    known = {row.site_id: row for row in Checkpoint.objects.filter(site__in=_gates_of(viewer))}
    found = []
    for site in checkpoint_sites(viewer):
        row = known.get(site.id)
        demands = demands_of(row.demands if row else (), pack_at(site.area_path, batch))
        found.append(
            {
                "site": str(site.id),
                "name": site.name,
                "path": site.area_path,
                "rules": rules.as_data(demands, _objection(row.objection if row else "")),
            }
        )
    return found


def _gates_of(viewer: Actor) -> QuerySet[Site]:
    return checkpoint_sites(viewer).order_by()


def _objection(where: str) -> dict[str, str]:
    """Where somebody who was turned back can object, in both languages of the product."""
    said = {}
    for short, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            said[short] = (
                _(
                    "You may object at the community's office, or by telephone 12345. At the "
                    "gate: %(where)s."
                )
                % {"where": where}
                if where
                else _("You may object at the community's office, or by telephone 12345.")
            )
    return said


def objection_at(viewer: Actor, site_id: UUID) -> str:
    """Where to object to what this gate decided, in the reader's language."""
    row = Checkpoint.objects.filter(site=site_id).first()
    with_place = _("You may object at the community's office, or by telephone 12345.")
    return f"{with_place} {row.objection}".strip() if row else with_place


def look(
    viewer: Actor,
    site_id: UUID,
    ref: PersonRef | None,
    *,
    direction: str = "out",
    pass_text: str = "",
    temperature: float | None = None,
    mask: bool | None = None,
) -> Advice:
    """The second look that a gate may ask for while it has a network. Nothing is recorded.

    The answer names nobody and gives no reason that is not the person's own business at a gate.
    """
    site = get_checkpoint(viewer, site_id)
    viewer.must(Duty.GUARD, at=site.area_path)
    row = ScanRow(
        id=new_id(),
        by=viewer,
        at=now(),
        site=site.id,
        direction="in" if direction == "in" else "out",
        verdict="pass",
        shown="code" if ref and ref.code else "identity" if ref and ref.identity else "word",
        person=ref,
        pass_text=pass_text,
        temperature=temperature,
        mask=mask,
    )
    said = scans.judged(row).said
    return Advice(verdict=said.word, rule=said.rule, reason=str(Rule(said.rule).label))


# Venues


def venue_sites(viewer: Actor, *, below: str = "") -> QuerySet[Site]:
    """Open sites that are venues, with or without a code."""
    return sites_visible_to(viewer).filter(
        kind=Site.Kind.VENUE, closed_at=None, area_path__startswith=below
    )


def venues_without_code(viewer: Actor, *, below: str = "") -> QuerySet[Site]:
    """Venues that have not signed up, in the order of the tree."""
    signed = Venue.objects.filter(site=OuterRef("id"), closed_at=None)
    return venue_sites(viewer, below=below).filter(~Exists(signed)).order_by("area_path", "number")


def venues_with_code(viewer: Actor, *, below: str = "") -> QuerySet[Venue]:
    return (
        Venue.objects.filter(
            area_path__startswith=viewer.within, closed_at=None, site__closed_at=None
        )
        .filter(area_path__startswith=below)
        .select_related("site")
        .order_by("area_path", "site")
    )


def get_venue(viewer: Actor, site_id: UUID, *, for_change: bool = False) -> Venue:
    rows = Venue.objects.filter(area_path__startswith=viewer.within).select_related("site")
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(site=site_id).first()
    if found is None:
        raise NoSuchVenue(site_id)
    return found


def venues_for(viewer: Actor) -> list[dict[str, Any]]:
    """The feed part `venues`: doors at which somebody of this area may scan visitors."""
    return [
        {"site": str(venue.site_id), "name": venue.site.name, "kind": venue.kind}
        for venue in venues_with_code(viewer)
    ]


# The alert set


def alerts_for(viewer: Actor) -> Document:
    """The feed part `alerts`: today's salted hashes of whom gates refer to the table.

    The same for everybody, whatever their area: a person may come to any gate. It says no name and
    no reason.
    """
    viewer.must(Duty.GUARD)
    return alerts.todays()


# Shifts


def shifts_visible_to(viewer: Actor) -> QuerySet[Shift]:
    return Shift.objects.filter(area_path__startswith=viewer.within)


def get_shift(viewer: Actor, shift_id: UUID, *, for_change: bool = False) -> Shift:
    rows = shifts_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=shift_id).first()
    if found is None:
        raise NoSuchShift(shift_id)
    return found


def scanned_in(viewer: Actor, shift: Shift) -> dict[str, int]:
    """How many were scanned in a shift, by verdict."""
    rows = Scan.objects.filter(shift=shift.id).order_by().values("verdict")
    found = dict(rows.annotate(number=Count("id")).values_list("verdict", "number"))
    return {str(word): found.get(word, 0) for word in Scan.Verdict}


# Passes


def passes_visible_to(viewer: Actor) -> QuerySet[Pass]:
    return Pass.objects.filter(area_path__startswith=viewer.within)


def get_pass(viewer: Actor, pass_id: UUID, *, for_change: bool = False) -> Pass:
    rows = passes_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=pass_id).first()
    if found is None:
        raise NoSuchPass(pass_id)
    return found


# Incidents, queues, questions


def incidents_visible_to(viewer: Actor) -> QuerySet[Incident]:
    return Incident.objects.filter(area_path__startswith=viewer.within)


def get_incident(viewer: Actor, incident_id: UUID, *, for_change: bool = False) -> Incident:
    rows = incidents_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=incident_id).first()
    if found is None:
        raise NoSuchIncident(incident_id)
    return found


def questions_visible_to(viewer: Actor) -> QuerySet[Question]:
    """For those who may read scans: a question is about somebody's."""
    must_read_scans(viewer)
    return Question.objects.filter(area_path__startswith=viewer.within)


def get_question(viewer: Actor, question_id: UUID, *, for_change: bool = False) -> Question:
    rows = questions_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=question_id).first()
    if found is None:
        raise NoSuchQuestion(question_id)
    return found


def must_read_scans(viewer: Actor) -> None:
    if Duty.AUDIT not in viewer.duties:
        viewer.must(Duty.INVESTIGATE)


# What the office looks at

COUNTED = {
    "pass": gettext_lazy("Passed"),
    "refer": gettext_lazy("Referred"),
    "turn_back": gettext_lazy("Turned back"),
    "emergency": gettext_lazy("Emergencies let through"),
}
"""Verdicts as the heading of a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateNow:
    """One checkpoint today. `waiting` None: nobody has said so lately."""

    site: Site
    counts: dict[str, int]
    waiting: int | None
    waiting_at: datetime | None
    on_shift: list[Shift]
    incidents: int

    @property
    def scanned(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class GatesTotal:
    """Every checkpoint of an area together. `waiting` None: nobody has said so lately."""

    gates: int
    guarded: int
    waiting: int | None
    longest: GateNow | None
    counts: dict[str, int]
    incidents: int

    @property
    def unguarded(self) -> int:
        return self.gates - self.guarded

    @classmethod
    def of(cls, found: Sequence[GateNow]) -> "GatesTotal":
        queues = [one for one in found if one.waiting is not None]
        return cls(
            gates=len(found),
            guarded=sum(bool(one.on_shift) for one in found),
            waiting=sum(one.waiting or 0 for one in queues) if queues else None,
            longest=max(queues, key=lambda one: one.waiting or 0, default=None),
            counts={word: sum(one.counts[word] for one in found) for word in Scan.Verdict.values},
            incidents=sum(one.incidents for one in found),
        )


_QUEUE_STALE = timedelta(hours=2)  # an older word about a queue is no word


def gates_now(viewer: Actor, sites: Sequence[Site]) -> list[GateNow]:
    """How it stands at these checkpoints since midnight, in five statements for any number."""
    must_oversee(viewer)
    ids = [site.id for site in sites]
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    scanned = Scan.objects.filter(site__in=[site.number for site in sites], at__gte=_midnight())
    grouped = scanned.order_by().values("site", "verdict").annotate(number=Count("id"))
    for number, verdict, found in grouped.values_list("site", "verdict", "number"):
        counts[number or 0][verdict] = found
    queues = {
        note.site_id: note
        for note in QueueNote.objects.filter(site__in=ids, at__gte=now() - _QUEUE_STALE)
        .order_by("site", "-at")
        .distinct("site")
    }
    shifts: dict[UUID, list[Shift]] = defaultdict(list)
    for shift in (
        shifts_visible_to(viewer)
        .filter(site__in=ids, ended_at=None)
        .select_related("account")
        .order_by("began_at", "id")
    ):
        shifts[shift.site_id].append(shift)
    open_incidents = incidents_visible_to(viewer).filter(site__in=ids, settled_at=None).order_by()
    incidents = dict(
        open_incidents.values("site").annotate(number=Count("id")).values_list("site", "number")
    )
    return [
        GateNow(
            site=site,
            counts={word: counts[site.number].get(word, 0) for word in Scan.Verdict.values},
            waiting=queues[site.id].waiting if site.id in queues else None,
            waiting_at=queues[site.id].at if site.id in queues else None,
            on_shift=shifts[site.id],
            incidents=incidents.get(site.id, 0),
        )
        for site in sites
    ]


def _midnight() -> datetime:
    """When today began, where the district is."""
    return localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)


OVERSEERS = frozenset(
    {Duty.COMMAND, Duty.DISPATCH, Duty.MANAGE_AREAS, Duty.DECIDE_MEASURES, Duty.GUARD, Duty.AUDIT}
)


def must_oversee(viewer: Actor) -> None:
    if not OVERSEERS & viewer.duties:
        viewer.must(Duty.DISPATCH)


def checkpoint_of(viewer: Actor, site_id: UUID) -> Checkpoint | None:
    """What was set for a checkpoint; None: nothing but who one is."""
    return Checkpoint.objects.filter(site=get_checkpoint(viewer, site_id)).first()


def not_passed_at(viewer: Actor, site_id: UUID) -> QuerySet[Scan]:
    """Who was referred, turned back or an emergency here, latest first. It names nobody."""
    must_oversee(viewer)
    site = get_checkpoint(viewer, site_id)
    rows = Scan.objects.filter(site=site.number).exclude(verdict=Scan.Verdict.PASS)
    return rows.order_by("-at", "-id")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """One shift: what the guard counted beside what was scanned. Both by verdict."""

    shift: Shift
    told: dict[str, int | None]
    scanned: dict[str, int]

    @property
    def differs(self) -> bool:
        return self.shift.ended_at is not None and self.told != self.scanned

    @property
    def by_verdict(self) -> list[tuple[str, int | None, int | None]]:
        """Each verdict with what the guard counted and what was scanned; alike while on shift."""
        ended = self.shift.ended_at is not None
        return [
            (str(label), self.told[word] if ended else self.scanned[word], self.scanned[word])
            for word, label in COUNTED.items()
        ]


def hand_overs_at(viewer: Actor, site_id: UUID, *, at_most: int = 10) -> list[HandOver]:
    """The last shifts, latest first. Two statements."""
    must_oversee(viewer)
    shifts = list(
        shifts_visible_to(viewer)
        .filter(site=get_checkpoint(viewer, site_id))
        .select_related("account")
        .order_by("-began_at", "-id")[:at_most]
    )
    counts: dict[UUID | None, dict[str, int]] = defaultdict(dict)
    rows = Scan.objects.filter(shift__in=[shift.id for shift in shifts]).order_by()
    for shift_id, verdict, number in (
        rows.values("shift", "verdict")
        .annotate(number=Count("id"))
        .values_list("shift", "verdict", "number")
    ):
        counts[shift_id][verdict] = number
    return [
        HandOver(
            shift=shift,
            told={
                "pass": shift.passed,
                "refer": shift.referred,
                "turn_back": shift.turned_back,
                "emergency": shift.emergencies,
            },
            scanned={word: counts[shift.id].get(word, 0) for word in Scan.Verdict.values},
        )
        for shift in shifts
    ]


def incidents_listed(viewer: Actor, *, open_only: bool = False) -> QuerySet[Incident]:
    """Newest first."""
    must_oversee(viewer)
    rows = incidents_visible_to(viewer).select_related("site")
    if open_only:
        rows = rows.filter(settled_at=None)
    return rows.order_by("-at", "-id")


def questions_listed(viewer: Actor, *, open_only: bool = True) -> QuerySet[Question]:
    """Newest first."""
    rows = questions_visible_to(viewer)
    if open_only:
        rows = rows.filter(answered_at=None)
    return rows.order_by("-found_at", "-id")


def lists_printed_for(viewer: Actor, site_id: UUID) -> QuerySet[PrintedList]:
    """Latest first."""
    must_oversee(viewer)
    return PrintedList.objects.filter(site=get_checkpoint(viewer, site_id)).order_by(
        "-printed_at", "-id"
    )


# Passes, as the office looks at them

PASS_READERS = OVERSEERS | {Duty.CARRY_OUT, Duty.KEEP_REGISTER, Duty.SEE_REGISTER}


def passes_listed(
    viewer: Actor, *, kind: str = "", state: str = "", search: str = ""
) -> QuerySet[Pass]:
    """Newest first.

    search   a pass's code as somebody typed or said it, or a plate
    """
    if not PASS_READERS & viewer.duties:
        viewer.must(Duty.CARRY_OUT)
    rows = passes_visible_to(viewer)
    if kind:
        rows = rows.filter(kind=kind)
    if state == "expired":
        rows = rows.filter(state=Pass.State.VALID, valid_to__lte=now())
    elif state == Pass.State.VALID:
        rows = rows.filter(state=Pass.State.VALID, valid_to__gt=now())
    elif state:
        rows = rows.filter(state=state)
    if search.strip():
        number = read_code("P", search)
        plate = blind_index("plate", rules.plain_plate(search))
        rows = rows.filter(number=number) if number is not None else rows.filter(plate_index=plate)
    return rows.order_by("-issued_at", "-id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How often a pass may be used, and how often it was. `limit` None: as often as needed.

    again_at   when it opens again, where it is used up
    """

    limit: int | None
    times: list[datetime]
    again_at: datetime | None
    every: timedelta
    lasts: timedelta


def use_of(viewer: Actor, held: Pass) -> Use:
    """The quota of a pass by the pack in force, and the outings in its days."""
    pack = pack_at(held.area_path)
    gates = pack.gates if pack else None
    if gates is None or held.kind != Pass.Kind.ENTRY_EXIT:
        return Use(limit=None, times=[], again_at=None, every=timedelta(), lasts=timedelta())
    every = gates.outing_every.length
    outings = outings_of([held.number], now() - every, gates.same_passage.length)
    times = [at for at, _person in outings.get(held.number, [])]
    limit = gates.outing_people.whole
    return Use(
        limit=limit,
        times=times,
        again_at=times[-limit] + every if len(times) >= limit else None,
        every=every,
        lasts=gates.outing_lasts.length,
    )


def passes_good_for(viewer: Actor, site_id: UUID) -> list[Pass]:
    """Passes that open a checkpoint now, by number."""
    site = get_checkpoint(viewer, site_id)
    around = Q(area_path__in=paths_to(site.area_path)) | Q(area_path__startswith=site.area_path)
    rows = Pass.objects.filter(
        around, state=Pass.State.VALID, valid_from__lte=now(), valid_to__gt=now()
    )
    return list(rows.order_by("number"))


# Venues, as the office looks at them


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many venues of a place have a code."""

    path: str
    name: str
    venues: int
    with_code: int

    @property
    def percent(self) -> int | None:
        return 100 * self.with_code // self.venues if self.venues else None


def coverage(viewer: Actor, *, level: str = "community", below: str = "") -> list[Coverage]:
    """Venues with a code by street or community, the least covered first. Two statements.

    Only places that have venues are in it.
    """
    places = list(
        Area.objects.filter(level=level, path__startswith=viewer.within, ended_at=None).values_list(
            "path", "name"
        )
    )
    signed = Venue.objects.filter(site=OuterRef("id"), closed_at=None)
    rows = list(
        venue_sites(viewer, below=below)
        .annotate(signed=Exists(signed))
        .values_list("area_path", "signed")
    )
    found = []
    for path, name in places:
        inside = [has for at, has in rows if at.startswith(path)]
        if inside:
            said = short_name(name)
            found.append(Coverage(path=path, name=said, venues=len(inside), with_code=sum(inside)))
    return sorted(found, key=lambda one: (one.percent or 0, one.path))


def drives_under_way(viewer: Actor) -> QuerySet[SignUpDrive]:
    """First what is due first."""
    rows = SignUpDrive.objects.filter(ended_at=None)
    inside = Q(area_path__startswith=viewer.within) | Q(area_path__in=paths_to(viewer.within))
    return rows.filter(inside).order_by("due_at", "id")


def get_drive(viewer: Actor, drive_id: UUID) -> SignUpDrive:
    found = SignUpDrive.objects.filter(id=drive_id).first()
    if found is None:
        raise NoSuchVenue(drive_id)
    return found


def must_see_venues(viewer: Actor) -> None:
    if not PASS_READERS & viewer.duties:
        viewer.must(Duty.CARRY_OUT)


def venue_at(viewer: Actor, site_id: UUID) -> Venue | None:
    """The code of a site, closed or not; None if it never had one."""
    rows = Venue.objects.filter(area_path__startswith=viewer.within).select_related("site")
    return rows.filter(site=site_id).first()


def community_of(viewer: Actor, area_path: str) -> str:
    """The path of the community around a place; "" where there is none."""
    found = area_of_level(viewer, area_path, Area.Level.COMMUNITY)
    return found.path if found else ""
