"""Other rules in the middle of it: shown, approved, applied; nobody comes under more."""

from datetime import timedelta

import pytest
from django.test import Client

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.measures.actions import advance_order, apply_pack_change
from fangxian.measures.errors import PackChangeProlongs, RulesAreOthersByNow
from fangxian.measures.models import Order, RiskArea
from fangxian.measures.pack_changes import PackChange, pack_change
from fangxian.measures.queries import orders_of, refusals_by_guards, risk_areas_in_force
from fangxian.measures.tests import make
from fangxian.measures.tests.make import COMMANDER_CHEN
from fangxian.measures.tests.test_doors import read, send, signed_in
from fangxian.protocol.packs import load_pack
from fangxian.sampling.queries import calls_about

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def seen() -> PackChange:
    return pack_change(PLAYBOOK, "")


def word_for(order: Order) -> str:
    (found,) = [one.change.word for one in seen().orders if one.order.id == order.id]
    return found


def apply(pack: str) -> PackChange:
    return apply_pack_change(COMMANDER_CHEN, "", pack=load_pack(pack).stamp)


def due_days(order: Order) -> list[int]:
    calls = calls_about(PLAYBOOK, order.id).filter(state="due")
    return sorted(day for day in calls.values_list("day", flat=True) if day is not None)


# From the ninth edition to the twenty items


