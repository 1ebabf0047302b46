"""The pages of requests, the hotline and whistles, and the door of telephone systems."""

import io
import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries
from xlsxwriter import Workbook

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.requests import actions
from fangxian.requests.models import Call, Request, Whistle
from fangxian.requests.scripts import scripts, shipped_answers
from fangxian.requests.tests import make

pytestmark = pytest.mark.django_db


def signed_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(id=actor.id))
    client.cookies["django_language"] = "en"
    return client


def sheet(rows: list[list[str]]) -> io.BytesIO:
    held = io.BytesIO()
    with Workbook(held) as book:
        page = book.add_worksheet()
        for line, row in enumerate(rows):
            page.write_row(line, 0, row)
    held.seek(0)
    held.name = "12345.xlsx"
    return held


def test_an_operator_answers_a_call_from_the_queue_to_a_request() -> None:
    he, one = make.operator(), make.resident()[0]
    client = signed_in(he)
    make.call(he, one.phone.reveal())

    queue = client.get(reverse("requests:hotline")).content.decode()
    assert "on the line" in queue

    page = client.post(reverse("requests:take_next"), follow=True)
    call = Call.objects.get()
    assert page.request["PATH_INFO"] == reverse("requests:call", args=[call.id])
    assert "王**" in page.content.decode()

    sent = client.post(
        reverse("requests:help", args=[call.id]),
        {
            "words": "没有降压药了",
            "category": "medical",
            "urgency": "urgent",
            "area": one.area_path,
            "people": [str(one.id)],
            "request_id": str(new_id()),
        },
    )
    assert sent.status_code == 302
    request = Request.objects.get()
    assert [row.resident_id for row in request.concerned.all()] == [one.id]
    assert request.code in client.get(reverse("requests:requests")).content.decode()


def test_the_library_is_searched_while_typing_and_ends_the_call() -> None:
    he, path = make.operator(), make.home().path
    actions.set_answers(he, shipped_answers(), area_path=make.district_of(path))
    client = signed_in(he)
    call = actions.start_call(he, phone="13900001111")

    found = client.get(reverse("requests:answers", args=[call.id]), {"q": "透析怎么去"})
    first = found.context["answers"][0]
    assert "dialysis" in first.question
    client.post(reverse("requests:answer", args=[call.id]), {"answer": str(first.row.id)})

    assert Call.objects.get().ending == "answer"


def test_an_emergency_is_one_step_and_needs_no_words() -> None:
    he, one = make.operator(), make.resident()[0]
    client = signed_in(he)
    make.call(he, one.phone.reveal())
    call = actions.take_next_call(he)

    client.post(reverse("requests:emergency", args=[call.id]), {})

    assert Request.objects.get().transfer_id is not None


def test_a_form_that_lacks_words_comes_back_with_what_was_typed() -> None:
    he = make.operator()
    client = signed_in(he)
    call = actions.start_call(he, phone="13900001111")

    back = client.post(
        reverse("requests:help", args=[call.id]), {"category": "medical", "place": "3号楼"}
    )

    assert back.status_code == 422
    assert "3号楼" in back.content.decode()
    assert Call.objects.get().state == "taken"


def test_a_colleagues_call_is_shown_as_theirs_politely() -> None:
    he, her = make.operator(), make.operator("Xia")
    call = actions.start_call(he, phone="13900001111")

    page = signed_in(her).get(reverse("requests:call", args=[call.id]))

    assert "Nothing is lost" in page.content.decode()
    refused = signed_in(her).post(reverse("requests:take", args=[call.id]))
    assert refused.status_code == 409


@pytest.mark.parametrize(
    "name", ["requests", "places", "figures", "city", "new", "library", "lines", "whistles"]
)
def test_every_list_opens_with_nothing_in_it_and_with_something(name: str) -> None:
    path = make.home().path
    both = make.account(Duty.ANSWER_CALLS, Duty.DISPATCH, Duty.MANAGE_ACCOUNTS)
    client = signed_in(both)

    assert client.get(reverse(f"requests:{name}")).status_code == 200
    unit = make.unit(make.district_of(path))
    one = make.request(both, area_path=path, channel="hotline")
    actions.dispatch_request(both, one.id, lead=unit.id)
    make.whistle(both, [unit], area_path=make.community_of(path))
    assert client.get(reverse(f"requests:{name}")).status_code == 200


@pytest.mark.parametrize("name", ["requests", "figures"])
def test_lists_are_taken_away_as_files(name: str) -> None:
    he, path = make.operator(), make.home().path
    one = make.request(he, area_path=path)
    actions.dispatch_request(he, one.id, lead=make.unit(make.district_of(path)).id)

    file = signed_in(he).get(reverse(f"requests:{name}"), {"export": "xlsx"})

    assert file.getvalue().startswith(b"PK")
    file.close()


