"""Who sees which request, and what is known of it."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fangxian.areas.rules import paths_to
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.requests.models import Answer, Call, Handling, Line, Request, Response, Whistle
from fangxian.workforce.queries import accounts_of

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


def sees_to(actor: Actor, area_path: str) -> bool:
    return any(actor.may(duty, at=area_path) for duty in SEE_TO)


def must_see_to(actor: Actor, area_path: str) -> None:
    if not sees_to(actor, area_path):
        raise NotYours(str(Duty.ANSWER_CALLS.label))


def is_own(actor: Actor, request: Request) -> bool:
    """Whether the actor made it, or it was made for them."""
    return actor.id in (request.raised_by, request.resident_id)


def of_unit(actor: Actor, unit_id: UUID) -> bool:
    """Whether somebody signs in as one of a unit's people."""
    return actor.id in accounts_of(PLAYBOOK, unit_id)


def handlings_at_work(request: Request) -> list[Handling]:
    """The units that have it now, the one that leads first."""
    rows = Handling.objects.filter(request=request, done_at=None, handed_back_at=None)
    return sorted(rows.select_related("unit"), key=lambda one: (one.role != "lead", one.asked_at))


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
