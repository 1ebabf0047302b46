"""The force of the day as it was published: who came, where they stand, who answers for what.

2,900 people of four kinds, 81 teams, 5 temporary branches, 380 posts, 380 responsibility areas, and
85 leads for 86 sampling points: one point has none, and the gap is shown. 360 medics came from
elsewhere, 24 more than there are tables. Names are drawn by lot.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import time
from itertools import cycle
from uuid import UUID

from fangxian.areas.models import Area, Site
from fangxian.areas.queries import area_at, area_of_level, areas_of_level, sites_of_kind
from fangxian.exercise.cast import BUILDER, PARTS
from fangxian.exercise.scene import DAY, ZONE, Scene
from fangxian.kernel.ids import new_id
from fangxian.people.queries import residents_in
from fangxian.responsibility.actions import NewResponsibility, entrust_many
from fangxian.rosters.actions import (
    Filling,
    NewNeed,
    NewPost,
    call_the_roll,
    fill_shifts,
    open_posts,
    open_shifts,
)
from fangxian.rosters.queries import shifts_between
from fangxian.workforce.actions import (
    NewMember,
    NewOrganisation,
    add_members,
    begin_liaison,
    found_organisations,
    set_state,
)

PEOPLE, OF_THE_PARTY, MEDICS = 2900, 1600, 360
SQUADS, TEAMS, BRANCHES = 40, 41, 5
POSTS, AREAS = 380, 380
OFFICIALS, SECRETARIES = 51, 34  # who lead sampling points
AT_HOME = 30  # in their flats when offices closed; offered to the grid they live in
SORTING = 13  # large supermarkets
LINES, AT_A_ROOM = 72, 9  # of the hotline
KINDS = ("secondee", "volunteer", "cadre", "volunteer", "secondee", "militia")
MORNING, AFTERNOON, NIGHT = (time(6), time(14)), (time(14), time(22)), (time(22), time(6))
GROUPS = (
    "办公室", "综合协调组", "流调溯源组", "社区管控组", "核酸检测组", "隔离转运组", "医疗救治组",
    "物资保障组", "交通检疫组", "宣传舆情组", "社会稳定组", "督导检查组",
)  # fmt: skip
UNITS = (
    "发展和改革局", "教育局", "工业和信息化局", "民政局", "司法局", "财政局", "自然资源局",
    "人力资源局", "住房和城乡建设局", "农业农村局", "商务局", "文化旅游局", "卫生健康局", "审计局",
    "市场监督管理局", "统计局", "信访局", "税务局", "城市管理局", "退役军人事务局",
)  # fmt: skip
SURNAMES = "马王李张韩刘陈杨赵祁祝星吴孙周徐朱胡郭何"
GIVEN = "建国玉梅海峰志强晓兰文静德明秀英生福永红春花成林雪莲世平庆丽娟占才卓玛"


@dataclass(slots=True)
class Force:
    """What is entered in one go, once it is all known.

    turns   who has the shift of a post that starts at an hour
    """

    names: Iterator[str]
    units: Iterator[UUID]
    teams: Iterator[UUID]
    members: list[NewMember] = field(default_factory=list)
    posts: list[NewPost] = field(default_factory=list)
    answers: list[NewResponsibility] = field(default_factory=list)
    turns: dict[tuple[UUID, time], list[UUID]] = field(default_factory=dict)

    def add(self, kind: str, area_path: str, *skills: str) -> UUID:
        """Somebody of this kind, with a name and a number to call."""
        serial, member_id = len(self.members), new_id()
        member = NewMember(
            id=member_id,
            kind=kind,
            name=next(self.names),
            area_path=area_path,
            phone=f"199{serial:08d}",
            duty_phone=f"0971-55{serial:05d}" if kind in {"cadre", "official"} else "",
            unit_id=next(self.units) if kind in {"secondee", "official"} else None,
            unit_elsewhere="支援医疗队" if kind == "medic" else "",
            party_member=kind != "medic" and serial < OF_THE_PARTY,
            teams=(next(self.teams),) if kind in {"secondee", "volunteer", "militia"} else (),
            skills=skills,
        )
        self.members.append(member)
        return member_id

    def man(
        self,
        kind: str,
        name: str,
        place: Site | Area,
        *hours: tuple[time, time],
        people: int,
        skill: str = "",
    ) -> None:
        """A post with so many people in each of its shifts, every one with a name."""
        post_id, path = new_id(), place.area_path if isinstance(place, Site) else place.path
        self.posts.append(
            NewPost(
                id=post_id,
                kind=kind,
                name=name,
                area_path=path,
                site_id=place.id if isinstance(place, Site) else None,
                needs=[
                    NewNeed(starts=start, ends=end, headcount=people, skill=skill, from_day=DAY)
                    for start, end in hours
                ],
            )
        )
        kinds = cycle(["medic"] if skill == "sampling" else KINDS)
        skills = (skill,) if skill else ()
        for start, _end in hours:
            self.turns[post_id, start] = [
                self.add(next(kinds), path, *skills) for _ in range(people)
            ]


def mobilise(scene: Scene) -> None:
    """Everybody is entered, belongs somewhere, and has a post or an area or is in reserve."""
    units, teams = _organise(scene)
    scene.units, scene.team = units, teams[-1]
    force = Force(names=_names(scene), units=cycle(units), teams=cycle(teams))
    _the_cast(scene, force)
    _answer_for_places(scene, force)
    _lead_points(scene, force)
    _man_posts(scene, force)
    have = Counter(one.kind == "medic" for one in force.members)
    leads = OFFICIALS + SECRETARIES
    for kind, _ in zip(cycle(KINDS), range(PEOPLE + leads - have[False]), strict=False):
        force.add(kind, scene.subdistrict)
    for _ in range(MEDICS - have[True]):
        force.add("medic", scene.district, "sampling", "medicine")
    add_members(BUILDER, force.members)
    open_posts(BUILDER, force.posts)
    entrust_many(BUILDER, force.answers)
    _stay_at_home(scene)
    scene.turns, scene.posts = force.turns, force.posts


def go_on_duty(scene: Scene) -> None:
    """The shifts of the day, each with its people."""
    open_shifts(BUILDER, from_day=DAY, until_day=DAY, area_path=scene.district)
    rows = [
        Filling(shift.id, member)
        for shift in shifts_between(BUILDER, DAY, DAY, area_path=scene.district)
        for member in scene.turns.get((shift.post_id, shift.starts_at.astimezone(ZONE).time()), [])
    ]
    filled = fill_shifts(BUILDER, rows)
    if filled.refused:
        raise ValueError(filled.refused[0].refusal.message)


def be_there(scene: Scene) -> None:
    """Whoever has the shift that begins is there; one at the first gate is not."""
    gate = next(post.id for post in scene.posts if post.kind == "gate")
    at_the_gate = [
        member
        for (post_id, _start), members in scene.turns.items()
        if post_id == gate
        for member in members[:1]
    ]
    call_the_roll(BUILDER, scene.district, missing=at_the_gate)


def _organise(scene: Scene) -> tuple[list[UUID], list[UUID]]:
    """The command post with its groups, offices, committees, units and teams."""
    top = new_id()
    new = [
        NewOrganisation(
            id=top, kind="command_post", name="疫情防控指挥部", area_path=scene.district
        )
    ]
    new += [
        NewOrganisation(kind="working_group", name=name, area_path=scene.district, parent_id=top)
        for name in GROUPS
    ]
    for street in areas_of_level(BUILDER, "subdistrict", below=scene.district):
        office = new_id()
        new.append(
            NewOrganisation(
                id=office,
                kind="government",
                name=f"{street.name}办事处",
                area_path=street.path,
                parent_id=top,
            )
        )
        new += [
            NewOrganisation(
                kind="committee",
                name=f"{community.name}居民委员会",
                area_path=community.path,
                parent_id=office,
            )
            for community in areas_of_level(BUILDER, "community", below=street.path)
        ]
    units = [
        NewOrganisation(id=new_id(), kind="unit", name=name, area_path=scene.district)
        for name in UNITS
    ]
    teams = [
        NewOrganisation(id=new_id(), kind=kind, name=f"第{number}{words}", area_path=scene.district)
        for kind, words, count in (("squad", "党员突击队", SQUADS), ("team", "志愿服务队", TEAMS))
        for number in range(1, count + 1)
    ]
    sites = [
        *sites_of_kind(BUILDER, "quarantine_site", below=scene.district),
        *sites_of_kind(BUILDER, "sampling_point", below=scene.district),
    ][:BRANCHES]
    branches = [
        NewOrganisation(
            kind="temporary_branch",
            name=f"{site.name}临时党支部",
            area_path=site.area_path,
            site_id=site.id,
        )
        for site in sites
    ]
    found_organisations(BUILDER, [*new, *units, *teams, *branches])
    places = areas_of_level(BUILDER, "community", below=scene.district)
    for unit, place in zip(units, places, strict=False):
        begin_liaison(BUILDER, area_path=place.path, organisation_id=unit.id)
    return [unit.id for unit in units if unit.id], [team.id for team in teams if team.id]


def _names(scene: Scene) -> Iterator[str]:
    while True:
        yield scene.dice.choice(SURNAMES) + "".join(scene.dice.sample(GIVEN, 2))


def _the_cast(scene: Scene, force: Force) -> None:
    """Those who sign in are people at work, too."""
    kinds = {"wang": "grid_worker", "lu": "volunteer", "li": "medic", "ma": "medic"}
    for part in PARTS:
        actor = scene.actors[part.username]
        member = NewMember(
            id=new_id(),
            kind=kinds.get(part.username, "official"),
            name=part.name,
            area_path=actor.within,
            duty_phone=f"0971-5500{len(force.members):03d}",
            account_id=actor.id,
            teams=(scene.team,) if part.username == "lu" and scene.team else (),
        )
        force.members.append(member)
        if part.username == "wang" and member.id is not None:
            grid = NewResponsibility(role="grid", area_path=scene.grid, member_id=member.id)
            force.answers.append(grid)


def _answer_for_places(scene: Scene, force: Force) -> None:
    """A secretary for each community, a head for each grid, and every building in one of 380
    responsibility areas."""
    for level, role in (("community", "branch"), ("grid", "grid")):
        for place in areas_of_level(BUILDER, level, below=scene.district):
            if place.path != scene.grid:
                _entrust(force, role, [place], force.add("cadre", place.path))
    buildings = list(areas_of_level(BUILDER, "building", below=scene.district).order_by("path"))
    areas = min(AREAS, len(buildings))
    for number in range(areas):
        part = buildings[len(buildings) * number // areas : len(buildings) * (number + 1) // areas]
        _entrust(force, "group", part, force.add(KINDS[number % 2], part[0].path))
    stairs = areas_of_level(BUILDER, "unit", below=_building_of(scene))
    for stairwell in stairs:
        _entrust(force, "stairwell", [stairwell], force.add("volunteer", stairwell.path))


def _entrust(force: Force, role: str, places: Sequence[Area], member_id: UUID) -> None:
    force.answers += [
        NewResponsibility(role=role, area_path=place.path, member_id=member_id) for place in places
    ]


def _building_of(scene: Scene) -> str:
    building = area_of_level(BUILDER, scene.stairwell, "building")
    return building.path if building else scene.stairwell


def _lead_points(scene: Scene, force: Force) -> None:
    """One lead more is needed than there is: the last point shows it."""
    points = list(sites_of_kind(BUILDER, "sampling_point", below=scene.district))
    leads = ["official"] * OFFICIALS + ["cadre"] * SECRETARIES
    for place, point in enumerate(points):
        holder = force.add(leads[place], point.area_path) if place < len(leads) else None
        force.posts.append(
            NewPost(
                kind="point_lead",
                name=f"{point.name}负责人",
                area_path=point.area_path,
                site_id=point.id,
                holder=holder,
            )
        )


def _man_posts(scene: Scene, force: Force) -> None:
    """380 posts: at points, gates and quarantine sites, at the telephones, where parcels are
    sorted; the others before buildings."""
    long = (MORNING, AFTERNOON)
    for point in sites_of_kind(BUILDER, "sampling_point", below=scene.district):
        tables = point.capacity or 1
        force.man("sampler", f"{point.name}采样岗", point, MORNING, people=tables, skill="sampling")
        force.man(
            "registrar", f"{point.name}登记岗", point, *long, people=tables, skill="registration"
        )
        force.man("marshal", f"{point.name}秩序维护岗", point, *long, people=1)
    for kind, site_kind, people in (
        ("gate", "checkpoint", 2),
        ("quarantine", "quarantine_site", 4),
    ):
        for site in sites_of_kind(BUILDER, site_kind, below=scene.district):
            force.man(kind, f"{site.name}值守岗", site, *long, NIGHT, people=people)
    district = area_at(BUILDER, scene.district)
    for room in range(1, LINES // AT_A_ROOM + 1):
        name = f"热线{room}室"
        force.man("hotline", name, district, *long, people=AT_A_ROOM, skill="hotline")
    for shop in range(1, SORTING + 1):
        force.man("sorting", f"第{shop}分拣点", district, MORNING, people=4)
    left = max(POSTS - sum(post.kind != "point_lead" for post in force.posts), 0)
    for building in areas_of_level(BUILDER, "building", below=scene.district)[:left]:
        force.man("building", f"{building.name}门岗", building, *long, people=1)


def _stay_at_home(scene: Scene) -> None:
    """Members of the Party who cannot leave their building are offered to the grid around it."""
    home = residents_in(BUILDER, scene.community).filter(birth_date__year__range=(1965, 1995))
    neighbours = list(home.exclude(id__in=scene.members).order_by("id")[:AT_HOME])
    made = add_members(
        BUILDER,
        [
            NewMember(
                kind="official",
                name=one.name.reveal(),
                area_path=scene.community,
                lives_at=one.area_path,
                resident_id=one.id,
                party_member=True,
            )
            for one in neighbours
        ],
    )
    for one in made:
        set_state(BUILDER, one.id, "locked_in")