def test_the_list_reads_any_number_of_requests_in_as_many_statements(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    he, path = make.operator(), make.home().path
    for number in range(25):
        make.request(he, words=f"第{number}件事情要办", area_path=path, by=f"139000000{number:02d}")
    client = signed_in(he)

    with django_assert_max_num_queries(14):
        client.get(reverse("requests:requests"))


def test_one_request_goes_through_its_page_from_accepting_to_closing() -> None:
    he, her, path = make.operator(), make.operator("Xia"), make.home().path
    unit = make.unit(make.district_of(path))
    wu = make.of(unit)
    one = make.request(he, area_path=path)
    client, theirs = signed_in(he), signed_in(wu)

    def post(who: Client, name: str, said: dict[str, str] | None = None) -> None:
        answer = who.post(reverse(f"requests:{name}", args=[one.id]), said or {})
        assert answer.status_code == 302, answer.content.decode()

    post(client, "accept")
    post(client, "urgency", {"urgency": "urgent"})
    post(client, "dispatch", {"lead": str(unit.id)})
    assert theirs.get(reverse("requests:request", args=[one.id])).status_code == 200
    post(theirs, "contact", {"words": "已联系"})
    post(theirs, "arrive")
    post(theirs, "finish", {"answer": "菜已送到"})
    post(signed_in(her), "call_back", {"outcome": "solved", "score": "5"})

    closed = Request.objects.get()
    assert (closed.state, closed.score) == ("closed", 5)
    post(client, "reopen", {"reason": "又没有了"})
    assert client.get(reverse("requests:request", args=[one.id])).status_code == 200


def test_a_whistle_goes_through_its_page() -> None:
    path = make.community_of(make.home().path)
    liu, unit = make.head(within=path), make.unit(make.district_of(path))
    wu = make.of(unit)
    community, theirs = signed_in(liu), signed_in(wu)

    sent = community.post(
        reverse("requests:new_whistle"),
        {
            "wants": "people",
            "people": "5",
            "words": "缺人手",
            "area": path,
            "units": [str(unit.id)],
        },
    )
    assert sent.status_code == 302
    whistle = Whistle.objects.get()
    here = reverse("requests:whistle", args=[whistle.id])
    assert theirs.get(here).status_code == 200
    theirs.post(
        reverse("requests:come", args=[whistle.id, unit.id]), {"says": "coming", "people": "5"}
    )
    community.post(reverse("requests:there", args=[whistle.id, unit.id]))
    community.post(
        reverse("requests:end_whistle", args=[whistle.id]),
        {f"score_{unit.id.hex}": "4", f"words_{unit.id.hex}": "好"},
    )

    assert Whistle.objects.get().state == "done"
    response = whistle.responses.get()
    assert theirs.get(reverse("requests:response", args=[response.id])).status_code == 302


def test_a_telephone_system_reports_calls_with_its_key_and_nothing_else_opens_the_door() -> None:
    path = make.district_of(make.home().path)
    keeper = make.account(Duty.MANAGE_ACCOUNTS, Duty.DISPATCH)
    exchange, secret = actions.connect_exchange(keeper, name="呼叫中心", area_path=path)
    actions.open_lines(keeper, ["07"], area_path=path)
    call_id = str(new_id())

    def report(key: str, **said: object) -> tuple[int, dict[str, str]]:
        answer = Client().post(
            reverse("requests:telephone"),
            json.dumps(said),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )
        return answer.status_code, json.loads(answer.content)

    assert report("wrong", id=call_id)[0] == 401
    assert report(secret, id="x")[0] == 422
    assert report(secret, id=call_id, phone="13900001111", line="99")[0] == 422
    for _ in range(2):
        assert report(secret, id=call_id, phone="13900001111", line="07")[1]["state"] == "waiting"
    assert report(secret, id=call_id, event="hung_up")[0] == 200
    call = Call.objects.get()
    assert (call.area_path, call.hung_up_at is not None) == (path, True)

    actions.disconnect_exchange(keeper, exchange.id)
    assert report(secret, id=str(new_id()))[0] == 401


def test_the_citys_list_comes_in_with_bad_rows_told_and_again_changes_nothing() -> None:
    path = make.home().path
    he = make.operator(within=make.district_of(path))
    rows = [
        ["12345热线诉求汇总", "", "", ""],
        ["工单编号", "诉求内容", "联系电话", "所属社区"],
        ["A1", "小区没有热水", "13900001111", "朝阳社区"],
        ["A2", "", "13900001112", ""],
        ["A1", "重复的编号", "", ""],
        ["A3", "买不到菜", "abc", "不存在社区"],
        ["A4", "核酸什么时候做", "", ""],
    ]
    client = signed_in(he)

    page = client.post(reverse("requests:city"), {"file": sheet(rows)})
    taken = page.context["taken"]
    assert (taken.taken, taken.known, len(taken.refused)) == (2, 0, 3)
    assert [line for line, _why, _cells in taken.refused] == [4, 5, 6]
    again = client.post(reverse("requests:city"), {"file": sheet(rows)}).context["taken"]

    assert (again.taken, again.known) == (0, 2)
    assert Request.objects.get(city_number="A1").category == "utilities"


def test_a_list_without_its_columns_is_refused_with_what_is_missing() -> None:
    he = make.operator(within=make.district_of(make.home().path))

    page = signed_in(he).post(reverse("requests:city"), {"file": sheet([["a", "b"], ["1", "2"]])})

    assert page.status_code == 422


def test_scripts_speak_both_languages() -> None:
    with override("zh-hans"):
        chinese = scripts()
    with override("en"):
        english = scripts()

    assert set(chinese) == set(english)
    assert chinese["help"].steps[0] != english["help"].steps[0]
    assert all(len(chinese[key].steps) == len(english[key].steps) for key in chinese)
