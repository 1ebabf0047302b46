"""Who sees which request, and what is known of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.areas.rules import paths_to
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.requests import rules
from fangxian.requests.models import (
    Answer,
    Call,
    Extension,
    Handling,
    Line,
    Note,
    Request,
    Response,
    Whistle,
)
from fangxian.screening.queries import campaigns_visible_to
from fangxian.workforce.queries import accounts_of

if TYPE_CHECKING:
    from fangxian.screening.models import Campaign

SEE_ALL = frozenset({Duty.ANSWER_CALLS, Duty.DISPATCH, Duty.COMMAND, Duty.AUDIT, Duty.CARRY_OUT})
SEE_TO = frozenset({Duty.ANSWER_CALLS, Duty.DISPATCH})
"""Who accepts, dispatches, decides and calls back."""


def requests_visible_to(viewer: Actor) -> QuerySet[Request]:
    """Every request of the viewer's area; for a resident, and for who does not see to requests,
    their own.
    """
    if SEE_ALL & viewer.duties:
        return Request.objects.filter(area_path__startswith=viewer.within)
    return Request.objects.filter(Q(raised_by=viewer.id) | Q(resident_id=viewer.id))


def get_request(viewer: Actor, request_id: UUID, *, for_change: bool = False) -> Request:
    rows = requests_visible_to(viewer)
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(id=request_id).first()
    if found is None:
        raise NotFound(_("request"), request=str(request_id))
    return found


def sees_to(viewer: Actor, area_path: str) -> bool:
    return any(viewer.may(duty, at=area_path) for duty in SEE_TO)


def must_see_to(viewer: Actor, area_path: str) -> None:
    if not sees_to(viewer, area_path):
        raise NotYours(str(Duty.ANSWER_CALLS.label))


def is_own(viewer: Actor, request: Request) -> bool:
    """Whether the viewer made it, or it was made for them."""
    return viewer.id in (request.raised_by, request.resident_id)


def of_unit(viewer: Actor, unit_id: UUID) -> bool:
    """Whether somebody signs in as one of a unit's people."""
    return viewer.id in accounts_of(PLAYBOOK, unit_id)


# Calls


def lines_visible_to(viewer: Actor) -> QuerySet[Line]:
    """Of the viewer's area, and of those above it: a hotline serves what lies below it."""
    return Line.objects.filter(
        Q(area_path__startswith=viewer.within) | Q(area_path__in=paths_to(viewer.within))
    )


def calls_visible_to(viewer: Actor) -> QuerySet[Call]:
    if not {Duty.ANSWER_CALLS, Duty.AUDIT} & viewer.duties:
        return Call.objects.none()
    return Call.objects.filter(area_path__startswith=viewer.within)


def get_call(viewer: Actor, call_id: UUID, *, for_change: bool = False) -> Call:
    rows = calls_visible_to(viewer).select_related("resident", "answer")
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(id=call_id).first()
    if found is None:
        raise NotFound(_("call"))
    return found


def answers_visible_to(viewer: Actor) -> QuerySet[Answer]:
    """The library of the viewer's area and of those above it, without what was withdrawn."""
    return Answer.objects.filter(
        Q(area_path__startswith=viewer.within) | Q(area_path__in=paths_to(viewer.within)),
        withdrawn_at=None,
    )


# Whistles


def whistles_visible_to(viewer: Actor) -> QuerySet[Whistle]:
    if not SEE_ALL & viewer.duties:
        return Whistle.objects.none()
    return Whistle.objects.filter(area_path__startswith=viewer.within)


def get_whistle(viewer: Actor, whistle_id: UUID, *, for_change: bool = False) -> Whistle:
    rows = whistles_visible_to(viewer)
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(id=whistle_id).first()
    if found is None:
        raise NotFound(_("whistle"))
    return found


def responses_of(viewer: Actor, whistle_id: UUID) -> QuerySet[Response]:
    """The units a whistle calls, in the order in which they were called."""
    return (
        Response.objects.filter(whistle_id=whistle_id, whistle__area_path__startswith=viewer.within)
        .select_related("unit", "whistle")
        .order_by("called_at", "id")
    )


# Lists and figures of requests

IN_HAND = ("raised", "accepted", "dispatched", "done")
"""What somebody is waiting for; those put together with others wait with the first of them."""
_GOOD, _BAD = 4, 2


