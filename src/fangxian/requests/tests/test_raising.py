import pytest

from fangxian.kernel.access import Actor
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import new_id
from fangxian.requests.actions import raise_request
from fangxian.requests.models import Request

pytestmark = pytest.mark.django_db
DOOR = "1/2/3/4/5/6/7/8/"


def resident(within: str = DOOR) -> Actor:
    return Actor(id=new_id(), within=within, duties=frozenset(), name="resident")


def raised(actor: Actor, **unusual: object) -> Request:
    said: dict[str, object] = {
        "words": "三天没有菜了",
        "category": "supplies",
        "urgency": "ordinary",
        "area_path": DOOR,
        "channel": "page",
    }
    return raise_request(actor, **{**said, **unusual})  # type: ignore[arg-type]


def test_a_resident_asks_for_something_at_their_own_door_and_needs_no_duty() -> None:
    one = raised(resident())

    assert one.state == "raised"
    assert one.code.startswith("Q")


def test_nobody_asks_for_a_place_that_they_do_not_see() -> None:
    with pytest.raises(NotFound):
        raised(resident("1/2/3/4/5/6/7/9/"))


def test_sending_the_same_request_again_changes_nothing() -> None:
    once = new_id()

    first, again = (raised(resident(), id=once) for _ in range(2))

    assert first.id == again.id
    assert Request.objects.count() == 1
