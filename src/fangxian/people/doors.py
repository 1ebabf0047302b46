"""Which dwelling a line of a list means: "新世纪社区, 3号楼, 2单元, 501"."""

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from fangxian.areas.actions import add_areas
from fangxian.areas.models import Area
from fangxian.areas.rules import NewArea, stem
from fangxian.kernel.access import Actor
from fangxian.people.rules import half_width

_SUFFIX = re.compile(
    r"(号楼|楼号|号院|单元|栋|幢|座|楼|号|室|户|房|门|层|#|building|block|unit|room|flat)+$",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"^(building|block|unit|entrance|room|flat|no\.?|#)\s*", re.IGNORECASE)
_CODE = re.compile(r"[0-9]{12}|[0-9]{15}")


class Lost(Enum):
    """Why no single dwelling is meant."""

    NO_COMMUNITY = "no_community"
    UNKNOWN_COMMUNITY = "unknown_community"
    SEVERAL_COMMUNITIES = "several_communities"
    NO_DOOR = "no_door"
    UNKNOWN_DOOR = "unknown_door"
    SEVERAL_DOORS = "several_doors"


def in_words(lost: Lost, community: str) -> str:
    return {
        Lost.NO_COMMUNITY: _("the community is missing"),
        Lost.UNKNOWN_COMMUNITY: _("there is no community “%(name)s” in your area"),
        Lost.SEVERAL_COMMUNITIES: _(
            "several communities are called “%(name)s”: give the 12-digit code instead"
        ),
        Lost.NO_DOOR: _("building or door is missing"),
        Lost.UNKNOWN_DOOR: _("there is no such door in the areas: correct it, or add the dwelling"),
        Lost.SEVERAL_DOORS: _("several doors fit: give the housing estate and the stairwell, too"),
    }[lost] % {"name": community}


@dataclass(frozen=True, slots=True)
class Door:
    id: UUID
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A dwelling as somebody wrote it. Parts that were left out are ""."""

    community: str = ""
    compound: str = ""
    building: str = ""
    unit: str = ""
    floor: str = ""
    door: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    compound: str
    building: str
    unit: str
    door: Door


@lru_cache(maxsize=10_000)
def plain(text: str) -> str:
    """ "３号楼", "03栋" and "Building 3" are all "3"."""
    bare = _PREFIX.sub("", half_width(text).lower().replace(" ", ""))
    bare = _SUFFIX.sub("", bare) or bare
    return bare.lstrip("0") or bare


class Doors:
    """The dwellings below one area, read community by community as they are asked for.

    add   whether dwellings that are missing may be added, as far as the actor may
    """

    def __init__(self, actor: Actor, area_path: str, *, add: bool = False) -> None:
        self._actor = actor
        self._add = add
        self._trees: dict[str, dict[tuple[str, str], list[_Known]]] = {}
        self._by_code: dict[str, Area] = {}
        self._by_name: dict[str, list[Area]] = defaultdict(list)
        self.added = 0
        communities = Area.objects.filter(level=Area.Level.COMMUNITY, ended_at=None)
        own = [a for a in communities if area_path.startswith(a.path)]
        mine = own or [a for a in communities if a.path.startswith(area_path)]
        for area in mine:
            self._by_code[area.code] = area
            for name in {area.name, stem(area.name)[0]}:
                self._by_name[name].append(area)
        # Whoever keeps one community need not name it.
        self._only = mine[0] if len(mine) == 1 else None

    def find(self, address: Address) -> Door | Lost:
        community = self._community(address.community)
        if isinstance(community, Lost):
            return community
        if not address.building or not address.door:
            return Lost.NO_DOOR
        tree = self._tree(community)
        key = (plain(address.building), plain(address.door))
        unit, compound = plain(address.unit), half_width(address.compound)
        fitting = [
            known
            for known in tree.get(key, [])
            if (not unit or known.unit == unit) and (not compound or known.compound == compound)
        ]
        if len(fitting) > 1:
            return Lost.SEVERAL_DOORS
        if fitting:
            return fitting[0].door
        if not self._add:
            return Lost.UNKNOWN_DOOR
        door = self._added(community, address)
        tree[key].append(_Known(compound, key[0], unit, door))
        return door

    def _community(self, said: str) -> Area | Lost:
        text = half_width(said).replace(" ", "")
        if not text:
            return self._only or Lost.NO_COMMUNITY
        if _CODE.fullmatch(text):
            return self._by_code.get(text[:12]) or Lost.UNKNOWN_COMMUNITY
        found = self._by_name.get(text) or self._by_name.get(stem(text)[0]) or []
        if len(found) > 1:
            return Lost.SEVERAL_COMMUNITIES
        return found[0] if found else Lost.UNKNOWN_COMMUNITY

    def _tree(self, community: Area) -> dict[tuple[str, str], list[_Known]]:
        if community.path not in self._trees:
            self._trees[community.path] = _dwellings(community.path)
        return self._trees[community.path]

    def _added(self, community: Area, address: Address) -> Door:
        """The dwelling, and whatever is missing above it, under the names that were written."""
        floor = address.floor or plain(address.door)[:-2] or "1"
        steps = [
            ("building", address.building, "号楼"),
            ("unit", address.unit or "1", "单元"),
            ("floor", floor, "层"),
            ("dwelling", address.door, ""),
        ]
        parent = community
        for level, written, suffix in steps:
            name = half_width(written)
            name = name + suffix if name.isdigit() else name
            below = Area.objects.filter(level=level, ended_at=None, path__startswith=parent.path)
            if level != "building":
                below = below.filter(parent=parent)
            known = next((a for a in below if plain(a.name) == plain(name)), None)
            if known is None:
                known = add_areas(self._actor, parent.id, [NewArea(level=level, name=name)])[0]
                self.added += level == "dwelling"
            parent = known
        return Door(parent.id, parent.path)


def _dwellings(path: str) -> dict[tuple[str, str], list[_Known]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.path, a.level, a.name, coalesce(c.name, '') FROM areas_area AS a"
            " LEFT JOIN areas_compound AS c ON c.id = a.compound_id"
            " WHERE a.path >= %s AND a.path < %s || '~' AND a.ended_at IS NULL"
            " AND a.level IN ('building', 'unit', 'dwelling') ORDER BY a.path",
            [path, path],
        )
        tree: dict[tuple[str, str], list[_Known]] = defaultdict(list)
        building, unit = ("", "", ""), ("", "")
        for one, where, level, name, compound in cursor.fetchall():
            # In the order of the tree, so what a dwelling stands in has just been read.
            if level == "building":
                building = (where, plain(name), compound)
            elif level == "unit":
                unit = (where, plain(name))
            elif building[0] and where.startswith(building[0]):
                stairs = unit[1] if unit[0] and where.startswith(unit[0]) else ""
                known = _Known(building[2], building[1], stairs, Door(one, where))
                tree[building[1], plain(name)].append(known)
        return tree