def requests_listed(
    viewer: Actor,
    *,
    state: str = "",
    category: str = "",
    urgency: str = "",
    below: str = "",
    unit_id: UUID | None = None,
    overdue: bool = False,
    number: int | None = None,
    own: bool = False,
) -> QuerySet[Request]:
    """What waits, first what is due first; or, with a state that waits for nothing, the newest.

    own   those for which the viewer answers to the end
    """
    rows = requests_visible_to(viewer).filter(area_path__startswith=below)
    if number is not None:
        return rows.filter(number=number).order_by("-raised_at", "-id")
    if category:
        rows = rows.filter(category=category)
    if urgency:
        rows = rows.filter(urgency=urgency)
    if unit_id is not None:
        theirs = Handling.objects.filter(unit_id=unit_id, handed_back_at=None)
        rows = rows.filter(id__in=theirs.values("request_id"))
    if own:
        rows = rows.filter(first_receiver=viewer.id)
    if overdue:
        rows = rows.filter(stage_due__lt=now(), state__in=IN_HAND)
    if state in ("closed", "grouped", "all"):
        rows = rows if state == "all" else rows.filter(state=state)
        return rows.order_by("-raised_at", "-id")
    rows = rows.filter(state=state) if state else rows.filter(state__in=IN_HAND)
    return rows.exclude(stage_due=None).order_by("stage_due", "id")


def others_of(viewer: Actor, requests: Iterable[Request]) -> dict[UUID, int]:
    """How many are answered together with each."""
    rows = Request.objects.filter(head__in=[one.id for one in requests])
    return dict(rows.values_list("head_id").annotate(Count("id")))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in an area now. Requests, not people: `persons` is who made them, each once."""

    raised: int
    accepted: int
    dispatched: int
    done: int
    overdue: int
    persons: int

    @property
    def open(self) -> int:
        return self.raised + self.accepted + self.dispatched + self.done


def waiting_here(viewer: Actor, *, below: str = "") -> Waiting:
    rows = requests_visible_to(viewer).filter(
        area_path__startswith=below, state__in=[*IN_HAND, "grouped"]
    )
    counted = rows.aggregate(
        **{state: Count("id", filter=Q(state=state)) for state in IN_HAND},
        overdue=Count("id", filter=Q(state__in=IN_HAND, stage_due__lt=now())),
        residents=Count("resident_id", distinct=True),
        numbers=Count("by_index", distinct=True, filter=Q(resident=None)),
        unknown=Count("id", filter=Q(resident=None, by_index=None)),
    )
    persons = counted.pop("residents") + counted.pop("numbers") + counted.pop("unknown")
    return Waiting(**counted, persons=persons)


@dataclass(frozen=True, slots=True)
class AtPlace:
    """What waits at one place; `rank` is 0 nothing, 1 waits, 2 very urgent, 3 overdue."""

    open: int
    very_urgent: int
    overdue: int

    @property
    def rank(self) -> int:
        return 3 if self.overdue else 2 if self.very_urgent else 1 if self.open else 0


def waiting_by_place(viewer: Actor, *, steps: int) -> dict[str, AtPlace]:
    """What waits, by the area of so many steps (5: community, 6: grid); one statement."""
    if not SEE_ALL & viewer.duties:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT array_to_string((string_to_array(area_path, '/'))[1:%(steps)s], '/') || '/',
                count(*), count(*) FILTER (WHERE urgency = 'very_urgent'),
                count(*) FILTER (WHERE stage_due < %(at)s)
            FROM requests_request
            WHERE state IN ('raised', 'accepted', 'dispatched', 'done')
                AND area_path LIKE %(within)s
            GROUP BY 1 ORDER BY 1
            """,
            {"steps": steps, "at": now(), "within": viewer.within + "%"},
        )
        rows = cursor.fetchall()
    return {path: AtPlace(*counted) for path, *counted in rows if path.count("/") == steps}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFigures:
    """What one unit did with what it was given to lead, in a span of time. All are requests.

    given          dispatched to it as the lead, not counting what it handed back
    contacted      … and spoke to whoever asked before the limit, or has still time to
    in_time, late  done before and after the limit
    open           not done; `overdue` of them are past the limit
    asked          confirmed or not by whoever asked; `solved` of them are
    scored         by whoever asked; `good` with 4 or 5, `bad` with 1 or 2
    """

    unit_id: UUID
    name: str
    given: int
    contacted: int
    in_time: int
    late: int
    open: int
    overdue: int
    asked: int
    solved: int
    scored: int
    good: int
    bad: int
    reopened: int

    @property
    def response_rate(self) -> int | None:
        """Percent of what was given for which whoever asked was spoken to in time."""
        return rules.percent(self.contacted, self.given)

    @property
    def resolution_rate(self) -> int | None:
        """Percent solved of those about which whoever asked said yes or no."""
        return rules.percent(self.solved, self.asked)

    @property
    def satisfaction_rate(self) -> int | None:
        """Percent with 4 or 5 of those that were scored."""
        return rules.percent(self.good, self.scored)

    @property
    def in_time_rate(self) -> int | None:
        """Percent done in time of what was done or is past its limit."""
        return rules.percent(self.in_time, self.in_time + self.late + self.overdue)


