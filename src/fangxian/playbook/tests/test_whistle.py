"""The story of a community that calls for help."""

import pytest

from fangxian.dispatch.queries import tasks_about
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.playbook.tests import make
from fangxian.requests.actions import (
    answer_whistle,
    climb_unanswered,
    end_whistle,
    note_unit_there,
    withdraw_whistle,
)
from fangxian.requests.models import Whistle
from fangxian.requests.tests import make as hotline

pytestmark = pytest.mark.django_db


def blown(
    units: int = 1,
) -> tuple[Whistle, hotline.Actor, list[hotline.Organisation], list[hotline.Actor]]:
    """A community calls units of the district for five people."""
    make.rules("cn-v9")
    path = hotline.community_of(hotline.home().path)
    liu = hotline.head(within=path)
    called = [hotline.unit(hotline.district_of(path)) for _ in range(units)]
    people = [hotline.of(one) for one in called]
    return hotline.whistle(liu, called), liu, called, people


def kinds_of(whistle: Whistle) -> list[str]:
    found = [set(make.kinds_of_tasks(one.id)) for one in whistle.responses.order_by("called_at")]
    return [kind for kinds in found for kind in kinds]


def test_each_unit_has_it_on_its_list_until_the_community_sees_it_arrive() -> None:
    whistle, liu, [first, second], [wu, _lu] = blown(2)
    assert kinds_of(whistle) == ["go_to_whistle", "go_to_whistle"]
    task = tasks_about(PLAYBOOK, whistle.responses.get(unit=first).id).get()
    assert (task.team_id, task.due_at) == (first.id, whistle.arrive_due)

    answer_whistle(wu, whistle.id, first.id, coming=True, people=5)
    assert kinds_of(whistle) == ["go_to_whistle", "go_to_whistle"]
    note_unit_there(liu, whistle.id, first.id)
    assert kinds_of(whistle) == ["go_to_whistle"]

    note_unit_there(liu, whistle.id, second.id)
    end_whistle(liu, whistle.id, scores={first.id: (5, ""), second.id: (3, "晚")})
    assert kinds_of(whistle) == []


def test_silence_climbs_and_the_next_level_finds_somebody(noon: Hands) -> None:
    whistle, liu, [unit], _people = blown()

    noon.forward(minutes=10)
    climb_unanswered(PLAYBOOK)
    assert make.kinds_of_tasks(whistle.id) == {"chase_whistle"}

    note_unit_there(liu, whistle.id, unit.id)
    assert make.kinds_of_tasks(whistle.id) == set()


def test_who_cannot_come_is_not_asked_again() -> None:
    whistle, _liu, [unit], [wu] = blown()

    answer_whistle(wu, whistle.id, unit.id, coming=False, reason="全员在岗")

    assert kinds_of(whistle) == []
    climb_unanswered(PLAYBOOK)
    assert make.kinds_of_tasks(whistle.id) == {"chase_whistle"}


def test_what_is_withdrawn_leaves_every_list(noon: Hands) -> None:
    whistle, liu, _units, _people = blown(2)
    noon.forward(minutes=10)
    climb_unanswered(PLAYBOOK)

    withdraw_whistle(liu, whistle.id)

    assert kinds_of(whistle) == []
    assert make.kinds_of_tasks(whistle.id) == set()
