"""Colours come from evidence, all of it and nothing else."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fangxian.areas.models import Area
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now
from fangxian.measures.actions import end_order, lift_risk_area
from fangxian.measures.tests import make
from fangxian.measures.tests.make import COMMANDER_CHEN, OFFICER_DENG
from fangxian.status.actions import derive_statuses, let_lapse
from fangxian.status.models import Objection, Status
from fangxian.status.queries import (
    changes_by_day,
    people_by_colour,
    status_of,
    statuses_of,
    unfounded,
)

pytestmark = pytest.mark.django_db


def shown(who: object) -> str:
    return status_of(PLAYBOOK, who.id).colour  # type: ignore[attr-defined]


def test_whoever_nothing_stands_against_is_green() -> None:
    make.rules()
    who = make.resident()

    derive_statuses(PLAYBOOK)

    found = status_of(PLAYBOOK, who.id)
    assert (found.colour, found.reasons, found.since) == ("green", (), None)


def test_an_order_gives_a_colour_with_its_rule_its_source_and_its_end() -> None:
    make.rules()
    order = make.order()

    derived = derive_statuses(PLAYBOOK, residents=[order.resident_id])

    found = status_of(PLAYBOOK, order.resident_id)
    [reason] = found.reasons
    assert derived.red == 1
    assert found.colour == "red"
    assert (reason.kind, reason.ground, reason.rule) == (
        "order",
        order.id,
        "status.rules.central_quarantine",
    )
    assert (reason.until, reason.pack, reason.grade) == (order.ends_at, "cn-v9@1", "B")
    assert reason.because_id == order.because_id
    assert found.until == order.ends_at


def test_the_code_follows_when_the_order_ends() -> None:
    make.rules()
    order = make.order()
    derive_statuses(PLAYBOOK, residents=[order.resident_id])

    end_order(OFFICER_DENG, order.id, reason="issued by mistake")
    derived = derive_statuses(PLAYBOOK, residents=[order.resident_id])

    assert derived.green == 1
    assert status_of(PLAYBOOK, order.resident_id).colour == "green"
    assert [row.colour for row in statuses_of(PLAYBOOK, order.resident_id)] == ["red"]


def test_an_order_past_its_end_colours_nobody(noon: Hands) -> None:
    make.rules()
    order = make.order()
    derive_statuses(PLAYBOOK)
    noon.to(order.ends_at)
    noon.forward(minutes=1)

    let_lapse(PLAYBOOK)

    assert status_of(PLAYBOOK, order.resident_id).colour == "green"


def test_however_many_lapse_at_once_they_are_as_many_statements_as_one(
    noon: Hands, django_assert_max_num_queries: Any
) -> None:
    make.rules()
    orders = [make.order() for _ in range(4)]
    derive_statuses(PLAYBOOK)
    noon.to(max(order.ends_at for order in orders))
    noon.forward(minutes=1)

    with django_assert_max_num_queries(9):
        lapsed = let_lapse(PLAYBOOK)

    assert lapsed.green == 4
    assert let_lapse(PLAYBOOK).changed == 0


def test_a_risk_area_colours_who_lives_there_where_the_pack_says_so() -> None:
    make.rules("local-4day")
    area = make.risk_area()
    inside = make.resident(at=make.door(Area.objects.get(path=area.places[0]), "103"))
    outside = make.resident()

    derive_statuses(PLAYBOOK, places=area.places)

    assert (shown(inside), shown(outside)) == ("yellow", "green")
    [reason] = status_of(PLAYBOOK, inside.id).reasons
    assert (reason.kind, reason.ground) == ("risk_area", area.id)


def test_lifting_the_area_takes_its_colour_away() -> None:
    make.rules("local-4day")
    area = make.risk_area()
    inside = make.resident(at=make.door(Area.objects.get(path=area.places[0]), "103"))
    derive_statuses(PLAYBOOK, places=area.places)

    lift_risk_area(COMMANDER_CHEN, area.id, reason="wrong house")
    derive_statuses(PLAYBOOK, places=area.places)

    assert shown(inside) == "green"


def test_the_stricter_of_two_reasons_shows_and_both_are_told() -> None:
    make.rules("local-4day")
    area = make.risk_area()
    who = make.resident(at=make.door(Area.objects.get(path=area.places[0]), "103"))
    order = make.order(who)

    derive_statuses(PLAYBOOK)

    found = status_of(PLAYBOOK, who.id)
    assert found.colour == "red"
    assert [(one.kind, one.colour) for one in found.reasons] == [
        ("order", "red"),
        ("risk_area", "yellow"),
    ]
    end_order(OFFICER_DENG, order.id, reason="issued by mistake")
    derive_statuses(PLAYBOOK, residents=[who.id])
    assert shown(who) == "yellow"


def test_deriving_again_changes_nothing() -> None:
    make.rules()
    make.order()
    derive_statuses(PLAYBOOK)
    before = list(Status.objects.values())

    assert derive_statuses(PLAYBOOK).changed == 0

    assert list(Status.objects.values()) == before


def test_where_the_rules_use_no_codes_everybody_is_green() -> None:
    make.rules()
    order = make.order()
    derive_statuses(PLAYBOOK)

    with make.moved_to("cn-10"):
        derive_statuses(PLAYBOOK)

    found = status_of(PLAYBOOK, order.resident_id)
    assert (found.colour, found.used) == ("green", False)


def test_an_area_with_rules_of_its_own_is_derived_by_them() -> None:
    make.rules()
    order = make.order()
    place = status_of(PLAYBOOK, order.resident_id).area_path
    elsewhere = make.order()
    make.rules("cn-10", area_path=place, from_at=now() - timedelta(hours=1))

    derive_statuses(PLAYBOOK)

    assert status_of(PLAYBOOK, order.resident_id).colour == "green"
    assert status_of(PLAYBOOK, elsewhere.resident_id).colour == "red"


def test_a_whole_district_is_as_many_statements_as_one_person() -> None:
    make.rules()
    orders = [make.order() for _ in range(12)]

    with CaptureQueriesContext(
        connection,
    ) as few:
        derive_statuses(PLAYBOOK, residents=[orders[0].resident_id])
    with CaptureQueriesContext(connection) as many:
        derive_statuses(PLAYBOOK)

    assert len(many) == len(few)


def test_no_colour_without_evidence_can_be_stored() -> None:
    make.rules()
    order = make.order()
    derive_statuses(PLAYBOOK)

    with pytest.raises(IntegrityError, match="status_rests_on_evidence"), transaction.atomic():
        Status.objects.update(grounds=[])
    with pytest.raises(IntegrityError, match="status_has_a_known_colour"), transaction.atomic():
        Status.objects.update(colour="black")
    with pytest.raises(IntegrityError, match="status_is_one_a_person"), transaction.atomic():
        Status.objects.create(
            resident_id=order.resident_id,
            area_path="1/",
            colour="red",
            grounds=[uuid4()],
            pack="cn-v9@1",
            began_at=now(),
            look_again_at=now(),
        )
    with pytest.raises(IntegrityError, match="status_ends_after_it_began"), transaction.atomic():
        Status.objects.update(ended_at=now() - timedelta(days=1))


def test_an_officer_cannot_decide_what_they_filed() -> None:
    make.rules("local-4day")
    who = make.resident()
    filed = uuid4()
    with (
        pytest.raises(IntegrityError, match="status_objection_is_decided_by_others"),
        transaction.atomic(),
    ):
        Objection.objects.create(
            resident_id=who.id,
            area_path=who.area_path,
            ground=uuid4(),
            text="no",
            filed_by=filed,
            due_at=now(),
            pack="cn-v9@1",
            state="rejected",
            first_by=filed,
            decided_at=now(),
            reasons="no",
        )
    with (
        pytest.raises(IntegrityError, match="status_objection_decided_says_who_and_why"),
        transaction.atomic(),
    ):
        Objection.objects.create(
            resident_id=who.id,
            area_path=who.area_path,
            ground=uuid4(),
            text="no",
            filed_by=filed,
            due_at=now(),
            pack="cn-v9@1",
            state="upheld",
        )


def test_a_code_whose_evidence_is_gone_is_shown_to_auditors() -> None:
    make.rules()
    order = make.order()
    derive_statuses(PLAYBOOK)
    assert unfounded(PLAYBOOK) == []

    end_order(OFFICER_DENG, order.id, reason="issued by mistake")

    assert [row.resident_id for row in unfounded(PLAYBOOK)] == [order.resident_id]


def test_persons_are_counted_by_colour_and_day() -> None:
    make.rules()
    order = make.order()
    derive_statuses(PLAYBOOK)

    assert people_by_colour(PLAYBOOK) == {"red": 1, "yellow": 0}
    [day] = changes_by_day(PLAYBOOK, since=order.starts_at - timedelta(days=1))
    assert (day.red, day.yellow) == (1, 0)
