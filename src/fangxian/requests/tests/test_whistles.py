"""A community calls, units come, the community scores them."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.requests import errors
from fangxian.requests.actions import (
    answer_whistle,
    call_more_units,
    climb_unanswered,
    end_whistle,
    note_unit_there,
    withdraw_whistle,
)
from fangxian.requests.models import Whistle
from fangxian.requests.tests import make

pytestmark = pytest.mark.django_db


def scene(units: int = 1) -> tuple[make.Actor, list[make.Organisation], list[make.Actor]]:
    """A community's head, and units of the district with somebody who signs in."""
    path = make.community_of(make.home().path)
    called = [make.unit(make.district_of(path)) for _ in range(units)]
    return make.head(within=path), called, [make.of(one) for one in called]


def test_a_unit_answers_comes_in_time_and_is_scored_by_the_community(noon: Hands) -> None:
    liu, [unit], [wu] = scene()
    whistle = make.whistle(liu, [unit])

    answer_whistle(wu, whistle.id, unit.id, coming=True, people=6)
    noon.forward(minutes=25)
    there = note_unit_there(liu, whistle.id, unit.id)
    ended = end_whistle(liu, whistle.id, scores={unit.id: (5, "来得快")})

    assert there.arrived_at is not None
    assert (ended.state, ended.responses.get().score) == ("done", 5)
    fact = Event.objects.get(kind="requests.unit_arrived").facts
    assert (fact["minutes"], fact["in_time"]) == (25, True)


def test_the_same_whistle_sent_twice_is_one() -> None:
    liu, units, _people = scene()
    once = new_id()

    first, again = (make.whistle(liu, units, id=once) for _ in range(2))

    assert first.id == again.id


def test_a_whistle_names_units_and_how_many_people() -> None:
    liu, units, _people = scene()

    with pytest.raises(errors.NobodyIsCalled):
        make.whistle(liu, [])
    with pytest.raises(errors.NobodyIsCalled):
        make.whistle(liu, units, people=0)
    with pytest.raises(errors.WordsMissing):
        make.whistle(liu, units, words=" ")


def test_a_unit_that_cannot_come_says_why_and_another_may_be_called() -> None:
    liu, [first, second], [wu, _lu] = scene(2)
    whistle = make.whistle(liu, [first])

    with pytest.raises(errors.ReasonNeeded):
        answer_whistle(wu, whistle.id, first.id, coming=False)
    answer_whistle(wu, whistle.id, first.id, coming=False, reason="全员在岗")
    call_more_units(liu, whistle.id, units=[first.id, second.id])

    assert whistle.responses.count() == 2


def test_nobody_notes_their_own_arrival_nor_answers_for_another_unit() -> None:
    liu, [first, second], [wu, lu] = scene(2)
    whistle = make.whistle(liu, [first, second])

    with pytest.raises(errors.ArrivalIsSeenByOthers):
        note_unit_there(wu, whistle.id, first.id)
    with pytest.raises(errors.NotYourUnit):
        answer_whistle(lu, whistle.id, first.id, coming=True)


def test_who_came_is_scored_before_it_ends_and_nobody_withdraws_it_then() -> None:
    liu, [unit], _people = scene()
    whistle = make.whistle(liu, [unit])
    note_unit_there(liu, whistle.id, unit.id)

    with pytest.raises(errors.WhoCameIsScored):
        end_whistle(liu, whistle.id, scores={})
    with pytest.raises(errors.WhoCameIsScored):
        withdraw_whistle(liu, whistle.id)
    with pytest.raises(errors.ScoreWrong):
        end_whistle(liu, whistle.id, scores={unit.id: (6, "")})


def test_a_whistle_that_is_over_takes_no_answer() -> None:
    liu, [unit], [wu] = scene()
    whistle = make.whistle(liu, [unit])
    withdraw_whistle(liu, whistle.id)

    with pytest.raises(errors.WhistleIsOver):
        answer_whistle(wu, whistle.id, unit.id, coming=True)


def test_only_who_works_there_blows_the_whistle() -> None:
    _liu, units, _people = scene()
    path = make.community_of(make.home().path)

    with pytest.raises(NotFound):
        make.whistle(make.head(within=path), units, area_path=make.home().path)
    with pytest.raises(NotYours):
        make.whistle(make.actor(within=path), units, area_path=path)


def test_silence_climbs_after_ten_minutes_and_absence_after_thirty(noon: Hands) -> None:
    liu, [unit], [wu] = scene()
    silent = make.whistle(liu, [unit])
    promised = make.whistle(liu, [unit], words="另一处")
    answer_whistle(wu, promised.id, unit.id, coming=True)

    noon.forward(minutes=10)
    assert climb_unanswered(PLAYBOOK) == 1
    assert climb_unanswered(PLAYBOOK) == 0
    noon.forward(minutes=20)
    assert climb_unanswered(PLAYBOOK) == 2

    levels = dict(Whistle.objects.values_list("id", "level"))
    assert (levels[silent.id], levels[promised.id]) == (3, 2)


def test_when_everybody_says_no_it_climbs_at_once() -> None:
    liu, [unit], [wu] = scene()
    whistle = make.whistle(liu, [unit])
    answer_whistle(wu, whistle.id, unit.id, coming=False, reason="全员在岗")

    assert climb_unanswered(PLAYBOOK) == 1
    assert climb_unanswered(PLAYBOOK) == 0
