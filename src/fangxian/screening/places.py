"""Where a place as it was said is, and whether it was one of risk on those days."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from fangxian.areas.models import Area, Compound, Site
from fangxian.areas.rules import paths_to, stem
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.measures.queries import RiskHit, risk_inside, risk_of
from fangxian.protocol.queries import in_force
from fangxian.screening import rules
from fangxian.screening.models import Campaign, RiskElsewhere
from fangxian.screening.rules import Stay

_ELSEWHERE = re.compile(r"[一-鿿]{2,6}?(?:省|(?<![超城菜夜门])市)")
_SHORTEST = 3  # signs; shorter names occur within others


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a stay compares with the risk history; the fields of a `Trip` of the same names."""

    risk: str = "none"
    level: str = ""
    rank: int = 0
    subject: str = ""
    left_on: date | None = None
    risk_id: UUID | None = None


_NOTHING = Match()


class Places:
    """The places and the risk history that one campaign compares with; each is read once."""

    def __init__(self, campaign: Campaign) -> None:
        self._pack = in_force(now(), campaign.area_path)
        self._since = campaign.since
        self._within = campaign.area_path
        self._where: dict[str, tuple[str, ...]] = {}
        self._matches: dict[tuple[str, date, date], Match] = {}

    def path_of(self, said: str) -> str:
        """The smallest area of ours that holds the place; "" if it is elsewhere or unknown."""
        paths = self._paths(said)
        if len(paths) < 2:  # noqa: PLR2004
            return paths[0] if paths else ""
        common = ""
        for steps in zip(*(path.split("/")[:-1] for path in paths), strict=False):
            if len(set(steps)) > 1:
                break
            common += f"{steps[0]}/"
        return common

    def match(self, stay: Stay) -> Match:
        key = (stay.place, stay.from_day, stay.until_day)
        if key not in self._matches:
            self._matches[key] = self._match(*key)
        return self._matches[key]

    def _match(self, said: str, first: date, last: date) -> Match:
        if last < self._since:
            return _NOTHING
        first = max(first, self._since)
        paths = self._paths(said)
        found, unclear = (
            self._here(paths, first, last) if paths else self._elsewhere_at(said, first, last)
        )
        if found:
            return max(found, key=lambda hit: (hit.rank, hit.left_on or first))
        return Match(risk="unclear") if unclear else _NOTHING

    # In our district

    def _here(self, paths: tuple[str, ...], first: date, last: date) -> tuple[list[Match], bool]:
        asked = [(path, first, last) for path in paths]
        hits = self._counting(risk_of(PLAYBOOK, asked))
        covered = {hit.place for hit in hits}
        if len(covered) == len(paths):
            return [self._hit(hit.level, hit.until, hit.risk_area_id) for hit in hits], False
        return [], bool(covered or self._counting(risk_inside(PLAYBOOK, asked)))

    def _counting(self, hits: list[RiskHit]) -> list[RiskHit]:
        """Without the rest of the district: whoever was there is still inside it."""
        return [
            hit
            for hit in hits
            if (zone := self._pack.zone(hit.level)) and zone.unit != "district" and zone.leaver
        ]

    def _paths(self, said: str) -> tuple[str, ...]:
        plain = rules.plain_place(said)
        if plain not in self._where:
            self._where[plain] = self._look_up(plain)
        return self._where[plain]

    def _look_up(self, plain: str) -> tuple[str, ...]:
        """The most exact of our places that the text names: a house of an estate, an estate, …"""
        if self._names_another_town(plain):
            return ()
        for names in (self._estates, self._sites, self._areas):
            best = max((name for name in names if name in plain), key=len, default="")
            if best:
                return self._narrowed(plain, names[best]) if names is self._estates else names[best]
        return ()

    def _names_another_town(self, plain: str) -> bool:
        if any(rules.lies_in(plain, one.words[:1]) for one in self._published):
            return True
        return any(not any(town in ours for ours in self._around) for town in _towns(plain))

    @cached_property
    def _around(self) -> list[str]:
        """Our district and what it lies in, each with its full name."""
        above = Area.objects.filter(path__in=paths_to(self._within))
        return [rules.plain_place(area.name) for area in above] or [""]

    @cached_property
    def _areas(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, set[str]] = defaultdict(set)
        levels = [Area.Level.COMMUNITY, Area.Level.SUBDISTRICT]
        for area in Area.objects.filter(level__in=levels, ended_at=None):
            for name in {area.name, stem(area.name)[0]}:
                names[rules.plain_place(name)].add(area.path)
        return {name: tuple(paths) for name, paths in names.items() if _tells(name, paths)}

    @cached_property
    def _estates(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, set[UUID]] = defaultdict(set)
        for estate in Compound.objects.all():
            names[rules.plain_place(estate.name)].add(estate.id)
        buildings: dict[UUID, list[str]] = defaultdict(list)
        for estate_id, path in Area.objects.filter(
            compound__isnull=False, ended_at=None
        ).values_list("compound_id", "path"):
            if estate_id:
                buildings[estate_id].append(path)
        return {
            name: tuple(sorted(buildings[one]))
            for name, [one, *more] in ((name, list(ids)) for name, ids in names.items())
            if not more and buildings[one] and len(name) >= _SHORTEST
        }

    def _narrowed(self, plain: str, buildings: tuple[str, ...]) -> tuple[str, ...]:
        """The building that the text names by its number, or all of them."""
        for path, name in Area.objects.filter(path__in=buildings).values_list("path", "name"):
            if re.search(rf"(?<![0-9]){re.escape(rules.plain_place(name))}", plain):
                return (path,)
        return buildings

    @cached_property
    def _sites(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, set[str]] = defaultdict(set)
        for name, path in Site.objects.filter(closed_at=None).values_list("name", "area_path"):
            names[rules.plain_place(name)].add(path)
        return {
            name: tuple(paths)
            for name, paths in names.items()
            if len(paths) == 1 and len(name) >= _SHORTEST
        }

    # Elsewhere

    @cached_property
    def _published(self) -> "list[_Published]":
        return [_Published(one, rules.words_of(one.place)) for one in RiskElsewhere.objects.all()]

    def _elsewhere_at(self, said: str, first: date, last: date) -> tuple[list[Match], bool]:
        found, unclear = [], False
        for one in self._published:
            days = rules.overlap((first, last), (one.risk.from_day, one.risk.until_day))
            zone = self._pack.zone(one.risk.level)
            if days is None or zone is None or zone.leaver is None:
                continue
            if rules.lies_in(said, one.words):
                found.append(self._hit(one.risk.level, days[1], one.risk.id))
            elif rules.is_wider(said, one.words):
                unclear = True
        return found, unclear

    def _hit(self, level: str, left_on: date, risk_id: UUID) -> Match:
        zone = self._pack.zone(level)
        return Match(
            risk="risk",
            level=level,
            rank=zone.rank if zone else 0,
            subject=(zone.leaver if zone else None) or "",
            left_on=left_on,
            risk_id=risk_id,
        )


@dataclass(frozen=True, slots=True)
class _Published:
    risk: RiskElsewhere
    words: list[str]


def _towns(plain: str) -> Iterator[str]:
    for found in _ELSEWHERE.finditer(plain):
        yield found.group()


def _tells(name: str, paths: set[str]) -> bool:
    return len(paths) == 1 and len(name) >= _SHORTEST
