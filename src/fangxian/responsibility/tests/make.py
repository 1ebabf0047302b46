"""People at work and places for tests. Say only what is unusual."""

from uuid import UUID

from fangxian.areas.models import Area
from fangxian.areas.rules import parent_path
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.people.tests import make as people
from fangxian.responsibility.actions import entrust
from fangxian.responsibility.models import Responsibility
from fangxian.workforce.members import NewMember, add_members
from fangxian.workforce.models import Member


def keeper(within: str = "", *duties: Duty) -> Actor:
    return Actor(
        id=new_id(),
        within=within,
        duties=frozenset(duties or {Duty.KEEP_ROSTER, Duty.SEE_REGISTER}),
        name="keeper",
    )


KEEPER = keeper()


def member(name: str = "王海峰", *, at: Area, phone: str = "", duty_phone: str = "") -> Member:
    new = NewMember(kind="cadre", name=name, area_path=at.path, phone=phone, duty_phone=duty_phone)
    return add_members(KEEPER, [new])[0]


def places() -> dict[str, Area]:
    """A door with everything above it, and the grid is left out as tests of people do."""
    community = people.community()
    door = people.dwelling("101", within=community)
    unit = Area.objects.get(path=parent_path(door.path))
    building = Area.objects.get(path=parent_path(unit.path))
    return {"community": community, "building": building, "unit": unit, "door": door}


def held(who: Member, role: str, at: Area) -> Responsibility:
    return entrust(KEEPER, who.id, role=role, area_path=at.path)


def resident(at: Area) -> UUID:
    return people.resident(at=at).id
