"""Pages that span rooms: why, the ledger, a person, who looked, the dashboard, jobs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from fangxian.cases.queries import open_case_of
from fangxian.kernel import clock
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests.make import account, sheet_of
from fangxian.measures.actions import approve_risk_area
from fangxian.measures.queries import orders_of, risk_areas_proposed
from fangxian.measures.tests.make import NOON
from fangxian.people.models import Resident
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import found, neighbours, sealed_tube
from fangxian.sampling.queries import tubes_of
from fangxian.web.commands import why as why_command
from fangxian.web.queries import beginning_of, retell, steps

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[clock.Hands]:
    with clock.playing(NOON) as hands, override("en"):
        yield hands


@pytest.fixture
def chen(client: Client) -> Account:
    """A commander with every duty, signed in, reading English."""
    chen = account("chen", duties=tuple(Duty), within="")
    client.force_login(chen)
    client.cookies["django_language"] = "en"
    return chen


def outbreak() -> tuple[Resident, list[Resident]]:
    """A pool of three; the first member is a case, the compound is a risk area."""
    make.rules("cn-v9")
    ill, *others = people = neighbours(3)
    pool = found(sealed_tube(people), "positive")
    for one in others:
        found(sealed_tube([one], retest_of=pool), "negative")
    found(sealed_tube([ill], retest_of=pool), "positive")
    for area in risk_areas_proposed(PLAYBOOK):
        approve_risk_area(make.OFFICER_DENG, area.id)
    return ill, others


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_every_order_answers_why_back_to_the_pool(client: Client, chen: Account) -> None:
    ill, _ = outbreak()
    order = orders_of(PLAYBOOK, ill.id).get(kind="hospital")

    page = text(client.get(f"/why/{order.id}"))

    assert page.index(order.code) < page.index("was reported") < page.rindex("3 swabs")
    assert "cn-v9@1" in page
    assert "the rules" in page


def test_why_shows_only_what_the_viewer_may_see() -> None:
    ill, _ = outbreak()
    order = orders_of(PLAYBOOK, ill.id).get(kind="hospital")
    guard = make.actor(Duty.CARRY_OUT, within=ill.area_path)

    chain = retell(guard, beginning_of(guard, order.id))

    assert all(step.place for step in chain)
    assert all(step.person is None for step in chain)  # no duty to see the register


def test_why_in_a_terminal_takes_the_code_on_the_paper(capsys: pytest.CaptureFixture[str]) -> None:
    ill, _ = outbreak()
    order = orders_of(PLAYBOOK, ill.id).get(kind="hospital")

    assert why_command([order.code.lower(), "--lang", "en"]) == 0
    assert why_command(["O9999999", "--lang", "en"]) == 1

    out, err = capsys.readouterr()
    assert order.code in out
    assert "positive" in out.splitlines()[0]
    assert "Check the number" in err


def test_the_ledger_is_for_auditors_and_finds_by_code(client: Client, chen: Account) -> None:
    ill, _ = outbreak()
    case = open_case_of(PLAYBOOK, ill.id)
    assert case is not None

    page = text(client.get(f"/ledger?subject={case.code}"))
    assert "was reported" in page
    assert "3 swabs is positive" not in page

    client.force_login(account("li", duties=(Duty.ENTER_RESULTS,)))
    assert client.get("/ledger").status_code == 403


def test_the_ledger_costs_the_same_for_few_and_many_events(client: Client, chen: Account) -> None:
    make.rules("cn-v9")
    found(sealed_tube(neighbours(2)), "positive")
    client.get("/ledger")
    with CaptureQueriesContext(connection) as few:
        client.get("/ledger")

    found(sealed_tube(neighbours(9)), "positive")
    with CaptureQueriesContext(connection) as many:
        client.get("/ledger")

    assert len(many) <= len(few) + 1


def test_the_ledger_is_exported_as_narrowed_and_that_enters_it(
    client: Client, chen: Account
) -> None:
    outbreak()
    kind = "cases.case_reported"

    rows = sheet_of(client.get(f"/ledger?kind={kind}&export=xlsx"))

    assert rows[0] == ["When", "What", "Where", "By", "Rule"]
    assert len(rows) == 2
    assert "was reported" in rows[1][1]
    page = text(client.get("/ledger"))
    assert "1 rows of “Events” were exported in every area" in page


def test_opening_a_person_is_on_record_and_unmasking_needs_a_purpose(
    client: Client, chen: Account
) -> None:
    ill, _ = outbreak()
    plain = ill.identity.reveal() if ill.identity else ill.name.reveal()
    field = "identity" if ill.identity else "name"

    page = text(client.get(f"/person/{ill.id}"))
    assert plain not in page

    refused = client.post(f"/person/{ill.id}/unmask", {"field": field, "purpose": ""})
    assert refused.status_code == 422
    shown = text(client.post(f"/person/{ill.id}/unmask", {"field": field, "purpose": "hospital"}))
    assert plain in shown

    looked = text(client.get(f"/person/{ill.id}/looked"))
    assert "hospital" in looked
    assert "2 readings" in looked
    header, *rows = sheet_of(client.get(f"/person/{ill.id}/looked?export=xlsx"))
    assert header == ["When", "Who", "Post", "What", "Purpose"]
    assert "hospital" in {row[4] for row in rows}


def test_a_persons_page_tells_restrictions_tests_and_history(client: Client, chen: Account) -> None:
    _, (neighbour, *_) = outbreak()

    page = text(client.get(f"/person/{neighbour.id}"))

    assert "stay in place until the retest" in page
    assert "祥和家园" in page  # the compound, a risk area now
    assert "ended" in page


@pytest.mark.parametrize("duty", [Duty.CARRY_OUT, Duty.DISPATCH])
def test_who_looks_after_people_sees_their_tests_but_is_not_led_to_the_laboratory(
    client: Client, duty: Duty
) -> None:
    _, (neighbour, *_) = outbreak()
    client.force_login(account("wang", duties=(duty, Duty.SEE_REGISTER), within=""))

    page = text(client.get(f"/person/{neighbour.id}"))

    tube = tubes_of(PLAYBOOK, neighbour.id)[0].tube
    assert tube.barcode in page
    assert f"/sampling/tubes/{tube.id}" not in page


@pytest.mark.parametrize("duty", [Duty.AUDIT, Duty.CARRY_OUT, Duty.OPERATE])
def test_nobody_is_led_to_a_page_that_turns_them_away(client: Client, duty: Duty) -> None:
    outbreak()
    viewer = account("sun", duties=(duty, Duty.AUDIT), within="")
    client.force_login(viewer)

    told = steps(viewer.actor, list(Event.objects.all()))

    refused = {one.url for one in told if client.get(one.url).status_code != 200}
    assert refused == set()


def test_outside_ones_area_a_person_does_not_exist(client: Client) -> None:
    ill, _ = outbreak()
    client.force_login(account("far", duties=tuple(Duty), within="zz/"))

    assert client.get(f"/person/{ill.id}").status_code == 404
    assert client.get(f"/why/{orders_of(PLAYBOOK, ill.id)[0].id}").status_code == 404


def test_the_dashboard_changes_when_something_happened(client: Client, chen: Account) -> None:
    outbreak()

    page = text(client.get("/"))
    version = page.split('data-v="')[1].split('"')[0]
    assert client.get(f"/live?v={version}").status_code == 204

    found(sealed_tube(neighbours(2)), "positive")
    fragments = text(client.get(f"/live?v={version}"))
    assert 'hx-swap-oob="true"' in fragments
    assert "2 swabs is positive" in fragments


def test_somebody_without_duties_still_finds_the_way_to_care(client: Client) -> None:
    client.force_login(account("new", duties=()))

    answer = client.get("/")

    assert answer.headers["Location"] == reverse("care:clock")
    assert client.get(answer.headers["Location"]).status_code == 200


def test_jobs_are_for_operators(client: Client, chen: Account) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status,"
            " attempts) VALUES ('default', 'people.import', 0, '{}', 'failed', 5) RETURNING id"
        )
        job_id = cursor.fetchone()[0]

    assert "people.import" in text(client.get("/jobs"))
    client.post(f"/jobs/{job_id}/again")

    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job_id])
        assert cursor.fetchone()[0] == "todo"
    client.force_login(account("li", duties=(Duty.ENTER_RESULTS,)))
    assert client.get("/jobs").status_code == 403
