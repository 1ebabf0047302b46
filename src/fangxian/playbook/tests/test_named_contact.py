"""The story of somebody who is named as a contact."""

import pytest

from fangxian.cases.actions import confirm_contacts, discard_contact
from fangxian.cases.queries import contacts_of
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.measures.queries import orders_of
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import INVESTIGATOR_ZHAO, measures
from fangxian.playbook.tests.test_confirmed_case import case_of, couple

pytestmark = pytest.mark.django_db


def test_a_confirmed_contact_is_ordered_what_the_pack_asks_and_it_is_told_why() -> None:
    make.rules("cn-v9")
    ill, partner = couple()
    case = case_of(ill)
    (contact,) = contacts_of(PLAYBOOK, case.id)

    confirm_contacts(INVESTIGATOR_ZHAO, [contact.id])

    order = orders_of(PLAYBOOK, partner.id).get()
    cause = Event.objects.get(id=order.because_id)
    assert (order.about_id, order.rule) == (contact.id, "measures.close_contact")
    assert cause.kind == "cases.contact_confirmed"
    assert order.counted_from == contact.last_at


def test_a_pack_without_a_rule_for_such_a_contact_restricts_nobody_and_says_so() -> None:
    make.rules("cn-20")
    met = measures.registered_contact("secondary")
    met.__class__.objects.filter(id=met.id).update(state="proposed", decided_at=None)

    confirm_contacts(INVESTIGATOR_ZHAO, [met.id])

    assert not orders_of(PLAYBOOK, met.resident_id)
    assert Event.objects.filter(kind="measures.no_measure_in_pack", subject_id=met.id).exists()


def test_a_discarded_contact_goes_free_with_every_task() -> None:
    make.rules("cn-v9")
    ill, partner = couple()
    case = case_of(ill)
    (contact,) = contacts_of(PLAYBOOK, case.id)
    confirm_contacts(INVESTIGATOR_ZHAO, [contact.id])
    order = orders_of(PLAYBOOK, partner.id).get()

    discard_contact(INVESTIGATOR_ZHAO, contact.id, reason="was abroad")

    assert orders_of(PLAYBOOK, partner.id).get().state == "ended"
    assert make.kinds_of_tasks(order.id) == set()
