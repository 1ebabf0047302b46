"""Paths, names and the matching of two editions of the division table. Plain values only."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

LEVELS = (
    "province",
    "city",
    "district",
    "subdistrict",
    "community",
    "grid",
    "building",
    "unit",
    "floor",
    "dwelling",
)
DEPTH = {level: depth for depth, level in enumerate(LEVELS)}
DIGITS = {"province": 2, "city": 4, "district": 6, "subdistrict": 9, "community": 12, "grid": 15}
"""Digits of a division code without trailing zeros; a grid adds three to its community's."""

_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(high + low for high in _SIGNS for low in _SIGNS)


def step(number: int) -> str:
    """The step of a path that stands for an area's number: base 36."""
    if number < 0:
        raise ValueError("an area's number is not negative")
    signs = ""
    while number >= len(_PAIRS):
        number, pair = divmod(number, len(_PAIRS))
        signs = _PAIRS[pair] + signs
    return (_PAIRS[number] if number >= len(_SIGNS) else _SIGNS[number]) + signs


def path_below(parent_path: str, number: int) -> str:
    return f"{parent_path}{step(number)}/"


def numbers_on(path: str) -> list[int]:
    """The numbers of an area and its ancestors, the highest first."""
    return [int(one, len(_SIGNS)) for one in path.split("/") if one]


def paths_to(path: str) -> list[str]:
    """The paths of an area and its ancestors, the highest first."""
    steps = [one for one in path.split("/") if one]
    return ["/".join(steps[: end + 1]) + "/" for end in range(len(steps))]


def parent_path(path: str) -> str:
    return path[: path.rstrip("/").rfind("/") + 1]


def fits(level: str, parent_level: str | None) -> bool:
    """Whether an area of a level may stand directly in one of another level."""
    if parent_level is None:
        return level == "province"
    if level == "building":  # a building stands in a grid, or in a community without grids
        return parent_level in {"community", "grid"}
    return DEPTH[level] == DEPTH[parent_level] + 1


def is_code_of(code: str, level: str) -> bool:
    if level not in DIGITS:
        return code == ""
    return len(code) == DIGITS[level] and code.isascii() and code.isdigit()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArea:
    """An area to be added. `compound_id` is the housing estate of a building."""

    level: str
    name: str
    code: str = ""
    compound_id: UUID | None = None
    lat: float | None = None
    lon: float | None = None
    edition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """A site to be opened.

    capacity   tables of a sampling point, rooms of a quarantine site, tubes a day of a laboratory
    """

    kind: str
    name: str
    area_id: UUID
    lat: float | None = None
    lon: float | None = None
    capacity: int | None = None


class _Proposed(Protocol):
    """What `acceptable` needs to know of an edition's change."""

    id: UUID
    kind: str
    area_id: UUID | None
    candidates: list[UUID]


def acceptable(changes: Iterable[_Proposed]) -> list[UUID]:
    """The changes that may be accepted without looking at each: no ambiguous one, and no end of a
    place that an ambiguous one may mean."""
    changes = list(changes)
    doubted = {candidate for change in changes for candidate in change.candidates}
    return [
        change.id
        for change in changes
        if change.kind != "ambiguous" and change.area_id not in doubted
    ]


# Names


_FORMS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("community", re.compile(r"^(.+?)(?:社区)?(?:居民委员会|居委会|居民委会)$")),
    ("village", re.compile(r"^(.+?)村?(?:村民委员会|村委会|嘎查委员会|嘎查村委会)$")),
    ("community", re.compile(r"^(.+?)社区$")),
    ("village", re.compile(r"^(.+?)(?:村|嘎查)$")),
    ("street", re.compile(r"^(.+?)(?:街道办事处|街道办|街道|地区办事处|办事处|地区)$")),
    ("town", re.compile(r"^(.+?)(?:镇人民政府|镇)$")),
    ("township", re.compile(r"^(.+?)(?:乡人民政府|乡|苏木)$")),
)
_BRACKETS = re.compile(r"[()\[\]〔〕【】《》·.\-—\s]")


def stem(name: str) -> tuple[str, str]:
    """What stays the same when a place is written in another form, and its kind.

    朝阳社区居民委员会, 朝阳社区居委会 and 朝阳社区 are all ("朝阳", "community").
    """
    plain = _BRACKETS.sub("", unicodedata.normalize("NFKC", name))
    for kind, form in _FORMS:
        if found := form.match(plain):
            return found[1], kind
    return plain, ""


_SHORT = (
    (re.compile(r"社区(居民委员会|居委会)$"), "社区"),
    (re.compile(r"(?<!社区)(居民委员会|居委会)$"), "社区"),
    (re.compile(r"村?(村民委员会|村委会)$"), "村"),
    (re.compile(r"街道办事处$"), "街道"),
)


def short_name(name: str) -> str:
    """As people say it: 新世纪社区, not 新世纪社区居民委员会."""
    for form, short in _SHORT:
        if form.search(name):
            return form.sub(short, name)
    return name


# Two editions of the division table

Kind = Literal["renamed", "recoded", "moved", "ended", "new", "ambiguous"]
Why = Literal[
    "same_code",
    "same_name_here",
    "same_name_elsewhere",
    "several_of_this_name",
    "another_kind_of_committee",
    "not_listed",
    "listed_first",
]


