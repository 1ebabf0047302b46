"""Notices from above and minutes of meetings: which there are, and who has heard them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from fangxian.areas.rules import parent_path, paths_to
from fangxian.dispatch.errors import NoSuchDirective
from fangxian.dispatch.kinds import TaskKind
from fangxian.dispatch.models import Directive, DirectiveItem, Receipt, Task
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.responsibility.queries import responsibilities_visible_to
from fangxian.workforce.about import plain
from fangxian.workforce.queries import organisations_visible_to

WRITERS = frozenset({Duty.DISPATCH, Duty.COMMAND})
UNHEARD = (Receipt.State.ISSUED, Receipt.State.RECEIVED)
UNDER_WAY = (Receipt.State.ACKNOWLEDGED, Receipt.State.TASKS_MADE)
SETTLED = (Receipt.State.DONE, Receipt.State.VERIFIED)


def directives_visible_to(viewer: Actor) -> QuerySet[Directive]:
    """Those for places in the viewer's area, and those from above that the area is a part of."""
    here = Q(area_path__startswith=viewer.within)
    from_above = Q(area_path__in=paths_to(viewer.within))
    seen = Directive.objects.filter(here | from_above)
    drafts = Q(state=Directive.State.DRAFT)
    return seen.exclude(drafts & ~here) if WRITERS & viewer.duties else seen.exclude(drafts)


def get_directive(viewer: Actor, directive_id: UUID, *, for_change: bool = False) -> Directive:
    rows = directives_visible_to(viewer)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.filter(id=directive_id).first()
    if found is None:
        raise NoSuchDirective(directive_id)
    return found


def items_of(viewer: Actor, directive_id: UUID) -> QuerySet[DirectiveItem]:
    """What a directive asks for, in its order; what others added for their own area stays there."""
    seen = Q(area_path__startswith=viewer.within) | Q(area_path__in=paths_to(viewer.within))
    rows = DirectiveItem.objects.filter(seen, directive_id=directive_id)
    return rows.select_related("owner", "team", "post").order_by("position")


def get_item(viewer: Actor, item_id: UUID) -> DirectiveItem:
    found = DirectiveItem.objects.filter(id=item_id).select_related("directive").first()
    if found is None or not viewer.sees(found.area_path):
        raise NotFound(_("point of a directive"))
    return found


def directive_of(viewer: Actor, item_id: UUID) -> UUID:
    """The directive that a point belongs to, if the viewer may read it."""
    item = DirectiveItem.objects.filter(id=item_id).first()
    if item is None:
        raise NotFound(_("point of a directive"))
    return get_directive(viewer, item.directive_id).id


