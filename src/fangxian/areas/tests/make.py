from uuid import UUID

from fangxian.areas.actions import add_areas, import_edition
from fangxian.areas.editions import RefusedRow, Table
from fangxian.areas.models import Area
from fangxian.areas.rules import NewArea, Place
from fangxian.kernel.access import Actor, Duty

PLANNER_HE = Actor(
    id=UUID("00000000-0000-7000-8000-0000000000a1"),
    within="",
    duties=frozenset({Duty.MANAGE_AREAS}),
    name="何",
)


def officer(within: str, *duties: Duty) -> Actor:
    return Actor(
        id=UUID("00000000-0000-7000-8000-0000000000a2"),
        within=within,
        duties=frozenset(duties or {Duty.MANAGE_AREAS}),
        name="邓",
    )


def table(*rows: tuple[str, str], refused: tuple[RefusedRow, ...] = ()) -> Table:
    """A division table from codes and names, below 青海省 西宁市."""
    digits = {2: ("province", 0), 4: ("city", 2), 6: ("district", 4)} | {
        9: ("subdistrict", 6),
        12: ("community", 9),
    }
    above = (("63", "青海省"), ("6301", "西宁市"))
    return Table(
        tuple(
            Place(digits[len(code)][0], code, name, code[: digits[len(code)][1]])
            for code, name in (*above, *rows)
        ),
        refused,
    )


def district() -> Area:
    """城北区 with two subdistricts of two communities each, and one village."""
    root, _added, _changes = import_edition(
        PLANNER_HE,
        table(
            ("630105", "城北区"),
            ("630105001", "朝阳街道办事处"),
            ("630105002", "小桥大街街道办事处"),
            ("630105001001", "朝阳社区居民委员会"),
            ("630105001002", "山川社区居民委员会"),
            ("630105001200", "北园村委会"),
            ("630105002001", "建设巷社区居民委员会"),
            ("630105002002", "新世纪社区居民委员会"),
        ),
        district="630105",
        edition=2016,
    )
    return root


def area(code: str) -> Area:
    return Area.objects.get(code=code, ended_at=None)


def below(parent: Area, level: str, *names: str) -> list[Area]:
    return add_areas(PLANNER_HE, parent.id, [NewArea(level=level, name=name) for name in names])


def dwelling(community: Area) -> Area:
    """A grid, a building, a stairwell, a floor and one door in a community."""
    place = community
    for level, name in (
        ("grid", "第一网格"),
        ("building", "3号楼"),
        ("unit", "2单元"),
        ("floor", "5层"),
        ("dwelling", "501室"),
    ):
        [place] = below(place, level, name)
    return place
