"""Some days again under other rules: what would have differed, and nothing touched."""

from datetime import date, timedelta

import pytest
from django.db import InternalError, connection, transaction

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.measures.actions import lift_risk_area
from fangxian.measures.commands import replay as command
from fangxian.measures.models import Order
from fangxian.measures.replay import Replay, replay
from fangxian.measures.tests import make
from fangxian.protocol.packs import load_pack

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

FIRST, LAST = date(2022, 9, 2), date(2022, 9, 20)


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules("cn-v9")


def again(pack: str, *, first: date = FIRST, last: date = LAST) -> Replay:
    return replay(PLAYBOOK, first=first, last=last, pack=load_pack(pack))


def test_the_same_rules_ask_for_the_days_of_the_pack() -> None:
    make.order(days_ago=0)

    found = again("cn-v9")

    assert found.packs == ("cn-v9@1",)
    assert found.would.people == 1
    assert found.would.person_days == 11  # noon to noon, 10 days later
    assert found.would.central_days == 8
    assert found.would.tests == 6


def test_the_twenty_items_keep_a_contact_for_two_days_less() -> None:
    make.order(days_ago=0)

    found = again("cn-20")

    assert found.would.person_days == 9
    assert found.would.central_days == 6


def test_contacts_of_contacts_go_free_under_the_twenty_and_come_in_under_the_ninth() -> None:
    make.order(subject="secondary_contact")
    assert again("cn-20").would.people == 0

    make.registered_contact("secondary")

    assert again("cn-v9").would.people == 2


def test_what_was_is_counted_from_the_records(noon: Hands) -> None:
    order = make.order(days_ago=0)
    Order.objects.filter(id=order.id).update(
        state="ended", ended_at=order.starts_at + timedelta(days=2), end_reason="a mistake"
    )

    found = again("cn-v9")

    assert found.was.person_days == found.would.person_days == 3  # the ground was gone then


def test_an_area_stands_for_less_and_class_b_knows_none(noon: Hands) -> None:
    area = make.risk_area([make.estate()[0]], unit="building")
    make.resident(at=make.door(make.estate()[0], "105"))

    twenty, free = again("cn-20"), again("cn-bb")

    assert twenty.would.areas == 1
    assert (free.would.areas, free.would.area_days, free.would.people) == (0, 0, 0)
    noon.forward(hours=3)
    lift_risk_area(make.OFFICER_DENG, area.id, reason="the result was wrong")
    assert again("cn-20").was.area_days == 1


def test_only_the_days_asked_for_count() -> None:
    make.order(days_ago=0)

    one_day = again("cn-v9", first=FIRST, last=FIRST)

    assert (one_day.would.person_days, one_day.would.people) == (1, 1)
    assert again("cn-v9", first=date(2022, 8, 1), last=date(2022, 8, 2)).was.people == 0


def test_nothing_can_be_written_meanwhile() -> None:
    before = Event.objects.count()

    again("cn-20")

    assert Event.objects.count() == before
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        with pytest.raises(InternalError), transaction.atomic():
            cursor.execute("DELETE FROM measures_service")


def test_only_the_command_may_ask() -> None:
    with pytest.raises(NotYours):
        replay(make.GRID_WORKER_WANG, first=FIRST, last=LAST, pack=load_pack("cn-20"))


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
def test_it_is_printed_in_both_languages(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    make.order(days_ago=0)

    code = command(
        ["--from", "2022-09-02", "--to", "2022-09-20", "--pack", "cn-20", "--lang", lang]
    )

    said = capsys.readouterr().out
    assert code == 0
    assert "cn-v9@1 → cn-20@1" in said
    assert ("People restricted" in said) == (lang == "en")


def test_a_pack_that_is_not_there_and_days_the_wrong_way_round_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command(["--from", "2022-09-02", "--to", "2022-09-20", "--pack", "cn-99"]) == 1
    assert command(["--from", "2022-09-20", "--to", "2022-09-02", "--pack", "cn-20"]) == 1
    assert "The last day comes before the first." in capsys.readouterr().err
