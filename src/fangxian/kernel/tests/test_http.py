"""The common part of the doors: health, signing in, the lock, refusals, paging by key."""

import json
import logging

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from fangxian.kernel import http
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.errors import Malformed, NotFound, NotYours
from fangxian.kernel.ledger import record_many
from fangxian.kernel.logs import JsonLines
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests import make

pytestmark = pytest.mark.django_db


def test_health_and_readiness_are_answered_without_signing_in(client: Client) -> None:
    assert client.get("/healthz").content == b"ok"
    assert client.get("/readyz").content == b"ready"


def test_metrics_count_jobs_and_events_not_yet_sealed(client: Client) -> None:
    record_many([make.knock(), make.knock()], actor=PLAYBOOK)

    text = client.get("/metrics").content.decode()

    assert "fangxian_ledger_unsealed 2.0" in text
    assert "fangxian_requests_total" in text


def test_metrics_need_the_token_where_one_is_set(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "secret"

    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200


def test_a_stranger_is_sent_to_sign_in_and_brought_back(client: Client) -> None:
    make.account()

    answer = client.get("/ledger")
    assert answer.headers["Location"] == "/accounts/login/?next=/ledger"

    signed_in = client.post(answer.headers["Location"], {"login": "li", "password": make.PASSWORD})
    assert signed_in.headers["Location"] == "/ledger"


def test_five_wrong_passwords_close_the_door_for_a_while(client: Client) -> None:
    make.account()

    answers = [
        client.post("/accounts/login/", {"login": "li", "password": f"wrong {n}"}) for n in range(7)
    ]
    right = client.post("/accounts/login/", {"login": "li", "password": make.PASSWORD})

    assert answers[0].status_code == 200
    assert right.status_code in {200, 429}
    assert "_auth_user_id" not in client.session


def test_nobody_can_sign_themselves_up(client: Client) -> None:
    client.post(
        "/accounts/signup/",
        {"username": "eve", "password1": make.PASSWORD, "password2": make.PASSWORD},
    )

    assert not Account.objects.filter(username="eve").exists()


def test_an_untouched_screen_is_locked(client: Client, settings: Settings) -> None:
    li = make.account(duties=(Duty.AUDIT,))
    client.force_login(li)
    client.get("/ledger")
    session = client.session
    session["touched"] -= settings.SESSION_LOCK_SECONDS + 1
    session.save()

    page = client.get("/ledger")
    polled = client.get("/live?v=1", headers={"HX-Request": "true"})

    assert page.headers["Location"].startswith("/accounts/reauthenticate/")
    assert polled.headers["HX-Redirect"].startswith("/accounts/reauthenticate/")

    client.post("/accounts/reauthenticate/?next=/ledger", {"password": make.PASSWORD})
    assert client.get("/ledger").status_code == 200


def test_polling_does_not_keep_a_screen_open(client: Client) -> None:
    client.force_login(make.account(duties=(Duty.AUDIT,)))
    client.get("/ledger")
    session = client.session
    session["touched"] -= 300
    session.save()
    before = client.session["touched"]

    client.get("/live?v=1")

    assert client.session["touched"] == before


def test_a_refusal_is_a_page_a_fragment_or_json(rf: RequestFactory) -> None:
    door = http.AnswerRefusals(lambda _request: HttpResponse())
    refusal = NotYours("Enter results")

    as_json = door.process_exception(rf.get("/", headers={"Accept": "application/json"}), refusal)
    assert as_json is not None
    assert json.loads(as_json.content)["code"] == "not_your_duty"
    assert as_json.status_code == 403
    assert door.process_exception(rf.get("/"), ValueError()) is None


def test_a_refusal_is_shown_in_the_readers_language(client: Client) -> None:
    client.force_login(make.account(duties=(Duty.COMMAND,)))

    chinese = client.get("/why/00000000-0000-7000-8000-00000000dead")
    client.post("/i18n/setlang/", {"language": "en"})
    english = client.get("/why/00000000-0000-7000-8000-00000000dead")

    assert chinese.status_code == english.status_code == 404
    assert "辖区" in chinese.content.decode()
    assert "in your area" in english.content.decode()


def test_pages_follow_each_other_by_key_and_back() -> None:
    record_many([make.knock(n) for n in range(23)], actor=PLAYBOOK)
    rows = Event.objects.order_by("-seq")
    everything = [event.facts["door"] for event in rows]

    first = http.paged(rows, "", size=10)
    second = http.paged(rows, first.after, size=10)
    last = http.paged(rows, second.after, size=10)
    back = http.paged(rows, last.before, size=10)

    shown = [event.facts["door"] for page in (first, second, last) for event in page.rows]
    assert shown == everything
    assert (first.before, last.after) == ("", "")
    assert [e.id for e in back.rows] == [e.id for e in second.rows]


def test_a_page_far_down_costs_one_indexed_query() -> None:
    with transaction.atomic():
        record_many([make.knock(n) for n in range(300)], actor=PLAYBOOK)
    rows = Event.objects.order_by("tx", "seq")
    mark = http.paged(rows, "", size=200).after

    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = http.paged(rows, mark, size=50)

    assert len(page.rows) == 50
    assert len(queries) == 1
    assert ") > (" in queries[0]["sql"]


def test_a_damaged_page_mark_is_refused_with_advice() -> None:
    with pytest.raises(Malformed):
        http.paged(Event.objects.order_by("-seq"), ">rubbish")


def test_a_list_ordered_both_ways_cannot_be_paged_by_key() -> None:
    with pytest.raises(ValueError, match="all one way"):
        http.paged(Event.objects.order_by("-tx", "seq"), "")


HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("opened", "page"),
    [
        ("/gates/at/0182fc5b-0600-7e99-aad8-336894eaae5f/set", "/gates/at/"),
        ("/gates/venues/posters.pdf", "/gates/venues"),
        ("/sampling/enter", "/sampling/"),
        ("/sync/refused/0182fc5b-0600-7e99-aad8-336894eaae5f/apply", "/sync/refused/"),
        ("/accounts/nowhere", ""),
    ],
)
def test_an_address_that_only_takes_forms_leads_back_to_its_page(
    client: Client, opened: str, page: str
) -> None:
    client.force_login(make.account(duties=(Duty.AUDIT,)))

    answer = client.get(opened, headers=HTML)

    assert answer.status_code == (405 if page else 404)
    if page:
        assert answer.headers["Allow"] == "POST"
        assert f'class="btn btn-primary" href="{page}' in answer.content.decode()


def test_a_machine_that_asks_in_the_wrong_way_gets_a_bare_answer(client: Client) -> None:
    client.force_login(make.account())

    answer = client.get("/sampling/enter", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.content) == (405, b"")


def test_log_lines_are_json_and_hold_no_query_string(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="fangxian.request"):
        client.get("/healthz?name=王小明", headers={"X-Request-ID": "abcdefgh-1"})

    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert (line["status"], line["request"]) == (200, "abcdefgh-1")
    assert "王小明" not in json.dumps(line, ensure_ascii=False)


def test_not_found_and_not_yours_look_alike_outside_the_area() -> None:
    assert NotFound("tube").status == 404
