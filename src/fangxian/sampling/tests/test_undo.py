"""The wrong person was scanned, and the swab is not in the tube yet."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.sampling.actions import add_swab, open_tube, remove_swab, seal_tube
from fangxian.sampling.errors import TubeIsNotOpen
from fangxian.sampling.models import TestCall, Turnout
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules_in_force()


def test_a_swab_is_taken_out_of_an_open_tube_again() -> None:
    tube, (one, other) = make.empty_tube(), make.residents(2)
    add_swab(PLAYBOOK, tube.id, one.id, taken_at=now())
    wrong = add_swab(PLAYBOOK, tube.id, other.id, taken_at=now())

    tube = remove_swab(PLAYBOOK, tube.id, wrong.id)
    again = remove_swab(PLAYBOOK, tube.id, wrong.id)

    assert tube.swabs == again.swabs == 1
    assert [swab.resident_id for swab in tube.members.all()] == [one.id]
    assert Event.objects.filter(kind="sampling.swab_taken_out").count() == 1


def test_whose_swab_was_taken_out_may_be_swabbed_in_the_round_and_owes_the_test_again() -> None:
    round_, person = make.round_of_testing(), make.resident()
    call = make.call(person, reason="order", group="general")
    tube = open_tube(PLAYBOOK, area_path=make.COMMUNITY, round_id=round_.id)
    swab = add_swab(PLAYBOOK, tube.id, person.id, taken_at=now())

    remove_swab(PLAYBOOK, tube.id, swab.id)

    assert not Turnout.objects.filter(round=round_, resident=person).exists()
    assert TestCall.objects.get(id=call.id).state == "due"
    add_swab(PLAYBOOK, tube.id, person.id, taken_at=now())
    assert Turnout.objects.filter(round=round_, resident=person).exists()


def test_a_sealed_tube_gives_nothing_back() -> None:
    tube, person = make.empty_tube(), make.resident()
    swab = add_swab(PLAYBOOK, tube.id, person.id, taken_at=now())
    seal_tube(PLAYBOOK, tube.id, sealed_at=now())

    with pytest.raises(TubeIsNotOpen):
        remove_swab(PLAYBOOK, tube.id, swab.id)
