"""An order reaches the person: how, in which language, taken by whom, and what proves it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.measures.actions import serve_order, serve_orders_at
from fangxian.measures.errors import NoSuchWay, ServiceNeedsProof
from fangxian.measures.models import Order, Service
from fangxian.measures.printing import duties, notices
from fangxian.measures.queries import languages_for, not_served_by_building, orders_not_served
from fangxian.measures.tests import make
from fangxian.measures.tests.make import GRID_WORKER_WANG
from fangxian.measures.tests.test_doors import read, send, signed_in
from fangxian.people.models import Resident
from fangxian.protocol.packs import load_pack

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules("cn-v9")


def test_a_service_says_how_in_which_language_and_by_what_proof() -> None:
    order = make.order()

    serve_order(
        GRID_WORKER_WANG,
        order.id,
        how="paper",
        language="en",
        to_whom="household",
        note="the wife signed",
    )

    service = Service.objects.get(order=order)
    assert (service.how, service.language, service.to_whom) == ("paper", "en", "household")
    assert (service.proof, service.by_id) == ("the wife signed", GRID_WORKER_WANG.id)
    event = Event.objects.get(kind="measures.order_served")
    assert (event.facts["how"], event.facts["language"]) == ("paper", "en")
    assert "wife" not in str(event.facts)


@pytest.mark.parametrize(
    "said", [{"how": "message"}, {"how": "paper", "to_whom": "household"}], ids=str
)
def test_a_message_and_what_others_took_need_proof(said: dict[str, str]) -> None:
    order = make.order()

    with pytest.raises(ServiceNeedsProof):
        serve_order(GRID_WORKER_WANG, order.id, **said)

    assert order in orders_not_served(PLAYBOOK)


@pytest.mark.parametrize("said", [{"how": "smoke"}, {"to_whom": "neighbour"}], ids=str)
def test_an_unknown_way_is_refused(said: dict[str, str]) -> None:
    with pytest.raises(NoSuchWay):
        serve_order(GRID_WORKER_WANG, make.order().id, **said)


def test_the_database_keeps_no_message_without_proof() -> None:
    order = make.order()

    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.create(order=order, how="message", language="en", by_id=GRID_WORKER_WANG.id)


def test_an_order_may_be_told_again_in_another_language(noon: Hands) -> None:
    order = serve_order(GRID_WORKER_WANG, make.order().id)
    first = order.served_at
    noon.forward(hours=1)

    again = serve_order(GRID_WORKER_WANG, order.id, how="page", language="en")
    serve_order(GRID_WORKER_WANG, order.id, how="page", language="en")

    assert again.served_at == first
    assert order.services.count() == 2


# A whole building


def building_of_orders(number: int = 3) -> list[Order]:
    home = make.estate()[0]
    return [
        make.order(make.resident(at=make.door(home, f"{100 + place}"))) for place in range(number)
    ]


def test_a_building_is_served_door_by_door_at_once() -> None:
    orders, elsewhere = building_of_orders(), make.order()
    (here,) = [one for one in not_served_by_building(PLAYBOOK) if one.orders == 3]

    served = serve_orders_at(GRID_WORKER_WANG, here.path, note="all doors, 15:00")
    again = serve_orders_at(GRID_WORKER_WANG, here.path)

    assert (served, again) == (3, 0)
    assert list(orders_not_served(PLAYBOOK)) == [elsewhere]
    assert Event.objects.filter(kind="measures.order_served").count() == len(orders)


def test_only_who_works_in_the_field_says_that_a_building_was_told() -> None:
    building_of_orders()

    with pytest.raises(NotYours):
        serve_orders_at(make.AUDITOR_SHEN, "")


def test_buildings_are_listed_by_the_longest_wait(noon: Hands) -> None:
    long_ago = make.order()
    noon.forward(hours=2)
    building_of_orders(2)

    waiting = not_served_by_building(PLAYBOOK)

    assert [one.orders for one in waiting] == [1, 2]
    assert waiting[0].oldest == long_ago.issued_at
    assert now() - waiting[0].oldest == timedelta(hours=2)


# The paper


def test_a_foreigner_is_told_in_english_unless_asked_otherwise() -> None:
    order = make.order()
    Resident.objects.filter(id=order.resident_id).update(identity_type="20")

    assert languages_for(PLAYBOOK, [order.resident_id]) == {order.resident_id: "en"}
    assert languages_for(PLAYBOOK, [make.resident().id]) == {}


def test_a_notice_is_one_page_a_person_in_one_file() -> None:
    orders = building_of_orders(2)

    one = notices(make.OFFICER_DENG, orders[:1], language="en")
    both = notices(make.OFFICER_DENG, orders, receipt=True)

    assert one.startswith(b"%PDF")
    assert len(both) > len(one)


@pytest.mark.parametrize("kind", Order.Kind.values)
def test_every_kind_of_order_asks_something_of_the_person(kind: str) -> None:
    asked = duties(kind, load_pack("cn-v9"), tested=True)

    assert len(asked) >= 2
    assert all(sentence.strip() for sentence in asked)


def test_the_numbers_in_the_duties_are_those_of_the_pack() -> None:
    said = " ".join(duties("home_quarantine", load_pack("cn-v9"), tested=False))

    assert "2 times a day" in said
    assert "37.3" in said
    assert "dry cough" in said


# Pages


def test_what_is_not_served_stands_on_a_page_with_its_papers(client: Client) -> None:
    worker = signed_in(client, Duty.CARRY_OUT)
    orders = building_of_orders()

    page = read(worker, "to_serve")
    place = not_served_by_building(PLAYBOOK)[0].path
    paper = worker.get(reverse("measures:notices_paper"), {"at": place})
    assert "1 order" in read(worker, "orders") or "3 orders in force have not" in page + read(
        worker, "orders"
    )
    send(worker, "serve_all", at=place, language="zh-hans")

    assert paper.content.startswith(b"%PDF")
    assert reverse("measures:notices_paper") in page
    assert all(order.code not in read(worker, "orders", served="no") for order in orders)
    assert "Every order in force has been served." in read(worker, "to_serve")
    response = worker.get(reverse("measures:notices_paper"), {"at": place})
    assert response.status_code == 409


def test_an_order_is_served_from_its_page_with_what_proves_it(client: Client) -> None:
    worker, order = signed_in(client, Duty.CARRY_OUT), make.order()

    refused = send(
        worker, "serve", order.id, status=422, how="message", language="en", to_whom="person"
    )
    send(
        worker,
        "serve",
        order.id,
        how="message",
        language="en",
        to_whom="person",
        note="read at 9:05",
    )

    assert "how the message was answered" in refused
    page = read(worker, "order", order.id)
    assert "by message" in page
    assert "read at 9:05" in page
    paper = worker.get(reverse("measures:notice_paper", args=[order.id]), {"lang": "en"})
    assert paper.content.startswith(b"%PDF")