def figures_by_unit(
    viewer: Actor, *, since: datetime, until: datetime | None = None, below: str = ""
) -> list[UnitFigures]:
    """Response, resolution and satisfaction by the unit that led; the most given first.

    Whoever was opened again counts with the last unit that led it.
    """
    if not SEE_ALL & viewer.duties:
        raise NotYours(str(Duty.COMMAND.label))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT unit.id, unit.name, count(*),
                count(*) FILTER (WHERE part.contact_at <= part.due_at OR part.due_at IS NULL
                    OR (part.contact_at IS NULL AND part.due_at > %(at)s)),
                count(*) FILTER (WHERE part.done_at <= part.due_at
                    OR (part.due_at IS NULL AND part.done_at IS NOT NULL)),
                count(*) FILTER (WHERE part.done_at > part.due_at),
                count(*) FILTER (WHERE part.done_at IS NULL),
                count(*) FILTER (WHERE part.done_at IS NULL AND part.due_at < %(at)s),
                count(*) FILTER (WHERE request.solved IS NOT NULL),
                count(*) FILTER (WHERE request.solved),
                count(request.score),
                count(*) FILTER (WHERE request.score >= %(good)s),
                count(*) FILTER (WHERE request.score <= %(bad)s),
                coalesce(sum(request.reopened), 0)
            FROM (
                SELECT DISTINCT ON (request_id) * FROM requests_handling
                WHERE role = 'lead' AND handed_back_at IS NULL
                    AND asked_at >= %(since)s AND asked_at < %(until)s
                ORDER BY request_id, asked_at DESC
            ) AS part
            JOIN requests_request AS request ON request.id = part.request_id
            JOIN workforce_organisation AS unit ON unit.id = part.unit_id
            WHERE request.area_path LIKE %(within)s AND request.area_path LIKE %(below)s
            GROUP BY unit.id, unit.name ORDER BY count(*) DESC, unit.name
            """,
            {
                "at": now(),
                "since": since,
                "until": until or now() + timedelta(seconds=1),
                "within": viewer.within + "%",
                "below": below + "%",
                "good": _GOOD,
                "bad": _BAD,
            },
        )
        rows = cursor.fetchall()
    names = list(UnitFigures.__dataclass_fields__)
    return [UnitFigures(**dict(zip(names, row, strict=True))) for row in rows]


# One request


def notes_of(viewer: Actor, request: Request) -> QuerySet[Note]:
    return Note.objects.filter(request=request).order_by("at", "id")


def extension_open(viewer: Actor, request: Request) -> Extension | None:
    return Extension.objects.filter(request=request, decided_at=None).order_by("asked_at").last()


def similar_to(viewer: Actor, request: Request, *, most: int = 5) -> list[Request]:
    """Open ones of the same kind from the same community that say nearly the same, for a person
    to put together.
    """
    if request.category == "emergency":
        return []
    community = "".join(f"{step}/" for step in request.area_path.split("/")[:5] if step)
    near = (
        requests_visible_to(viewer)
        .filter(
            area_path__startswith=community,
            category=request.category,
            state__in=["raised", "accepted"],
            head=None,
        )
        .exclude(id=request.id)
        .order_by("-raised_at")[:200]
    )
    alike = [(rules.likeness(one.words, request.words), one) for one in near]
    alike = sorted((pair for pair in alike if pair[0] >= rules.NEAR), key=lambda pair: -pair[0])
    return [one for _likeness, one in alike[:most]]


# The hotline


def waiting_calls(viewer: Actor) -> QuerySet[Call]:
    """Who waits, the next first."""
    return (
        calls_visible_to(viewer)
        .filter(state=Call.State.WAITING)
        .select_related("resident")
        .order_by("-emergency", "behind", F("hung_up_at").asc(nulls_first=True), "came_at", "id")
    )


@dataclass(frozen=True, slots=True)
class HotlineFigures:
    """The hotline since a moment, and now. All are calls, not people."""

    waiting: int
    to_call_back: int
    longest: datetime | None
    taken: int
    came: int
    answered: int
    declared: int
    requested: int
    not_reached: int


def hotline_figures(viewer: Actor, *, since: datetime) -> HotlineFigures:
    rows = calls_visible_to(viewer)
    now_ = rows.filter(state__in=["waiting", "taken"]).aggregate(
        waiting=Count("id", filter=Q(state="waiting", hung_up_at=None)),
        to_call_back=Count("id", filter=Q(state="waiting", hung_up_at__isnull=False)),
        taken=Count("id", filter=Q(state="taken")),
    )
    first = rows.filter(state="waiting", hung_up_at=None).order_by("came_at").first()
    day = rows.filter(came_at__gte=since).aggregate(
        came=Count("id"),
        answered=Count("id", filter=Q(ending="answer")),
        declared=Count("id", filter=Q(ending="declaration")),
        requested=Count("id", filter=Q(ending="request")),
        not_reached=Count("id", filter=Q(ending="not_reached")),
    )
    return HotlineFigures(**now_, longest=first.came_at if first else None, **day)


def own_call(viewer: Actor) -> Call | None:
    return calls_visible_to(viewer).filter(taken_by_id=viewer.id, state=Call.State.TAKEN).first()


def own_line(viewer: Actor) -> Line | None:
    return Line.objects.filter(operator_id=viewer.id).first()


def requests_of_caller(viewer: Actor, call: Call, *, most: int = 8) -> list[Request]:
    """What this number, or whoever was recognised, asked before; the open ones first."""
    ways = Q()
    if call.phone_index:
        ways |= Q(by_index=call.phone_index)
    if call.resident_id:
        ways |= Q(resident_id=call.resident_id)
    if not ways:
        return []
    rows = requests_visible_to(viewer).filter(ways).order_by("-raised_at")[:most]
    return sorted(rows, key=lambda one: one.state == "closed")


def calls_of_caller(viewer: Actor, call: Call, *, most: int = 5) -> list[Call]:
    """The last calls from this number before this one."""
    if not call.phone_index:
        return []
    rows = calls_visible_to(viewer).filter(phone_index=call.phone_index).exclude(id=call.id)
    return list(rows.order_by("-came_at")[:most])


@dataclass(frozen=True)
class Reply:
    """An answer of the library in the reader's language, where it is written in it."""

    row: Answer
    english: bool = field(default=False)

    @cached_property
    def question(self) -> str:
        return (self.english and self.row.question_en) or self.row.question

    @cached_property
    def answer(self) -> str:
        return (self.english and self.row.answer_en) or self.row.answer


