"""The story of a case and of the contacts it names."""

import pytest

from fangxian.cases.actions import (
    confirm_contacts,
    discard_contact,
    report_case,
    withdraw_case,
)
from fangxian.cases.models import Case
from fangxian.cases.queries import contacts_of, open_case_of
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now
from fangxian.measures.actions import approve_risk_area, lift_risk_area, reject_risk_area
from fangxian.measures.queries import (
    orders_about,
    orders_of,
    risk_areas_about,
    risk_areas_over,
)
from fangxian.people.models import Resident
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import (
    INVESTIGATOR_ZHAO,
    OFFICER_DENG,
    found,
    measures,
    sealed_tube,
)

pytestmark = pytest.mark.django_db


def case_of(person: Resident) -> Case:
    found(sealed_tube([person]), "positive")
    case = open_case_of(PLAYBOOK, person.id)
    assert case is not None
    return case


def couple() -> tuple[Resident, Resident]:
    door = make.door(make.estate()[0])
    one, other = make.resident(at=door), make.resident(at=door)
    assert one.household_id == other.household_id
    return one, other


def test_a_case_is_brought_to_hospital_and_investigated() -> None:
    make.rules("cn-v9")
    (ill,) = make.neighbours(1)

    case = case_of(ill)

    order = orders_of(PLAYBOOK, ill.id).get()
    assert (order.kind, order.rule) == ("hospital", "measures.infected")
    assert make.kinds_of_tasks(order.id) == {"transfer_patient", "serve_order"}
    assert "investigate_case" in make.kinds_of_tasks(case.id)


def test_the_household_is_proposed_and_a_confirmed_contact_gets_an_order() -> None:
    make.rules("cn-v9")
    ill, partner = couple()
    case = case_of(ill)

    (contact,) = contacts_of(INVESTIGATOR_ZHAO, case.id)
    assert (contact.resident_id, contact.how, contact.state) == (
        partner.id,
        "household",
        "proposed",
    )
    assert not orders_of(PLAYBOOK, partner.id)

    confirm_contacts(INVESTIGATOR_ZHAO, [contact.id])

    order = orders_of(PLAYBOOK, partner.id).get()
    assert (order.kind, order.subject) == ("central_quarantine", "close_contact")
    assert make.kinds_of_tasks(order.id) == {"transfer_person", "serve_order"}
    assert "confirm_contacts" not in make.kinds_of_tasks(case.id)


def test_under_the_twenty_items_the_same_contact_is_five_days_away() -> None:
    make.rules("cn-20")
    ill, partner = couple()
    case = case_of(ill)

    confirm_contacts(INVESTIGATOR_ZHAO, contacts_of(PLAYBOOK, case.id).values_list("id", flat=True))

    order = orders_of(PLAYBOOK, partner.id).get()
    assert (order.ends_at - order.counted_from).days == 5


def test_under_the_ten_items_the_same_contact_stays_at_home() -> None:
    make.rules("cn-10")
    ill, partner = couple()
    case = case_of(ill)

    confirm_contacts(INVESTIGATOR_ZHAO, contacts_of(PLAYBOOK, case.id).values_list("id", flat=True))

    order = orders_of(PLAYBOOK, partner.id).get()
    assert order.kind == "home_quarantine"
    assert make.kinds_of_tasks(order.id) == {"serve_order"}


def test_a_discarded_contact_gets_nothing() -> None:
    make.rules("cn-v9")
    ill, partner = couple()
    case = case_of(ill)
    contact = contacts_of(PLAYBOOK, case.id).get()

    discard_contact(INVESTIGATOR_ZHAO, contact.id, reason="was abroad")

    assert not orders_about(PLAYBOOK, contact.id)
    assert not orders_of(PLAYBOOK, partner.id)
    assert "confirm_contacts" not in make.kinds_of_tasks(case.id)


def test_the_compound_becomes_a_risk_area_once_an_officer_says_so() -> None:
    make.rules("cn-v9")
    (ill,) = make.neighbours(1)
    case = case_of(ill)

    (area,) = risk_areas_about(PLAYBOOK, case.id)
    assert (area.state, area.level, area.unit) == ("proposed", "high", "compound")
    assert make.kinds_of_tasks(area.id) == {"decide_risk_area"}

    approve_risk_area(OFFICER_DENG, area.id)

    assert risk_areas_over(PLAYBOOK, ill.area_path).get(level="high").id == area.id
    assert make.kinds_of_tasks(area.id) == {"deliver_notice", "set_posts", "supply_area"}


