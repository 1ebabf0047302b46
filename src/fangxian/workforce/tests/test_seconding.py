"""Need stated, people sent, received, acknowledged; gaps on both sides; the unit calls back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.clock import today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.workforce import queries
from fangxian.workforce.actions import (
    acknowledge_receipt,
    end_secondment,
    recall_people,
    receive_people,
    send_people,
    set_state,
    state_need,
    withdraw_need,
)
from fangxian.workforce.errors import (
    EndsBeforeItBegins,
    MoreThanNeeded,
    NeedIsClosed,
    NotReady,
    NotReceivedYet,
    NotYourPeople,
    SayWhy,
)
from fangxian.workforce.models import Member, Need, Organisation, Sending
from fangxian.workforce.tests import make

pytestmark = pytest.mark.django_db


def stated(headcount: int = 2, *, at: str = "", **more: object) -> Need:
    path = at or make.people.community().path
    said: dict[str, object] = {
        "since": today(),
        "until": today() + timedelta(days=7),
        "why": "采样点缺人",
    }
    return state_need(
        make.keeper(path),
        area_path=path,
        headcount=headcount,
        **(said | more),  # type: ignore[arg-type]
    )


def unit_with(people: int, name: str = "市政综合所") -> tuple[Organisation, list[Member]]:
    place = make.people.community()
    unit = make.organisation(name, at=place, kind="unit")
    return unit, [make.member(at=place, unit_id=unit.id, kind="secondee") for _ in range(people)]


def ids(members: list[Member]) -> list[object]:
    return [member.id for member in members]


def test_a_need_is_met_when_everybody_was_received_and_each_side_sees_what_is_missing() -> None:
    need = stated(3)
    unit, members = unit_with(3)
    send_people(make.KEEPER_MIN, need.id, ids(members[:2]), unit_id=unit.id)  # type: ignore[arg-type]

    [gap] = queries.needs_open(make.KEEPER_MIN)
    assert (gap.sent, gap.received, gap.missing) == (2, 0, 1)  # type: ignore[attr-defined]
    [side] = queries.units_sending(make.KEEPER_MIN)
    assert (side.sent, side.received) == (2, 0)

    send_people(make.KEEPER_MIN, need.id, [members[2].id], unit_id=unit.id)
    there = make.keeper(need.area_path)
    receive_people(there, need.id, came=ids(members))  # type: ignore[arg-type]

    need.refresh_from_db()
    assert need.state == Need.State.MET
    assert acknowledge_receipt(make.KEEPER_MIN, need.id, unit_id=unit.id) == 3
    assert acknowledge_receipt(make.KEEPER_MIN, need.id, unit_id=unit.id) == 0
    assert [one.area_path for one in Member.objects.all()] == [need.area_path] * 3
    assert Event.objects.filter(kind="workforce.need_met").count() == 1


def test_sending_the_same_people_again_changes_nothing() -> None:
    need = stated(1)
    unit, [one] = unit_with(1)

    first = send_people(make.KEEPER_MIN, need.id, [one.id], unit_id=unit.id)
    again = send_people(make.KEEPER_MIN, need.id, [one.id], unit_id=unit.id)

    assert first == again
    assert Event.objects.filter(kind="workforce.people_sent").count() == 1


def test_nobody_sends_more_than_are_missing() -> None:
    need = stated(1)
    unit, members = unit_with(2)

    with pytest.raises(MoreThanNeeded):
        send_people(make.KEEPER_MIN, need.id, ids(members), unit_id=unit.id)  # type: ignore[arg-type]

    assert not Sending.objects.exists()


def test_who_is_ill_or_sent_elsewhere_is_not_sent() -> None:
    unit, [ill, away, _other] = unit_with(3)
    set_state(make.KEEPER_MIN, ill.id, "ill")
    send_people(make.KEEPER_MIN, stated().id, [away.id], unit_id=unit.id)

    for one in (ill, away):
        with pytest.raises(NotReady):
            send_people(make.KEEPER_MIN, stated().id, [one.id], unit_id=unit.id)


def test_a_unit_sends_its_own_people_only() -> None:
    unit, _own = unit_with(1)
    stranger = make.member()

    with pytest.raises(NotYourPeople):
        send_people(make.KEEPER_MIN, stated().id, [stranger.id], unit_id=unit.id)


def test_who_did_not_come_leaves_the_gap_open() -> None:
    need = stated(1)
    unit, [one] = unit_with(1)
    send_people(make.KEEPER_MIN, need.id, [one.id], unit_id=unit.id)

    receive_people(make.keeper(need.area_path), need.id, not_come=[one.id])

    [gap] = queries.needs_open(make.KEEPER_MIN)
    assert gap.missing == 1  # type: ignore[attr-defined]
    [side] = queries.units_sending(make.KEEPER_MIN)
    assert side.not_come == 1


def test_nothing_is_acknowledged_before_it_was_received() -> None:
    need = stated(1)
    unit, [one] = unit_with(1)
    send_people(make.KEEPER_MIN, need.id, [one.id], unit_id=unit.id)

    with pytest.raises(NotReceivedYet):
        acknowledge_receipt(make.KEEPER_MIN, need.id, unit_id=unit.id)


def test_a_unit_calls_its_people_back_and_the_gap_opens_again() -> None:
    need = stated(1)
    unit, [one] = unit_with(1)
    was = one.area_path
    send_people(make.KEEPER_MIN, need.id, [one.id], unit_id=unit.id)
    receive_people(make.keeper(need.area_path), need.id, came=[one.id])

    with pytest.raises(SayWhy):
        recall_people(make.KEEPER_MIN, [one.id], unit_id=unit.id, why=" ")
    with pytest.raises(NotYourPeople):
        recall_people(make.actor(), [one.id], unit_id=unit.id, why="本单位值守")
    recall_people(make.KEEPER_MIN, [one.id], unit_id=unit.id, why="本单位值守")

    one.refresh_from_db()
    need.refresh_from_db()
    assert (one.state, one.area_path, need.state) == ("recalled", was, "open")
    told = Event.objects.get(kind="workforce.people_recalled")
    assert told.facts["members"] == [str(one.id)]
    changed = Event.objects.get(kind="workforce.member_state_changed")
    assert changed.because_id == told.id
    assert changed.area_path == need.area_path
    assert recall_people(make.KEEPER_MIN, [one.id], unit_id=unit.id, why="again") == []


def test_the_community_lets_people_go_back() -> None:
    need = stated(1)
    unit, [one] = unit_with(1)
    was = one.area_path
    send_people(make.KEEPER_MIN, need.id, [one.id], unit_id=unit.id)

    assert end_secondment(make.keeper(need.area_path), need.id, [one.id]) == 1

    one.refresh_from_db()
    assert (one.state, one.area_path) == ("ready", was)


def test_a_withdrawn_need_takes_nobody_more() -> None:
    need = stated(1)
    unit, [one] = unit_with(1)
    withdraw_need(make.keeper(need.area_path), need.id)
    withdraw_need(make.keeper(need.area_path), need.id)

    with pytest.raises(NeedIsClosed):
        send_people(make.KEEPER_MIN, need.id, [one.id], unit_id=unit.id)
    assert Event.objects.filter(kind="workforce.need_withdrawn").count() == 1


def test_a_need_says_why_until_when_and_is_stated_by_the_place() -> None:
    place = make.people.community()

    with pytest.raises(SayWhy):
        stated(why="")
    with pytest.raises(EndsBeforeItBegins):
        stated(until=today() - timedelta(days=1))
    with pytest.raises(NotYours):
        state_need(
            make.keeper(make.people.community()),
            area_path=place.path,
            headcount=1,
            since=today(),
            until=today(),
            why="x",
        )


def test_needs_and_sendings_hold_to_their_rules() -> None:
    need = stated(2)
    unit, [one, _two] = unit_with(2)
    [sent] = send_people(make.KEEPER_MIN, need.id, [one.id], unit_id=unit.id)

    for name, change in (
        ("need_is_for_somebody", {"headcount": 0}),
        ("need_of_people_ends_after_it_began", {"until": need.since - timedelta(days=1)}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            Need.objects.filter(id=need.id).update(**change)
    for name, more in (
        ("sending_received_has_a_time", {"state": "received"}),
        ("sending_acknowledged_was_received", {"acknowledged_at": sent.sent_at}),
        ("sending_ended_has_a_time", {"state": "ended"}),
        ("sending_called_back_says_why", {"state": "recalled", "ended_at": sent.sent_at}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            Sending.objects.filter(id=sent.id).update(**more)
    with pytest.raises(IntegrityError, match="member_is_sent_to_one_place_at_a_time"):
        Sending.objects.create(need=need, member=one, unit=unit, area_path="1/", was_path="1/")