def texts_of(viewer: Actor, item_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What each of these points asks for, in the issuer's words."""
    wanted = set(item_ids)
    if not wanted:
        return {}
    return dict(DirectiveItem.objects.filter(id__in=wanted).values_list("id", "text"))


# Receipts


def receipts_visible_to(viewer: Actor) -> QuerySet[Receipt]:
    """Those of places in the viewer's area; and whoever works below a place sees the place's."""
    return Receipt.objects.filter(
        Q(area_path__startswith=viewer.within) | Q(area_path__in=paths_to(viewer.within))
    )


def get_receipt(viewer: Actor, receipt_id: UUID, *, for_change: bool = False) -> Receipt:
    rows = receipts_visible_to(viewer).select_related("directive")
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.filter(id=receipt_id).first()
    if found is None:
        raise NotFound(_("receipt"))
    return found


def receipts_of(viewer: Actor, directive_id: UUID) -> QuerySet[Receipt]:
    """In the order of the tree: each subdistrict, then its communities."""
    rows = receipts_visible_to(viewer).filter(directive_id=directive_id)
    return rows.select_related("acknowledged_by", "verified_by").order_by("area_path")


def own_receipt(viewer: Actor, directive_id: UUID) -> Receipt | None:
    """Of the place for which the viewer works."""
    return Receipt.objects.filter(directive_id=directive_id, area_path=viewer.within).first()


def unheard(viewer: Actor, directive_id: UUID) -> QuerySet[Receipt]:
    """Who has not acknowledged, the longest due first."""
    rows = Receipt.objects.filter(
        directive_id=directive_id, area_path__startswith=viewer.within, state__in=UNHEARD
    )
    return rows.order_by("due_at", "area_path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Places of a directive: how many there are, and how many have come at least so far."""

    places: int = 0
    read: int = 0
    acknowledged: int = 0
    done: int = 0
    verified: int = 0
    late: int = 0

    @property
    def unheard(self) -> int:
        return self.places - self.acknowledged


def progress(viewer: Actor, directive_ids: Iterable[UUID]) -> dict[UUID, Progress]:
    """For any number of directives in one statement, counted in the viewer's area."""
    rows = (
        Receipt.objects.filter(
            directive_id__in=set(directive_ids), area_path__startswith=viewer.within
        )
        .exclude(state=Receipt.State.ENDED)
        .values("directive_id")
        .annotate(
            places=Count("id"),
            read=Count("id", filter=~Q(state=Receipt.State.ISSUED)),
            acknowledged=Count("id", filter=~Q(state__in=UNHEARD)),
            done=Count("id", filter=Q(state__in=SETTLED)),
            verified=Count("id", filter=Q(state=Receipt.State.VERIFIED)),
            late=Count("id", filter=Q(state__in=UNHEARD, due_at__lt=now())),
        )
        .order_by()
    )
    return {
        row["directive_id"]: Progress(
            places=row["places"],
            read=row["read"],
            acknowledged=row["acknowledged"],
            done=row["done"],
            verified=row["verified"],
            late=row["late"],
        )
        for row in rows
    }


def parts_left(viewer: Actor, receipt: Receipt) -> int:
    """Places below that are not done yet."""
    below = Receipt.objects.filter(
        directive_id=receipt.directive_id,
        area_path__startswith=receipt.area_path,
        area_path__gt=receipt.area_path,
    )
    return below.exclude(state__in=[*SETTLED, Receipt.State.ENDED]).count()


def above(viewer: Actor, receipt: Receipt) -> str:
    """The area of those who verify what this place did."""
    return parent_path(receipt.area_path)


def overdue_receipts(viewer: Actor) -> QuerySet[Receipt]:
    """Not acknowledged in time, of directives in force."""
    return Receipt.objects.filter(
        state__in=UNHEARD,
        due_at__lte=now(),
        directive__state=Directive.State.IN_FORCE,
        area_path__startswith=viewer.within,
    ).annotate(issued_at=F("directive__issued_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ring up at a place; never somebody's own number."""

    name: str
    phone: str


def contacts(viewer: Actor, paths: Iterable[str]) -> dict[str, Contact]:
    """Who speaks for each place and on which number, for any number of places in two statements."""
    wanted = set(paths)
    found: dict[str, Contact] = {}
    offices = organisations_visible_to(PLAYBOOK).filter(
        area_path__in=wanted, kind__in=["committee", "government"], dissolved_at=None
    )
    for office in offices.order_by("number"):
        if office.phone:
            found.setdefault(office.area_path, Contact(name=office.name, phone=office.phone))
    speaking = responsibilities_visible_to(PLAYBOOK).filter(
        area_path__in=wanted, role="branch", resident=None, member__state="ready"
    )
    for one in speaking.select_related("member").order_by("-since"):
        if one.member.duty_phone:
            found[one.area_path] = Contact(name=plain(one.member.name), phone=one.member.duty_phone)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PointProgress:
    done: int = 0
    of: int = 0
    late: int = 0
    counted: int = 0


def points_progress(viewer: Actor, directive_id: UUID) -> dict[UUID, PointProgress]:
    """For each point of a directive: how many of its tasks are done, in the viewer's area.

    counted   the sum of the numbers that were asked for as proof
    """
    rows = (
        Task.objects.filter(
            about_id__in=DirectiveItem.objects.filter(directive_id=directive_id).values("id"),
            kind=TaskKind.DO_DIRECTIVE,
            area_path__startswith=viewer.within,
        )
        .exclude(state=Task.State.CANCELLED)
        .order_by()
        .values("about_id")
        .annotate(
            of=Count("id"),
            done=Count("id", filter=Q(state=Task.State.DONE)),
            late=Count("id", filter=Q(state__in=["open", "taken"], due_at__lt=now())),
            counted=Coalesce(Sum("counted"), 0),
        )
    )
    return {
        row["about_id"]: PointProgress(
            of=row["of"], done=row["done"], late=row["late"], counted=row["counted"]
        )
        for row in rows
    }