@dataclass(frozen=True, slots=True)
class Place:
    """One row of a division table, or one area as we know it."""

    level: str
    code: str
    name: str
    parent_code: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What an edition says differently.

    known        the place as we know it; none if it is new or ambiguous
    listed       the row of the edition; none if the place is no longer listed
    candidates   places that an ambiguous row might be, at least one
    """

    kind: Kind
    why: Why
    known: Place | None = None
    listed: Place | None = None
    candidates: tuple[Place, ...] = ()


_Key = Callable[[Place], tuple[str, ...]]


def compare(known: Iterable[Place], listed: Iterable[Place]) -> list[Difference]:
    """How a later edition of one district differs from the tree, subdistricts first.

    Both hold the subdistricts and communities of the district, codes unique. Identity goes by code
    and name together, then by name under the same parent, then by name in the district, and by the
    code alone only for what is left: a district that hands out all its codes anew reuses old codes
    for other places, but hardly names. Whatever is known and not found again is reported as ended.
    """
    known, listed = list(known), list(listed)
    same: dict[str, str] = {}  # codes of matched parents, listed -> known
    differences: list[Difference] = []
    for level in ("subdistrict", "community"):
        pairing = _Pairing(
            [place for place in known if place.level == level],
            [place for place in listed if place.level == level],
            same,
        )
        same |= {new.code: old.code for old, new, _why in pairing.pairs}
        for old, new, why in pairing.pairs:
            moved = level == "community" and same.get(new.parent_code) != old.parent_code
            if kind := _kind(old, new, moved=moved):
                differences.append(Difference(kind, why, old, new))
        differences += [Difference("ambiguous", w, None, new, c) for new, c, w in pairing.doubts]
        differences += [Difference("new", "listed_first", None, new) for new in pairing.listed]
        differences += [Difference("ended", "not_listed", old) for old in pairing.known]
    return differences


def _kind(old: Place, new: Place, *, moved: bool) -> Kind | None:
    if moved:
        return "moved"
    if new.code != old.code:
        return "recoded"
    return "renamed" if new.name != old.name else None


class _Pairing:
    """The places of one level on both sides; what finds its other half leaves both lists.

    same   codes of parents already paired, listed -> known
    """

    def __init__(
        self, known: Iterable[Place], listed: Iterable[Place], same: Mapping[str, str]
    ) -> None:
        self.known, self.listed, self.same = dict.fromkeys(known), dict.fromkeys(listed), same
        self.by_code = {place.code: place for place in self.known}
        self.pairs: list[tuple[Place, Place, Why]] = []
        self.doubts: list[tuple[Place, tuple[Place, ...], Why]] = []
        self.doubted: set[Place] = set()

        self._by_code_and_name()
        self._by_name(
            lambda p: (p.parent_code, *stem(p.name)),
            lambda p: (self._home(p), *stem(p.name)),
            "same_name_here",
        )
        self._by_name(lambda p: stem(p.name), lambda p: stem(p.name), "same_name_elsewhere")
        self._doubt_namesakes()
        self._by_code()
        self._by_stem()

    def _home(self, place: Place) -> str:
        return self.same.get(place.parent_code, "?" + place.parent_code)

    def _take(self, old: Place, new: Place, why: Why) -> None:
        self.pairs.append((old, new, why))
        del self.known[old], self.listed[new]

    def _doubt(self, new: Place, candidates: Collection[Place], why: Why) -> None:
        self.doubts.append((new, tuple(candidates), why))
        self.doubted.update(candidates)
        del self.listed[new]

    def _by_code_and_name(self) -> None:
        for place in list(self.listed):
            twin = self.by_code.get(place.code)
            if twin and stem(twin.name) == stem(place.name):
                self._take(twin, place, "same_code")

    def _by_name(self, key: _Key, listed_key: _Key, why: Why) -> None:
        for old, new in _lone_pairs(self.known, self.listed, key, listed_key):
            self._take(old, new, why)

    def _doubt_namesakes(self) -> None:
        for place in list(self.listed):
            namesakes = [old for old in self.known if stem(old.name) == stem(place.name)]
            if namesakes:
                self._doubt(place, namesakes, "several_of_this_name")

    def _by_code(self) -> None:
        for place in list(self.listed):
            twin = self.by_code.get(place.code)
            if twin in self.known and twin not in self.doubted:
                self._take(twin, place, "same_code")

    def _by_stem(self) -> None:
        """Villages become communities, and townships towns: the name stays, the kind does not."""
        for place in list(self.listed):
            namesakes = [
                old
                for old in self.known
                if stem(old.name)[0] == stem(place.name)[0]
                and (old.level != "community" or old.parent_code == self._home(place))
            ]
            sure = len(namesakes) == 1 and place.level == "subdistrict"
            if sure and namesakes[0] not in self.doubted:
                self._take(namesakes[0], place, "same_name_elsewhere")
            elif namesakes:
                self._doubt(place, namesakes, "another_kind_of_committee")


def _lone_pairs(
    known: Iterable[Place], listed: Iterable[Place], key: _Key, listed_key: _Key
) -> list[tuple[Place, Place]]:
    """Pairs whose key occurs exactly once on either side."""
    ours: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    theirs: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    for place in known:
        ours[key(place)].append(place)
    for place in listed:
        theirs[listed_key(place)].append(place)
    return [
        (ours[at][0], theirs[at][0])
        for at in theirs
        if len(theirs[at]) == 1 and len(ours.get(at, ())) == 1
    ]
