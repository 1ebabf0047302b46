import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Account
from fangxian.kernel.tests import make


def test_a_duty_holds_inside_the_area_and_nowhere_else() -> None:
    li = make.actor(Duty.ENTER_RESULTS, within="1/2/")

    li.must(Duty.ENTER_RESULTS, at="1/2/7/")

    with pytest.raises(NotYours) as refusal:
        li.must(Duty.ENTER_RESULTS, at="1/3/")
    assert refusal.value.status == 403
    assert refusal.value.facts["duty"]


def test_a_neighbouring_number_is_not_inside() -> None:
    assert not make.actor(within="1/2/").sees("1/21/")


def test_there_are_at_most_twenty_duties_and_the_playbook_has_them_all() -> None:
    assert len(Duty) <= 20
    assert PLAYBOOK.duties == frozenset(Duty)


@pytest.mark.django_db
def test_the_database_refuses_an_unknown_duty() -> None:
    li = make.account()

    with (
        pytest.raises(IntegrityError, match="account_duties_are_known_words"),
        transaction.atomic(),
    ):
        Account.objects.filter(id=li.id).update(duties=["rule_the_world"])
