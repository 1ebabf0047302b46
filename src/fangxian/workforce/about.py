"""What is known about a member, or somebody's home, that was looked up already."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from fangxian.areas.models import Area
from fangxian.areas.queries import area_of_level
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.vault import Secret
from fangxian.workforce.models import CheckIn, Member, Need, Sending, Service, Wanted


@dataclass(frozen=True, slots=True)
class Named:
    """A colleague as colleagues see them.

    post_words   what they are and for whom: “community cadre · 新世纪社区”
    duty_phone   "" if they have none; never their own
    """

    id: UUID
    name: str
    post_words: str
    duty_phone: str


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody has given in all. Days are counted once."""

    minutes: int
    days: int

    @property
    def hours(self) -> float:
        return round(self.minutes / 60, 1)


def plain(sealed: object) -> str:
    """A colleague's name in full; colleagues work under their names."""
    return sealed.reveal() if isinstance(sealed, Secret) else str(sealed or "")


def named_of(member: Member) -> Named:
    """Of a member whose unit was read with it."""
    kind = str(member.get_kind_display())
    words = f"{kind} · {member.unit.name}" if member.unit else kind
    return Named(member.id, plain(member.name), words, member.duty_phone)


def skills_of_one(member: Member, *, day: date) -> set[str]:
    rows = member.skills.filter(Q(valid_until=None) | Q(valid_until__gte=day))
    return set(rows.values_list("kind", flat=True))


def open_check_in(member: Member) -> CheckIn | None:
    return member.check_ins.filter(until=None).first()


def grid_of(area_path: str) -> str:
    """The grid of a home, or its community where there are no grids."""
    for level in (Area.Level.GRID, Area.Level.COMMUNITY):
        area = area_of_level(PLAYBOOK, area_path, level)
        if area is not None:
            return str(area.path)
    return area_path


def home_of(member: Member) -> str:
    """Where somebody lives, as exactly as is known."""
    return str(member.resident.area_path if member.resident else member.lives_at)


def with_gaps(rows: QuerySet[Need]) -> QuerySet[Need]:
    """Adds `sent` (on the way), `received`, `acknowledged` and `missing` to each."""
    state = Sending.State
    return rows.annotate(
        sent=Count("sendings", filter=Q(sendings__state=state.SENT)),
        received=Count(
            "sendings", filter=Q(sendings__state__in=[state.RECEIVED, state.ACKNOWLEDGED])
        ),
        acknowledged=Count("sendings", filter=Q(sendings__state=state.ACKNOWLEDGED)),
        not_come=Count("sendings", filter=Q(sendings__state=state.NOT_COME)),
    )


def claimed_by(member: Member) -> QuerySet[Wanted]:
    """What somebody has taken and not given back, that is not done."""
    return Wanted.objects.filter(
        claims__member=member,
        claims__given_back_at=None,
        state__in=[Wanted.State.OPEN, Wanted.State.TAKEN],
    ).order_by("-id")


def given_by(member: Member) -> Given:
    found = member.services.aggregate(minutes=Sum("minutes"), days=Count("day", distinct=True))
    return Given(found["minutes"] or 0, found["days"] or 0)


def services_of(member: Member) -> QuerySet[Service]:
    return member.services.order_by("-day", "-id")
