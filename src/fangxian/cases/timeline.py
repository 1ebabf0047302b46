"""What the interview shows: stays and scans of a case in one line of time, and what clashes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fangxian.areas import queries as areas
from fangxian.areas.models import Area, Site
from fangxian.cases import rules
from fangxian.cases.models import Case, Companion, Stay, Visit
from fangxian.cases.queries import get_case, numbers_of_case, visits_of
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.errors import NotFound

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Something else that is said of the same time."""

    place: str
    begin: datetime
    end: datetime
    is_proven: bool
    in_another_town: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: a stay with the scans that say the same, or scans that nobody has spoken of yet.

    place      as it is named in the tree, or as it was said
    town       the subdistrict's path; "" where the place is not known
    certain    from when to when somebody was there for certain; None if that cannot be said
    evidence   the surest source of all that says it, as a `Visit.Source`
    """

    stay: Stay | None
    scans: tuple[Visit, ...]
    site: Site | None
    place: str
    town: str
    begin: datetime | None
    end: datetime | None
    certain: Span | None
    evidence: str
    clashes: tuple[Clash, ...] = field(default=())

    @property
    def is_proven(self) -> bool:
        return self.evidence == Visit.Source.ATTENDED or (
            self.stay is not None and self.stay.sure == Stay.Sure.SEEN
        )

    @property
    def at(self) -> datetime | None:
        return self.begin or self.end

    @property
    def is_searched(self) -> bool:
        """Whether a search for contacts looks at it."""
        return self.site is not None and (bool(self.scans) or self.certain is not None)


# Stays


def stays_visible_to(viewer: Actor, case: Case | UUID) -> QuerySet[Stay]:
    """The stays of one case, in the order of time."""
    found = case if isinstance(case, Case) else get_case(viewer, case)
    return found.stays.order_by("from_earliest", "id")


def get_stay(viewer: Actor, stay_id: UUID) -> Stay:
    found = Stay.objects.select_related("site", "case").filter(id=stay_id).first()
    if found is None or not viewer.sees(found.case.area_path):
        raise NotFound(_("stay"))
    get_case(viewer, found.case_id)
    return found


def get_companion(viewer: Actor, companion_id: UUID) -> Companion:
    found = Companion.objects.select_related("stay").filter(id=companion_id).first()
    if found is None:
        raise NotFound(_("companion"))
    get_stay(viewer, found.stay_id)
    return found


def certain(stay: Stay) -> Span | None:
    """From when to when the case was there whatever the words meant.

    Someone who came "about noon" was there for certain from 13:00 on; if nobody knows until when,
    only an exact time is certain, and then only that moment.
    """
    begin, end = stay.from_latest, stay.until_earliest
    if begin is None and end is not None and stay.until_latest == end:
        begin = end
    if end is None and begin is not None and stay.from_earliest == begin:
        end = begin
    return (begin, end) if begin and end and begin <= end else None


# The line of time


def timeline_of(viewer: Actor, case: Case | UUID) -> list[Entry]:
    """Everything known of where the case was, told or scanned; what has no time comes last.

    Scans are shown from the beginning of the window, or of the first stay before it.
    """
    case = case if isinstance(case, Case) else get_case(viewer, case)
    stays = list(
        case.stays.select_related("site")
        .prefetch_related("with_whom__contact")
        .order_by("from_earliest", "id")
    )
    entries = _entries(viewer, stays, _scans(viewer, case, stays))
    found = [replace(entry, clashes=tuple(_clashes(entry, entries))) for entry in entries]
    return sorted(found, key=lambda entry: (entry.at is None, entry.at or case.infectious_from))


def clashes_with(viewer: Actor, case: Case, stay: Stay) -> list[Clash]:
    """What is known of the same time as one stay, which need not be stored yet."""
    others = list(case.stays.exclude(id=stay.id).select_related("site"))
    entries = _entries(viewer, [stay, *others], _scans(viewer, case, [stay, *others]))
    own = next(entry for entry in entries if entry.stay is stay)
    return list(_clashes(own, entries))


def _scans(viewer: Actor, case: Case, stays: Sequence[Stay]) -> list[Visit]:
    told = [at for stay in stays for at in (stay.from_earliest, stay.until_earliest) if at]
    day = timedelta(days=1)
    since = min([case.infectious_from, *(at - day for at in told)])
    until = max([case.infectious_until, *(at + day for at in told)])
    visits = visits_of(viewer, numbers_of_case(viewer, case), since, until)
    own = {(stay.visit, Visit.Source.INTERVIEW) for stay in stays}
    return [visit for visit in visits if (visit.id, visit.source) not in own]


def _entries(viewer: Actor, stays: Sequence[Stay], scans: Sequence[Visit]) -> list[Entry]:
    sites = {site.number: site for site in Site.objects.filter(number__in={v.place for v in scans})}
    towns = _towns([*sites.values(), *(stay.site for stay in stays if stay.site)])
    left = list(scans)
    entries = []
    for stay in stays:
        same = [scan for scan in left if _says_the_same(stay, scan)]
        left = [scan for scan in left if scan not in same]
        entries.append(_told(stay, same, towns))
    return entries + [
        _scanned(scan, sites[scan.place], towns) for scan in left if scan.place in sites
    ]


def _told(stay: Stay, scans: Sequence[Visit], towns: dict[str, str]) -> Entry:
    known = [scan.source for scan in scans] + [stay.source]
    surest = max(known, key=lambda source: rules.EVIDENCE[source])
    return Entry(
        stay=stay,
        scans=tuple(scans),
        site=stay.site,
        place=stay.site.name if stay.site else stay.place_said,
        town=towns.get(stay.site.area_path, "") if stay.site else "",
        begin=stay.from_earliest or stay.from_latest,
        end=stay.until_earliest or stay.until_latest,
        certain=certain(stay),
        evidence=surest,
    )


def _scanned(scan: Visit, site: Site, towns: dict[str, str]) -> Entry:
    return Entry(
        stay=None,
        scans=(scan,),
        site=site,
        place=site.name,
        town=towns.get(site.area_path, ""),
        begin=scan.start_at,
        end=scan.end_at,
        certain=(scan.start_at, scan.end_at),
        evidence=scan.source,
    )


def _says_the_same(stay: Stay, scan: Visit) -> bool:
    """A scan at the place of a stay, in the time that the stay can mean."""
    if stay.site is None or stay.site.number != scan.place:
        return False
    if stay.from_earliest is None and stay.until_latest is None:
        return False
    begins = stay.from_earliest is None or stay.from_earliest <= scan.end_at
    ends = stay.until_latest or stay.from_latest
    return begins and (ends is None or scan.start_at <= ends)


def _clashes(own: Entry, entries: Iterable[Entry]) -> Iterable[Clash]:
    """What is certain of the same time at another place. Scans clash with what is told only."""
    for other in entries:
        if other is own or other.certain is None or own.certain is None:
            continue
        if own.stay is None and other.stay is None:
            continue
        same_place = own.site == other.site if own.site and other.site else own.place == other.place
        begin = max(own.certain[0], other.certain[0])
        end = min(own.certain[1], other.certain[1])
        if not same_place and begin < end:
            yield Clash(
                place=other.place,
                begin=begin,
                end=end,
                is_proven=other.is_proven,
                in_another_town=bool(own.town and other.town and own.town != other.town),
            )


def _towns(sites: Iterable[Site]) -> dict[str, str]:
    """The subdistrict above each path. Names of places are public, so nothing is hidden."""
    paths = {site.area_path for site in sites}
    if not paths:
        return {}
    level = Area.Level.SUBDISTRICT
    above = list(areas.areas_of_level(PLAYBOOK, level).values_list("path", flat=True))
    return {path: next((town for town in above if path.startswith(town)), "") for path in paths}
