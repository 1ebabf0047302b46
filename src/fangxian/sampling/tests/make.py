"""Ordinary tubes for tests. Each maker gives the most ordinary one; say only what is unusual.

The place is community 1/2/3/4/5/ under cn-v9 since a week ago.
"""

from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from fangxian.areas.models import Area, Site
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import code, new_id
from fangxian.people.models import Resident
from fangxian.people.rules import PersonRef
from fangxian.protocol.actions import adopt_pack
from fangxian.sampling.actions import add_swab, call_for_tests, open_round, open_tube, seal_tube
from fangxian.sampling.models import Round, TestCall, Tube
from fangxian.sampling.rules import Call, SealedTube, SwabRow

COMMUNITY = "1/2/3/4/5/"
NEXT_COMMUNITY = "1/2/3/4/6/"
DISTRICT = "1/2/3/"

_serial = count(1)


def _actor(name: str, *duties: Duty, within: str = DISTRICT) -> Actor:
    return Actor(id=new_id(), within=within, duties=frozenset(duties), name=name)


SAMPLER_WANG = _actor("王", Duty.COLLECT_SAMPLES, within=COMMUNITY)
LAB_CLERK_LI = _actor("李", Duty.ENTER_RESULTS)
INVESTIGATOR_ZHAO = _actor("赵", Duty.INVESTIGATE)
PLANNER_SUN = _actor("孙", Duty.PLAN_ROUNDS)
GUARD_QIAN = _actor("钱", Duty.CARRY_OUT, within=COMMUNITY)
SAMPLER_NEXT_DOOR = _actor("周", Duty.COLLECT_SAMPLES, within=NEXT_COMMUNITY)


def rules_in_force(pack: str = "cn-v9", *, days: int = 7) -> None:
    adopt_pack(
        PLAYBOOK,
        pack,
        area_path=DISTRICT,
        from_at=now() - timedelta(days=days),
        reason="outbreak of 2 September",
    )


def resident(*, area_path: str = COMMUNITY) -> Resident:
    return residents(1, area_path=area_path)[0]


def residents(number: int, *, area_path: str = COMMUNITY) -> list[Resident]:
    return Resident.objects.bulk_create(
        Resident(number=next(_serial), name="王建国", name_index=bytes(16), area_path=area_path)
        for _ in range(number)
    )


def places() -> None:
    """District 1/2/3/ with one subdistrict of two communities, and what lies around it."""
    parent = None
    path = ""
    for level, number, name in (
        ("province", 1, "青海省"),
        ("city", 2, "西宁市"),
        ("district", 3, "城北区"),
        ("subdistrict", 4, "朝阳街道"),
    ):
        path += f"{number}/"
        parent = Area.objects.create(
            number=number, level=level, name=name, path=path, parent=parent
        )
    for number, name in ((5, "朝阳社区"), (6, "山川社区")):
        Area.objects.create(
            number=number, level="community", name=name, path=f"{path}{number}/", parent=parent
        )


def laboratory() -> Site:
    if not Area.objects.filter(path=DISTRICT).exists():
        places()
    number = next(_serial)
    return Site.objects.create(
        number=number,
        kind=Site.Kind.LABORATORY,
        name=f"检验所{number}",
        area=Area.objects.get(path=DISTRICT),
        area_path=DISTRICT,
    )


def sampling_point(
    name: str = "广场", *, tables: int = 1, lat: float = 36.7, area_path: str = COMMUNITY
) -> Site:
    return Site.objects.create(
        number=next(_serial),
        kind=Site.Kind.SAMPLING_POINT,
        name=name,
        area=Area.objects.get(path=area_path),
        area_path=area_path,
        lat=lat,
        lon=101.75,
        capacity=tables,
    )


def empty_tube(*, area_path: str = COMMUNITY, purpose: str = "round") -> Tube:
    return open_tube(PLAYBOOK, area_path=area_path, purpose=purpose)


def filled_tube(
    *, swabs: int = 10, purpose: str = "round", people: list[Resident] | None = None
) -> Tube:
    """A tube taken three hours ago that still stands open on the table."""
    tube = empty_tube(purpose=purpose)
    for person in people or residents(swabs):
        add_swab(PLAYBOOK, tube.id, person.id, taken_at=now() - timedelta(hours=3))
    tube.refresh_from_db()
    return tube


def tube(*, swabs: int = 3, purpose: str = "round", people: list[Resident] | None = None) -> Tube:
    """A pool of three, sealed two hours ago, waiting at the laboratory."""
    filled = filled_tube(swabs=swabs, purpose=purpose, people=people)
    return seal_tube(PLAYBOOK, filled.id, sealed_at=now() - timedelta(hours=2))


def call(
    person: Resident,
    *,
    reason: str = "retest",
    about_id: UUID | None = None,
    day: int | None = None,
    due_at: datetime | None = None,
    group: str = "key_person",
) -> TestCall:
    """A retest that somebody owes within six hours."""
    wanted = Call(
        resident_id=person.id,
        area_path=person.area_path,
        reason=reason,  # type: ignore[arg-type]
        about_id=about_id or new_id(),
        day=day,
        due_at=due_at or now() + timedelta(hours=6),
        group=group,
    )
    return call_for_tests(PLAYBOOK, [wanted])[0]


def round_of_testing(*, people: int = 100, begun: bool = True) -> Round:
    round_ = Round.objects.create(
        name="9月2日第一轮",
        area_path=DISTRICT,
        pack="cn-v9@1",
        people=people,
        starts_at=now() - timedelta(hours=4),
        deadline=now() + timedelta(hours=20),
    )
    return open_round(PLANNER_SUN, round_.id) if begun else round_


def sealed_row(*people: Resident, area_path: str = COMMUNITY, **unusual: object) -> SealedTube:
    """A tube in a batch from a point, sealed an hour ago."""
    known: dict[str, object] = {
        "id": new_id(),
        "area_path": area_path,
        "members": [(person.id, now() - timedelta(hours=2)) for person in people],
        "sealed_at": now() - timedelta(hours=1),
    }
    return SealedTube(**{**known, **unusual})  # type: ignore[arg-type]


def label(kind: str = "T") -> str:
    """The code of a label printed beforehand."""
    return code(kind, 600_000_000 + next(_serial))


def swab_row(tube: Tube | UUID, person: Resident | PersonRef, **unusual: object) -> SwabRow:
    """A swab as a desk tells it, taken a minute ago."""
    known: dict[str, object] = {
        "id": new_id(),
        "by": SAMPLER_WANG,
        "tube_id": tube.id if isinstance(tube, Tube) else tube,
        "person": person if isinstance(person, PersonRef) else PersonRef(resident=person.id),
        "taken_at": now() - timedelta(minutes=1),
    }
    return SwabRow(**{**known, **unusual})  # type: ignore[arg-type]


def desk_tube(site: Site, *, table: int = 1, **unusual: object) -> Tube:
    """A tube opened by label at a table of a point."""
    known: dict[str, object] = {
        "barcode": label(),
        "site_id": site.id,
        "table": table,
        "at": now() - timedelta(minutes=10),
    }
    return open_tube(SAMPLER_WANG, **{**known, **unusual})  # type: ignore[arg-type]