def answers_for(viewer: Actor, words: str, *, most: int = 6) -> list[Reply]:
    """What the library says to words that are typed; the best first."""
    rows = list(answers_visible_to(viewer))
    known = [
        rules.Known(
            one.id,
            f"{one.question} {one.question_en}",
            f"{one.keywords} {one.get_category_display()}",
            f"{one.answer} {one.answer_en}",
            one.used,
        )
        for one in rows
    ]
    by_id = {one.id: one for one in rows}
    english = not (get_language() or "").startswith("zh")
    found = rules.found_for(words, known, most=most)
    return [Reply(by_id[one], english) for one in found]


def campaigns_to_declare_for(viewer: Actor) -> "list[Campaign]":
    """Those that are open and take declarations, for whoever answers calls."""
    if Duty.ANSWER_CALLS not in viewer.duties:
        return []
    rows = campaigns_visible_to(PLAYBOOK).filter(
        ended_at=None, ends_at__gt=now(), channels__contains=["declaration"]
    )
    rows = rows.filter(
        Q(area_path__startswith=viewer.within) | Q(area_path__in=paths_to(viewer.within))
    )
    return list(rows.order_by("-id")[:10])


# Whistles


def whistles_listed(viewer: Actor, *, open_only: bool = True) -> QuerySet[Whistle]:
    rows = whistles_visible_to(viewer).select_related("caller")
    if open_only:
        rows = rows.filter(ended_at=None)
    return rows.order_by("-blown_at", "-id")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhistleFigures:
    """What one unit did when it was called. All are calls by whistles."""

    unit_id: UUID
    name: str
    called: int
    answered: int
    came: int
    in_time: int
    people: int
    mean_score: float | None

    @property
    def in_time_rate(self) -> int | None:
        return rules.percent(self.in_time, self.called)


def whistle_figures(viewer: Actor, *, since: datetime) -> list[WhistleFigures]:
    """By unit, the most called first."""
    visible = whistles_visible_to(viewer).values("id")
    rows = (
        Response.objects.filter(whistle_id__in=visible, called_at__gte=since)
        .values("unit_id", name=F("unit__name"))
        .annotate(
            called=Count("id"),
            answered=Count("id", filter=~Q(says="")),
            came=Count("id", filter=Q(arrived_at__isnull=False)),
            in_time=Count("id", filter=Q(arrived_at__lte=F("due_at"))),
            brought=Sum("people", filter=Q(arrived_at__isnull=False), default=0),
            mean_score=Avg("score"),
        )
        .order_by("-called", "name")
    )
    return [
        WhistleFigures(
            unit_id=row["unit_id"],
            name=row["name"],
            called=row["called"],
            answered=row["answered"],
            came=row["came"],
            in_time=row["in_time"],
            people=row["brought"],
            mean_score=row["mean_score"],
        )
        for row in rows
    ]