def test_a_contact_in_the_first_days_goes_home_two_days_earlier(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order(days_ago=1.5)
    noon.forward(hours=1)
    with make.moved_to("cn-20"):
        noon.forward(hours=1)
        assert word_for(order) == "shorter"

        apply("cn-20")

    order.refresh_from_db()
    assert order.ends_at == order.counted_from + timedelta(days=5)
    assert (order.kind, order.pack) == ("central_quarantine", "cn-20@1")
    revision = order.revisions.get()
    assert (revision.was_pack, revision.pack) == ("cn-v9@1", "cn-20@1")
    assert revision.was == order.counted_from + timedelta(days=7)
    assert due_days(order) == [2, 3, 5]
    event = Event.objects.get(kind="measures.order_shortened")
    assert event.because_id == revision.because_id


def test_a_contact_on_the_sixth_day_goes_home_at_once_with_a_new_order(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order(days_ago=0)
    noon.forward(days=5, hours=12)
    with make.moved_to("cn-20"):
        noon.forward(hours=1)
        assert word_for(order) == "milder"

        apply("cn-20")

    following = orders_of(PLAYBOOK, order.resident_id).get(state="in_force")
    assert (following.kind, following.stage) == ("home_quarantine", 1)
    assert following.ends_at == order.counted_from + timedelta(days=8)
    assert following.follows == order
    assert (following.follows.pack, following.pack) == ("cn-v9@1", "cn-20@1")
    order.refresh_from_db()
    assert order.end_reason == "The rules in force have changed."


def test_home_monitoring_does_not_become_stricter_and_ends_with_the_new_days(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order(days_ago=7.2)
    assert order.kind == "home_monitoring"
    with make.moved_to("cn-20"):
        noon.forward(hours=1)

        apply("cn-20")

    order.refresh_from_db()
    assert (order.kind, order.state) == ("home_monitoring", "in_force")
    assert order.ends_at == order.counted_from + timedelta(days=8)


def test_contacts_of_contacts_and_medium_areas_are_free(noon: Hands) -> None:
    make.rules("cn-v9")
    secondary = make.order(subject="secondary_contact")
    medium = make.risk_area(level="medium")
    with make.moved_to("cn-20"):
        noon.forward(hours=1)
        assert word_for(secondary) == "ends"

        apply("cn-20")

    secondary.refresh_from_db()
    medium.refresh_from_db()
    assert secondary.state == "ended"
    assert secondary.end_reason == "The rules now in force know no such measure."
    assert (medium.state, medium.lifted_at) == ("lifted", now())


def test_a_compound_is_narrowed_to_the_stairwell_of_its_case_and_its_days_go_on(
    noon: Hands,
) -> None:
    make.rules("cn-v9")
    buildings = make.estate()
    ill = make.resident(at=make.door(buildings[0], "102"))
    reported = make.reported_case(ill)
    area = make.risk_area(buildings, about_id=reported.id, because=make.case(ill))
    noon.forward(days=2)
    with make.moved_to("cn-20"):
        noon.forward(hours=1)
        (shown,) = seen().areas
        assert (shown.word, shown.unit) == ("milder", "unit")
        assert shown.people >= shown.people_then

        apply("cn-20")

    area.refresh_from_db()
    (follower,) = risk_areas_in_force(PLAYBOOK)
    assert (area.state, follower.follows) == ("lifted", area)
    assert (follower.unit, follower.pack, follower.level) == ("unit", "cn-20@1", "high")
    assert follower.clock_origin == area.clock_origin
    assert follower.review_at == area.clock_origin + timedelta(days=5)  # type: ignore[operator]


def test_an_area_whose_case_is_not_known_keeps_its_places_and_gets_the_shorter_days(
    noon: Hands,
) -> None:
    make.rules("cn-v9")
    area = make.risk_area()
    with make.moved_to("cn-20"):
        noon.forward(hours=1)

        apply("cn-20")

    (follower,) = risk_areas_in_force(PLAYBOOK)
    assert follower.places == area.places
    assert follower.release["days_without_new"]["value"] == 5


def test_class_b_frees_everybody(noon: Hands) -> None:
    make.rules("cn-10")
    orders = [make.order(), make.order(subject="infected")]
    make.risk_area([make.estate()[0]], unit="building", reason="both stairwells")
    with make.moved_to("cn-bb"):
        noon.forward(hours=1)
        assert seen().counts["ends"] == len(orders)

        apply("cn-bb")

    assert not Order.objects.filter(state="in_force")
    assert not RiskArea.objects.filter(state="in_force")


# What is never done


def test_stricter_rules_prolong_nobody(noon: Hands) -> None:
    make.rules("cn-20")
    order = make.order(days_ago=1)
    area = make.risk_area([make.estate()[0]], unit="building", reason="both stairwells")
    ends_at, review_at = order.ends_at, area.review_at
    with make.moved_to("cn-v9"):
        noon.forward(hours=1)
        assert word_for(order) == "longer"
        assert [one.word for one in seen().areas] == ["longer"]

        apply("cn-v9")

    order.refresh_from_db()
    area.refresh_from_db()
    assert (order.ends_at, order.pack) == (ends_at, "cn-20@1")
    assert (area.review_at, area.pack, area.state) == (review_at, "cn-20@1", "in_force")


def test_nor_does_the_next_stage_last_longer_than_the_rules_of_the_order(noon: Hands) -> None:
    make.rules("cn-20")
    order = make.order(days_ago=0)
    with make.moved_to("cn-v9"):
        noon.forward(days=5, hours=1)

        following = advance_order(make.OFFICER_DENG, order.id, reason="all negative")

    assert following.ends_at <= order.counted_from + timedelta(days=8)
    assert following.kind == "home_monitoring"


@pytest.mark.django_db(transaction=True)
def test_whoever_asks_to_prolong_by_a_change_of_rules_is_refused_and_that_is_recorded(
    noon: Hands,
) -> None:
    make.rules("cn-20")
    order = make.order()
    with make.moved_to("cn-v9"):
        noon.forward(hours=1)

        with pytest.raises(PackChangeProlongs):
            apply_pack_change(COMMANDER_CHEN, "", pack="cn-v9@1", also=[order.id])

    [told] = refusals_by_guards(make.AUDITOR_SHEN)
    assert told.facts["guard"] == "pack_change_prolongs"


def test_whoever_waits_for_a_result_is_not_let_go_in_between(noon: Hands) -> None:
    make.rules("cn-v9")
    who = make.resident()
    order = make.order(who, days_ago=9)
    make.swab(who)
    with make.moved_to("cn-20"):
        noon.forward(hours=1)

        apply("cn-20")

    order.refresh_from_db()
    assert order.state == "in_force"
    assert order.ends_at <= now()


def test_a_patient_stays_in_hospital_for_as_long_as_the_doctors_say(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order(subject="infected", days_ago=8)
    with make.moved_to("cn-10"):
        noon.forward(hours=1)

        assert word_for(order) == "same"


def test_new_subjects_are_listed_and_not_ordered(noon: Hands) -> None:
    make.rules("cn-20")
    contact = make.registered_contact(kind="secondary")
    with make.moved_to("cn-v9"):
        noon.forward(hours=1)

        (beginning,) = seen().beginnings
        apply("cn-v9")

    assert (beginning.contact_id, beginning.kind) == (contact.id, "home_quarantine")
    assert not Order.objects.exists()


# Approving


def test_the_command_approves_what_was_shown_and_only_once(noon: Hands) -> None:
    make.rules("cn-v9")
    make.order(days_ago=1)
    with make.moved_to("cn-20"):
        noon.forward(hours=1)

        with pytest.raises(NotYours):
            apply_pack_change(make.OFFICER_DENG, "", pack="cn-20@1")
        with pytest.raises(RulesAreOthersByNow):
            apply_pack_change(COMMANDER_CHEN, "", pack="cn-10@1")
        apply("cn-20")
        apply("cn-20")

    assert Event.objects.filter(kind="measures.pack_change_applied").count() == 1
    assert not seen().orders


def test_a_pack_that_is_not_in_force_can_be_looked_at(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order(days_ago=1)

    shown = pack_change(PLAYBOOK, "", pack=load_pack("cn-20"))

    assert shown.counts["shorter"] == 1
    order.refresh_from_db()
    assert order.pack == "cn-v9@1"


def test_persons_are_counted_once_by_the_greatest_change(noon: Hands) -> None:
    make.rules("cn-v9")
    who = make.resident()
    make.order(who)
    make.order(who, subject="secondary_contact")
    with make.moved_to("cn-20"):
        noon.forward(hours=1)

        counts = seen().counts

    assert sum(counts.values()) == 1
    assert counts["ends"] == 1


# Pages


def test_the_page_shows_who_gains_and_applies_it(client: Client, noon: Hands) -> None:
    make.rules("cn-v9")
    order, secondary = make.order(days_ago=1), make.order(subject="secondary_contact")
    area = make.risk_area()
    chen = signed_in(client, Duty.COMMAND, Duty.SEE_REGISTER)

    looked = read(chen, "pack_change", pack="cn-20")
    assert "this is only a look" in looked
    assert "Approve and apply" not in looked
    with make.moved_to("cn-20"):
        noon.forward(hours=1)
        page = read(chen, "pack_change")
        send(chen, "apply_change", pack="cn-20@1", at="")
        after = read(chen, "pack_change")

    assert order.code in page
    assert secondary.code in page
    assert area.name in page
    assert "cn-v9@1 → cn-20@1" in page
    assert "Approve and apply" in page
    assert "stands under the rules in force" in after
    assert "shortened by new rules" in read(chen, "order", order.id).lower()


def test_the_page_of_days_again_is_for_the_command(client: Client) -> None:
    make.rules("cn-v9")
    make.order()
    chen = signed_in(client, Duty.COMMAND)

    page = read(chen, "replay", first="2022-09-02", last="2022-09-20", pack="cn-20")
    wrong = read(chen, "replay", first="2022-09-20", last="2022-09-02", pack="cn-20")

    assert "Person-days restricted" in page
    assert "The last day comes before the first." in wrong
    assert "People restricted" not in read(chen, "replay")
