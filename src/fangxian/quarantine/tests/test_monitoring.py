"""Readings, wishes and doors: what is taken, what is refused, what is noticed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.measures.actions import advance_order, end_order, leave_for_emergency_care
from fangxian.measures.queries import refusals_by_guards
from fangxian.quarantine import queries
from fangxian.quarantine.actions import (
    ask_for,
    begin_watch,
    end_watch,
    forget_readings,
    meet_wish,
    note_missed_readings,
    note_wish,
    tell_own_reading,
    visit_door,
)
from fangxian.quarantine.errors import (
    DoorMustOpen,
    ImplausibleTemperature,
    NobodyUnderThisCode,
    NoOrderInForce,
    NoSuchSymptom,
    NoSuchWatch,
    NoticeNamesSomebody,
    ReadingBeforeTheOrder,
    ReadingFromTheFuture,
    WatchHasEnded,
)
from fangxian.quarantine.models import DoorVisit, MissedReading, Reading, Watch, Wish
from fangxian.quarantine.tests import make
from fangxian.quarantine.tests.make import HEAD_MA, OFFICER_DENG

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


# Readings


def test_a_calm_reading_belongs_to_its_part_of_the_day() -> None:
    watch = make.watch()

    morning = make.reading(watch.resident_id, "36.45", taken_at=now() - timedelta(hours=2))
    evening = make.reading(watch.resident_id, "36.6")

    assert (morning.turn, evening.turn) == (0, 1)
    assert morning.temperature == Decimal("36.5")
    assert (morning.alarm, morning.area_path) == ("calm", watch.area_path)


@pytest.mark.parametrize(
    ("degrees", "symptoms", "alarm"),
    [
        ("37.2", (), "calm"),
        ("37.3", (), "alarming"),
        ("36.5", ("dry_cough",), "alarming"),
        ("36.5", ("breathing_difficulty",), "emergency"),
    ],
)
def test_a_fever_or_a_symptom_calls_a_medic_and_breathlessness_is_an_emergency(
    degrees: str, symptoms: tuple[str, ...], alarm: str
) -> None:
    watch = make.watch()

    assert make.reading(watch.resident_id, degrees, *symptoms).alarm == alarm

    told = Event.objects.filter(kind="quarantine.reading_alarmed")
    assert [event.facts["alarm"] for event in told] == ([alarm] if alarm != "calm" else [])


def test_63_degrees_are_refused_with_what_was_probably_meant() -> None:
    watch = make.watch()

    with pytest.raises(ImplausibleTemperature, match=r"63.0 °C cannot be right.*36\.3"):
        make.reading(watch.resident_id, "63")
    with pytest.raises(ImplausibleTemperature, match=r"36\.5"):
        make.reading(watch.resident_id, "365")
    with pytest.raises(ImplausibleTemperature, match="Take it again"):
        make.reading(watch.resident_id, "NaN")

    assert not Reading.objects.exists()


def test_a_symptom_that_no_rule_watches_is_refused() -> None:
    watch = make.watch()

    with pytest.raises(NoSuchSymptom, match="homesickness"):
        make.reading(watch.resident_id, "36.5", "homesickness")


def test_a_reading_is_of_now_or_before_and_of_after_the_order() -> None:
    watch = make.watch()

    with pytest.raises(ReadingFromTheFuture):
        make.reading(watch.resident_id, taken_at=now() + timedelta(hours=1))
    with pytest.raises(ReadingBeforeTheOrder):
        make.reading(watch.resident_id, taken_at=watch.begun_at - timedelta(hours=1))


def test_a_reading_sent_twice_is_one() -> None:
    watch = make.watch()
    id_ = new_id()

    make.reading(watch.resident_id, reading_id=id_)
    make.reading(watch.resident_id, reading_id=id_)

    assert Reading.objects.count() == 1


def test_a_reading_that_comes_late_from_a_phone_still_counts() -> None:
    watch = make.watch()
    taken_at = now() - timedelta(minutes=5)
    end_order(OFFICER_DENG, watch.order_id, reason="all days are over")
    end_watch(PLAYBOOK, watch.resident_id)

    assert make.reading(watch.resident_id, taken_at=taken_at).turn == 0
    with pytest.raises(WatchHasEnded):
        make.reading(watch.resident_id, taken_at=now() + timedelta(minutes=1))


def test_readings_of_who_is_still_watched_are_kept(noon: Hands) -> None:
    going_on, over = make.watch(), make.watch()
    for watch in (going_on, over):
        make.reading(watch.resident_id)
    end_order(OFFICER_DENG, over.order_id, reason="issued by mistake")
    end_watch(PLAYBOOK, over.resident_id)
    noon.forward(days=31)

    gone = forget_readings(PLAYBOOK, now() - timedelta(days=30))

    assert gone.rows == 1
    assert Reading.objects.get().watch_id == going_on.id
    with pytest.raises(NotYours):
        forget_readings(HEAD_MA, now())


def test_nobody_reads_off_somebody_who_is_not_monitored() -> None:
    with pytest.raises(NoSuchWatch):
        make.reading(make.people.resident().id)
    with pytest.raises(NotFound):
        make.reading(new_id())


def test_the_person_tells_their_own_by_address_or_code() -> None:
    watch = make.watch()

    tell_own_reading(PLAYBOOK, watch.token, temperature=Decimal("36.6"))
    told = tell_own_reading(PLAYBOOK, watch.code.lower(), temperature=Decimal("36.7"))

    assert (told.way, told.by_id) == ("own", None)
    for wrong in ("", "W0000000", "another"):
        with pytest.raises(NobodyUnderThisCode, match="120"):
            tell_own_reading(PLAYBOOK, wrong, temperature=Decimal("36.6"))


def test_what_was_measured_does_not_enter_the_ledger() -> None:
    watch = make.watch()

    make.reading(watch.resident_id, "38.9", "diarrhoea")

    for event in Event.objects.filter(subject_id=watch.id):
        assert "38.9" not in str(event.facts)
        assert "diarrhoea" not in str(event.facts)


# Missed


def test_a_reading_that_did_not_come_is_noticed_once_and_made_up_for(noon: Hands) -> None:
    watch = make.watch()

    assert note_missed_readings(PLAYBOOK) == 3  # yesterday's two, this morning's
    assert note_missed_readings(PLAYBOOK) == 0

    make.reading(watch.resident_id)
    assert not MissedReading.objects.filter(made_up_at=None).exists()
    noon.forward(hours=7)
    assert note_missed_readings(PLAYBOOK) == 0  # this evening's is there


def test_nobody_is_asked_for_a_reading_of_before_they_were_watched() -> None:
    begin_watch(PLAYBOOK, make.at_home().id)

    assert note_missed_readings(PLAYBOOK) == 0


def test_nobody_is_asked_for_a_reading_while_they_are_in_care() -> None:
    watch = make.watch()
    leave_for_emergency_care(HEAD_MA, watch.resident_id, kind="labour")

    assert note_missed_readings(PLAYBOOK) == 0


def test_a_pack_without_hours_awaits_nothing() -> None:
    watch = make.watch()
    with make.measures.moved_to("who-2022"):
        assert note_missed_readings(PLAYBOOK) == 0
        assert queries.days_of(HEAD_MA, [watch])[0].cells == ()
        assert make.reading(watch.resident_id).alarm == "calm"


def test_the_list_of_the_day_shows_taken_late_and_due() -> None:
    watch = make.watch()
    day = queries.days_of(HEAD_MA, [watch])[0]
    assert [cell.state for cell in day.cells] == ["late", "due"]

    make.reading(watch.resident_id, "37.8")

    [day] = queries.days_of(HEAD_MA, [watch])
    assert [cell.state for cell in day.cells] == ["late", "taken"]
    assert day.alarm == "alarming"
    assert queries.tally(HEAD_MA, queries.watched_at_home(HEAD_MA)).alarming == 1


# Beginning and end


def test_two_orders_are_one_watch_which_ends_with_the_last() -> None:
    who = make.people.resident()
    first, second = make.at_home(who), make.at_home(who)
    watch = begin_watch(PLAYBOOK, first.id)
    assert watch == begin_watch(PLAYBOOK, second.id)

    end_order(OFFICER_DENG, first.id, reason="no contact after all")
    assert end_watch(PLAYBOOK, who.id) is None
    end_order(OFFICER_DENG, second.id, reason="no contact after all")
    assert end_watch(PLAYBOOK, who.id) is not None
    assert end_watch(PLAYBOOK, who.id) is None


def test_the_next_stage_goes_on_under_the_same_code() -> None:
    order = make.ordered()
    before = begin_watch(PLAYBOOK, order.id)
    assert before is not None
    following = advance_order(OFFICER_DENG, order.id, reason="a room is needed elsewhere")
    Watch.objects.filter(id=before.id).update(ended_at=now())

    after = begin_watch(PLAYBOOK, following.id)

    assert after is not None
    assert (after.id, after.token, after.ended_at) == (before.id, before.token, None)


def test_an_order_that_ended_awaits_no_readings() -> None:
    order = make.at_home()
    end_order(OFFICER_DENG, order.id, reason="no contact after all")

    assert begin_watch(PLAYBOOK, order.id) is None


# Wishes


def test_a_wish_is_open_once_and_met_once() -> None:
    watch = make.watch()

    ask_for(PLAYBOOK, watch.token, kind="medicine")
    note_wish(HEAD_MA, watch.id, kind="medicine")

    assert Wish.objects.count() == 1
    assert meet_wish(HEAD_MA, watch.id, kind="medicine") is not None
    assert meet_wish(HEAD_MA, watch.id, kind="medicine") is None


# Doors


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("purpose", DoorVisit.Purpose.values)
def test_a_door_is_never_blocked_and_the_attempt_is_kept(purpose: str) -> None:
    order = make.at_home()

    with pytest.raises(DoorMustOpen):
        visit_door(HEAD_MA, order.resident_id, purpose=purpose, found="at_home", door_opens=False)

    assert refusals_by_guards(OFFICER_DENG).get().facts == {"guard": "door_must_open"}
    assert not DoorVisit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_puts_a_seal_on_the_door_of_somebody_without_an_order() -> None:
    who = make.people.resident()

    with pytest.raises(NoOrderInForce):
        visit_door(HEAD_MA, who.id, purpose="seal", found="at_home", door_opens=True)


def test_what_hangs_on_a_door_names_nobody() -> None:
    order = make.at_home()

    with pytest.raises(NoticeNamesSomebody):
        visit_door(
            HEAD_MA,
            order.resident_id,
            purpose="seal",
            found="at_home",
            door_opens=True,
            names_nobody=False,
        )


def test_a_seal_is_taken_off_after_the_order_too(noon: Hands) -> None:
    order = make.at_home()
    visit_door(HEAD_MA, order.resident_id, purpose="seal", found="at_home", door_opens=True)
    end_order(OFFICER_DENG, order.id, reason="all days are over")
    assert queries.sealed_under(HEAD_MA, order.resident_id) is not None
    noon.forward(minutes=5)

    visit_door(HEAD_MA, order.resident_id, purpose="unseal", found="at_home", door_opens=True)

    assert queries.sealed_under(HEAD_MA, order.resident_id) is None


def test_doors_are_visited_by_who_carries_out() -> None:
    order = make.at_home()

    with pytest.raises(NotYours):
        visit_door(
            make.actor(), order.resident_id, purpose="check", found="at_home", door_opens=True
        )
