"""Nobody is forgotten, and nobody goes while a test is outstanding, unless somebody says why."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now
from fangxian.measures.actions import advance_order, end_order, propose_due_releases
from fangxian.measures.errors import NotYetReleasable
from fangxian.measures.models import Order
from fangxian.measures.queries import order_conditions, orders_past_end
from fangxian.measures.tests import make
from fangxian.people.models import Resident
from fangxian.people.queries import get_resident
from fangxian.sampling.errors import NoSuchCt
from fangxian.sampling.queries import calls_about, reports_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def standing(order: Order) -> dict[str, bool]:
    return {one.word: one.met for one in order_conditions(PLAYBOOK, order.id)}


def whose(order: Order) -> Resident:
    return get_resident(PLAYBOOK, order.resident_id)


def every_test_day_negative(order: Order) -> None:
    """As far as the calls go; the swabs themselves are each story's own."""
    for call in calls_about(PLAYBOOK, order.id):
        call.__class__.objects.filter(id=call.id).update(state="negative", tube=swabbed(order))


def swabbed(order: Order) -> object:
    tube = make.swab(whose(order))
    make.measured(tube)
    return tube


# Two swabs, two laboratories


def test_leaving_central_quarantine_under_the_eighth_edition_takes_two_swabs_and_two_laboratories(
    noon: Hands,
) -> None:
    make.rules("cn-v8")
    order = make.order(days_ago=0)
    every_test_day_negative(order)
    noon.to(order.ends_at + timedelta(hours=1))
    here, there = make.laboratory(), make.laboratory("省疾控中心")

    assert standing(order)["double_test"] is False
    one = make.swab(whose(order))
    make.measured(one, by=here)
    make.measured(one, by=there)
    assert standing(order)["double_test"] is False  # one swab, measured twice
    assert propose_due_releases(PLAYBOOK) == 0
    make.measured(make.swab(whose(order)), by=there)

    assert standing(order)["double_test"] is True
    assert propose_due_releases(PLAYBOOK) == 1


def test_two_reagents_of_one_laboratory_count_as_two() -> None:
    make.rules("cn-v8")
    order = make.order(days_ago=13.9)
    laboratory = make.laboratory()

    make.measured(make.swab(whose(order)), by=laboratory, reagent="one")
    make.measured(make.swab(whose(order)), by=laboratory, reagent="other")

    assert standing(order)["double_test"] is True


def test_the_monitoring_afterwards_asks_for_no_double_test(noon: Hands) -> None:
    make.rules("cn-v8")
    order = make.order(days_ago=15)

    assert order.kind == "home_monitoring"
    assert "double_test" not in standing(order)


def test_the_ninth_edition_asks_for_no_double_test() -> None:
    make.rules("cn-v9")

    assert "double_test" not in standing(make.order())


# Days 6 and 7 at Ct 35


def test_at_home_under_the_ten_items_days_six_and_seven_at_ct_35_let_somebody_go(
    noon: Hands,
) -> None:
    make.rules("cn-10")
    who = make.resident()
    order = make.order(who, subject="infected", days_ago=0)
    noon.forward(days=6)
    findings = {6: "34.9", 7: "36.0"}
    for call in calls_about(PLAYBOOK, order.id):
        tube = make.swab(who)
        make.measured(tube, "positive", ct=findings[call.day or 0])
        call.__class__.objects.filter(id=call.id).update(state="positive", tube=tube)
    noon.to(order.ends_at + timedelta(hours=1))

    assert standing(order)["tests_at_ct"] is False
    assert propose_due_releases(PLAYBOOK) == 0
    last = calls_about(PLAYBOOK, order.id).get(day=6)
    tube = make.swab(who)
    make.measured(tube, "positive", ct="35.0")
    last.__class__.objects.filter(id=last.id).update(tube=tube)

    assert standing(order)["tests_at_ct"] is True
    assert propose_due_releases(PLAYBOOK) == 1


def test_a_positive_without_its_ct_lets_nobody_go(noon: Hands) -> None:
    make.rules("cn-10")
    who = make.resident()
    order = make.order(who, subject="infected", days_ago=0)
    noon.forward(days=6)
    for call in calls_about(PLAYBOOK, order.id):
        tube = make.swab(who)
        make.measured(tube, "positive")
        call.__class__.objects.filter(id=call.id).update(state="positive", tube=tube)
    noon.to(order.ends_at + timedelta(hours=1))

    assert standing(order)["tests_at_ct"] is False


def test_a_ct_told_later_is_added_and_an_impossible_one_refused() -> None:
    make.rules("cn-10")
    tube = make.swab(make.resident())
    make.measured(tube, "positive")

    make.measured(tube, "positive", ct="35.5", reagent="ORF")
    with pytest.raises(NoSuchCt):
        make.measured(tube, "positive", ct="51")

    report = reports_on(PLAYBOOK, tube.id).get()
    assert (report.ct, report.reagent) == (Decimal("35.5"), "ORF")


# While a test is outstanding


def test_nobody_is_released_while_a_result_is_outstanding_unless_somebody_says_why(
    noon: Hands,
) -> None:
    make.rules("cn-v9")
    order = make.order(days_ago=0)
    every_test_day_negative(order)
    noon.to(order.ends_at + timedelta(hours=1))
    make.swab(whose(order))

    assert standing(order)["results_known"] is False
    assert propose_due_releases(PLAYBOOK) == 0
    with pytest.raises(NotYetReleasable):
        advance_order(make.OFFICER_DENG, order.id)
    assert orders_past_end(PLAYBOOK).get() == order  # nothing half done
    following = advance_order(make.OFFICER_DENG, order.id, reason="the laboratory lost the tube")

    assert following.follows == order


def test_a_swab_from_before_the_order_keeps_nobody() -> None:
    make.rules("cn-v9")
    who = make.resident()
    make.swab(who)

    order = make.order(who)

    assert standing(order)["results_known"] is True


def test_an_order_ends_early_only_with_a_reason_and_says_so() -> None:
    make.rules("cn-v9")
    order = make.order()

    ended = end_order(make.OFFICER_DENG, order.id, reason="the scan was another's")

    assert (ended.state, ended.end_reason) == ("ended", "the scan was another's")
    assert ended.ended_at == now()
