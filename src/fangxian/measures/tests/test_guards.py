"""What may never be done: refused, and kept in the ledger although nothing else changed."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils.translation import override

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.measures import errors, guards
from fangxian.measures.actions import (
    extend_order,
    hold_person,
    hold_place,
    issue_order,
    propose_risk_area,
    restart_clock,
)
from fangxian.measures.errors import (
    ExtensionWithoutReason,
    GuardRefusal,
    IsolatesFromLowRisk,
    LimitsTravelOutsideRiskAreas,
    OrderWithoutCause,
    OrderWithoutEnd,
    ProlongsIsolation,
    ProlongsRiskArea,
    WidensRiskArea,
    WidensRiskAreaWithoutReason,
    WidensWhoIsIsolated,
)
from fangxian.measures.models import Order, RiskArea
from fangxian.measures.queries import refusals_by_guards
from fangxian.measures.tests import make
from fangxian.people.tests import make as people

# Each refusal is recorded on a connection of its own, which only tests that commit can see.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("noon"),
]


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules("cn-v9")


def recorded() -> list[str]:
    return [event.facts["guard"] for event in refusals_by_guards(make.AUDITOR_SHEN)]


def test_no_order_without_a_cause() -> None:
    person = make.resident()
    said: dict[str, Any] = {
        "resident_id": person.id,
        "area_path": person.area_path,
        "subject": "close_contact",
        "about_id": new_id(),
        "counted_from": now(),
    }

    for because in (None, new_id()):
        with pytest.raises(OrderWithoutCause):
            issue_order(make.OFFICER_DENG, **said, because=because)
    with pytest.raises(OrderWithoutCause):
        hold_person(
            PLAYBOOK, person.id, area_path=person.area_path, about_id=new_id(), because=None
        )

    assert recorded() == ["order_without_cause"] * 3
    assert not Order.objects.exists()


def test_no_order_without_an_end() -> None:
    attempt = guards.Attempt(actor=make.OFFICER_DENG, about=new_id(), area_path="1/")

    with pytest.raises(OrderWithoutEnd):
        guards.there_is_an_end(attempt, None)

    assert recorded() == ["order_without_end"]


def test_nobody_from_a_low_risk_area_is_isolated_even_if_a_pack_says_so() -> None:
    attempt = guards.Attempt(actor=make.OFFICER_DENG, about=new_id(), area_path="1/")

    for kind in ("home_quarantine", "central_quarantine"):
        with pytest.raises(IsolatesFromLowRisk):
            guards.low_risk_isolates_nobody(attempt, "low_risk_leaver", kind)
    guards.low_risk_isolates_nobody(attempt, "low_risk_leaver", "self_monitoring")

    assert recorded() == ["isolates_from_low_risk"] * 2
    assert make.order(subject="low_risk_leaver").kind == "self_monitoring"


def test_nobody_gets_a_stricter_measure_than_the_pack_asks_for() -> None:
    with pytest.raises(WidensWhoIsIsolated):
        make.order(subject="medium_risk_leaver", kind="central_quarantine")
    with pytest.raises(WidensWhoIsIsolated):
        make.order(subject="depositor_of_a_rural_bank", kind="home_quarantine")

    assert recorded() == ["widens_who_is_isolated"] * 2
    assert not Order.objects.exists()


def test_an_infected_person_may_always_be_treated_in_hospital() -> None:
    with make.moved_to("cn-10"):
        order = make.order(subject="infected", kind="hospital")

    assert order.kind == "hospital"


def test_neighbours_are_held_only_where_the_pack_holds_them() -> None:
    home = make.door(make.estate()[0])
    cause = make.case(make.resident(at=home))

    with make.moved_to("cn-10"), pytest.raises(WidensWhoIsIsolated):
        hold_place(make.OFFICER_DENG, home.path, about_id=new_id(), because=cause)

    assert recorded() == ["widens_who_is_isolated"]


def test_no_order_is_issued_for_longer_than_the_pack_says() -> None:
    with pytest.raises(ProlongsIsolation):
        make.order(ends_at=now() + timedelta(days=21))

    assert recorded() == ["prolongs_isolation"]


def test_no_extension_without_a_reason() -> None:
    order = make.order(ends_at=now() + timedelta(days=1))

    with pytest.raises(ExtensionWithoutReason):
        extend_order(make.OFFICER_DENG, order.id, until=now() + timedelta(days=2), reason=" ")

    assert recorded() == ["extension_without_reason"]
    order.refresh_from_db()
    assert not order.extensions.exists()


def test_no_extension_beyond_the_days_of_the_pack_without_evidence() -> None:
    order = make.order()
    later = order.ends_at + timedelta(days=3)
    elsewhere = make.case(make.resident())

    for because in (None, elsewhere, elsewhere.id, new_id()):
        with pytest.raises(ProlongsIsolation):
            extend_order(
                make.OFFICER_DENG, order.id, until=later, reason="to be sure", because=because
            )

    assert recorded() == ["prolongs_isolation"] * 4


def test_what_led_to_an_order_is_no_evidence_to_prolong_it() -> None:
    order = make.order()

    with pytest.raises(ProlongsIsolation):
        extend_order(
            make.OFFICER_DENG,
            order.id,
            until=order.ends_at + timedelta(hours=1),
            reason="to be sure",
            because=order.because_id,
        )


def test_rules_that_ask_for_less_now_allow_no_extension() -> None:
    order = make.order(subject="high_risk_leaver")

    with make.moved_to("cn-10"), pytest.raises(ProlongsIsolation):
        extend_order(
            make.OFFICER_DENG,
            order.id,
            until=order.ends_at + timedelta(hours=1),
            reason="to be sure",
        )


def test_even_evidence_prolongs_by_the_days_of_the_pack_at_most(noon: Hands) -> None:
    person = make.resident()
    order = make.order(person)
    noon.forward(days=1)
    evidence = make.case(person)

    with pytest.raises(ProlongsIsolation):
        extend_order(
            make.OFFICER_DENG,
            order.id,
            until=now() + timedelta(days=8),
            reason="infected at home",
            because=evidence,
        )


def test_travel_is_not_limited_outside_risk_areas() -> None:
    attempt = guards.Attempt(actor=make.COMMANDER_CHEN, about=new_id(), area_path="1/")

    with pytest.raises(LimitsTravelOutsideRiskAreas):
        guards.travel_stays_free(attempt, "district", ["stay_home"])
    guards.travel_stays_free(attempt, "district", ["avoid_gathering"])

    assert recorded() == ["limits_travel_outside_risk_areas"]


def test_a_unit_beyond_the_pack_is_refused_whatever_the_reason() -> None:
    buildings = make.estate()
    district = people.district("城东区", code="")

    with pytest.raises(WidensRiskArea):
        make.proposal([district], unit="district", reason="everybody is in danger")
    with make.moved_to("cn-10"), pytest.raises(WidensRiskArea):
        make.proposal(buildings, unit="compound", reason="everybody is in danger")

    assert recorded() == ["widens_risk_area"] * 2
    assert not RiskArea.objects.exists()


def test_a_unit_wider_than_usual_needs_a_reason() -> None:
    building = make.estate()[0]

    with make.moved_to("cn-10"):
        with pytest.raises(WidensRiskAreaWithoutReason):
            make.proposal([building], unit="building")
        area = make.proposal([building], unit="building", reason="several floors share the air")

    assert area.widened_because == "several floors share the air"
    assert recorded() == ["widens_risk_area_without_reason"]


def test_no_risk_area_without_a_cause() -> None:
    with pytest.raises(OrderWithoutCause):
        propose_risk_area(
            make.COMMANDER_CHEN,
            places=[make.estate()[0].path],
            unit="building",
            level="high",
            about_id=new_id(),
            because=None,
        )


def test_the_days_of_an_area_start_again_only_after_an_infection() -> None:
    area = make.risk_area()
    no_infection = Event.objects.get(subject_id=area.id, kind="measures.risk_area_declared")

    with pytest.raises(ProlongsRiskArea):
        restart_clock(make.COMMANDER_CHEN, area.id, from_at=now(), because=no_infection)

    assert recorded() == ["prolongs_risk_area"]
    assert not area.restarts.exists()


def test_a_refusal_stays_recorded_when_all_around_it_is_taken_back() -> None:
    person = make.resident()

    def two_orders_in_one_transaction() -> None:
        with transaction.atomic():
            make.order(person)
            make.order(person, ends_at=now() + timedelta(days=30))

    with pytest.raises(ProlongsIsolation):
        two_orders_in_one_transaction()

    assert recorded() == ["prolongs_isolation"]
    assert not Order.objects.exists()
    [told] = refusals_by_guards(make.COMMANDER_CHEN)
    assert (told.subject_id, told.actor_id) == (person.id, PLAYBOOK.id)
    assert told.at == now()  # by the moved clock, and marked as exercise
    assert told.exercise


def test_refusals_are_shown_to_oversight_alone_and_by_area() -> None:
    with pytest.raises(OrderWithoutEnd):
        guards.there_is_an_end(
            guards.Attempt(actor=make.OFFICER_DENG, about=new_id(), area_path="1/"), None
        )

    assert not refusals_by_guards(replace(make.AUDITOR_SHEN, within="2/"))
    with pytest.raises(NotYours):
        refusals_by_guards(make.actor(Duty.CARRY_OUT))


@dataclass
class _Silent:
    """A place whose refusals cannot be written: its path is too long for the ledger."""

    area_path: str = "1/" * 200


def test_a_refusal_stands_even_if_it_cannot_be_recorded() -> None:
    attempt = guards.Attempt(actor=make.OFFICER_DENG, about=new_id(), area_path=_Silent().area_path)

    with pytest.raises(OrderWithoutEnd):
        guards.there_is_an_end(attempt, None)

    assert recorded() == []


def test_every_guard_says_what_is_the_matter_in_both_languages() -> None:
    made: list[GuardRefusal] = []
    for language in ("en", "zh-hans"):
        with override(language):
            made += [
                OrderWithoutCause(),
                OrderWithoutEnd(),
                IsolatesFromLowRisk(),
                WidensWhoIsIsolated(),
                ProlongsIsolation(now()),
                ProlongsIsolation(None),
                ExtensionWithoutReason(),
                LimitsTravelOutsideRiskAreas(),
                WidensRiskArea("district", "compound"),
                WidensRiskAreaWithoutReason("building", "unit"),
                ProlongsRiskArea(),
                errors.PackChangeProlongs(),
                errors.PosterScansAlone(),
            ]
    english, chinese = made[: len(made) // 2], made[len(made) // 2 :]

    assert {type(refusal) for refusal in english} == {
        guard for guard in GuardRefusal.__subclasses__() if guard.__module__ == errors.__name__
    }
    for one, other in zip(english, chinese, strict=True):
        assert one.message != other.message
        assert one.status == 403