def test_under_the_twenty_items_only_the_stairwell_is_proposed() -> None:
    make.rules("cn-20")
    (ill,) = make.neighbours(1)

    case = case_of(ill)

    assert risk_areas_about(PLAYBOOK, case.id).get().unit == "unit"


def test_a_rejected_proposal_leaves_nothing_to_do() -> None:
    make.rules("cn-v9")
    (ill,) = make.neighbours(1)
    case = case_of(ill)
    area = risk_areas_about(PLAYBOOK, case.id).get()

    reject_risk_area(OFFICER_DENG, area.id, reason="the contacts are all known")

    assert make.kinds_of_tasks(area.id) <= {"open_area"}
    assert not risk_areas_over(PLAYBOOK, ill.area_path).filter(level="high")


def test_a_lifted_risk_area_takes_its_tasks_with_it(noon: Hands) -> None:
    make.rules("cn-v9")
    (ill,) = make.neighbours(1)
    case = case_of(ill)
    area = risk_areas_about(PLAYBOOK, case.id).get()
    approve_risk_area(OFFICER_DENG, area.id)
    noon.forward(days=11)

    lift_risk_area(OFFICER_DENG, area.id, reason="every condition holds")

    assert make.kinds_of_tasks(area.id) <= {"open_area"}
    assert not risk_areas_over(PLAYBOOK, ill.area_path).filter(level="high")


def test_a_second_case_in_a_risk_area_starts_its_days_again(noon: Hands) -> None:
    make.rules("cn-v9")
    ill, next_door = make.neighbours(2)
    case = case_of(ill)
    area = risk_areas_about(PLAYBOOK, case.id).get()
    approve_risk_area(OFFICER_DENG, area.id)
    before = risk_areas_over(PLAYBOOK, ill.area_path).get(level="high").clock_origin
    noon.forward(days=3)

    measures.positive(next_door)  # who lives there is tested singly

    after = risk_areas_over(PLAYBOOK, ill.area_path).get(level="high").clock_origin
    assert before is not None
    assert after is not None
    assert after > before


def test_a_suspected_case_restricts_nobody_until_it_is_one() -> None:
    make.rules("cn-v9")
    (ill,) = make.neighbours(1)

    case = report_case(
        INVESTIGATOR_ZHAO,
        resident_id=ill.id,
        classification="suspected",
        specimen_at=now(),
        found_by="clinic",
        under_control=False,
    )

    assert make.kinds_of_tasks(case.id) >= {"investigate_case"}
    assert not orders_of(PLAYBOOK, ill.id)
    assert not risk_areas_about(PLAYBOOK, case.id)

    found(sealed_tube([ill]), "positive")

    assert orders_of(PLAYBOOK, ill.id).get().kind == "hospital"
    assert risk_areas_about(PLAYBOOK, case.id).exists()


def test_a_withdrawn_case_frees_everybody_it_had_restricted() -> None:
    make.rules("cn-v9")
    ill, partner = couple()
    case = case_of(ill)
    confirm_contacts(INVESTIGATOR_ZHAO, contacts_of(PLAYBOOK, case.id).values_list("id", flat=True))
    area = risk_areas_about(PLAYBOOK, case.id).get()
    approve_risk_area(OFFICER_DENG, area.id)

    withdraw_case(INVESTIGATOR_ZHAO, case.id, reason="two laboratories found nothing")

    assert not orders_of(PLAYBOOK, ill.id).filter(state="in_force")
    assert not orders_of(PLAYBOOK, partner.id).filter(state="in_force")
    assert "decide_release" in make.kinds_of_tasks(area.id)
    assert make.kinds_of_tasks(case.id) == set()


def test_a_confirmed_contact_that_is_discarded_later_goes_free() -> None:
    make.rules("cn-v9")
    ill, partner = couple()
    case = case_of(ill)
    contact = contacts_of(PLAYBOOK, case.id).get()
    confirm_contacts(INVESTIGATOR_ZHAO, [contact.id])

    discard_contact(INVESTIGATOR_ZHAO, contact.id, reason="was abroad")

    assert orders_of(PLAYBOOK, partner.id).get().state == "ended"
