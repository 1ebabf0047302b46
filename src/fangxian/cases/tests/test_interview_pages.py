"""The pages of the interview, as an investigator with a keyboard meets them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from fangxian.cases.clocks import TRACKS, limits_of, next_clocks
from fangxian.cases.interview import line_of
from fangxian.cases.models import Case, Companion, Contact, Stay, Visit
from fangxian.cases.tests import make
from fangxian.cases.tests.test_pages import signed_in, text
from fangxian.cases.tests.test_stays import ZONE, say, told
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import Hands
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

DAY = "2022-09-01"


@pytest.fixture
def case() -> Case:
    make.rules()
    return make.case()


def typed(client: Client, case: Case, line: str, **more: str) -> Any:
    said = {"line": line, "day": DAY, "sure": "told"} | more
    return client.post(f"/cases/{case.id}/interview", said)


def read(client: Client, case: Case, line: str, **more: str) -> str:
    said = {"line": line, "day": DAY, "sure": "told"} | more
    return text(client.post(f"/cases/{case.id}/interview/read", said))


# One line a leg


def test_a_line_becomes_a_stay_at_the_one_place_of_that_name(client: Client, case: Case) -> None:
    market = make.site("朝阳菜市场")
    make.site("朝阳菜市场二店")

    answer = typed(signed_in(client), case, "17:30-18:10 朝阳菜市场 与李明")

    assert answer.status_code == 302
    assert answer["Location"].endswith(f"/interview?day={DAY}")
    stay = Stay.objects.get()
    assert (stay.site, stay.from_said, stay.sure) == (market, "17:30", "told")
    page = text(client.get(answer["Location"]))
    assert "朝阳菜市场" in page
    assert "17:30" in page
    assert "李**" in page
    assert "李明" not in page


def test_a_line_is_read_while_it_is_typed(client: Client, case: Case) -> None:
    make.site("朝阳菜市场")

    reading = read(signed_in(client), case, "大约中午-14:00 朝阳 与李明?")

    assert "09-01 11:00–13:00 → 09-01 14:00" in reading
    assert "朝阳菜市场" in reading
    assert "李明" in reading
    assert "unsure" in reading
    assert not Stay.objects.exists()


def test_of_several_places_none_is_taken_until_one_is_chosen(client: Client, case: Case) -> None:
    make.site("朝阳菜市场一店")
    second = make.site("朝阳菜市场二店")
    signed_in(client)

    typed(client, case, "17:30 朝阳菜市场")
    typed(client, case, "18:30 朝阳菜市场", offered_for="朝阳菜市场", site=str(second.id))
    typed(client, case, "19:30 朝阳菜市场", offered_for="朝阳", site=str(second.id))

    taken = dict(Stay.objects.values_list("from_said", "site"))
    assert taken == {"17:30": None, "18:30": second.id, "19:30": None}


def test_the_day_of_a_line_is_the_day_of_the_next(client: Client, case: Case) -> None:
    answer = typed(signed_in(client), case, "8月30日 17:30-18:10 公园")

    assert answer["Location"].endswith("?day=2022-08-30")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("18:10-17:30 公园", "The stay ends before it begins"),
        ("9月2日 18:00 公园", "lies in the future"),
    ],
)
def test_what_cannot_be_is_said_beside_the_line_which_is_kept(
    client: Client, case: Case, line: str, word: str
) -> None:
    answer = typed(signed_in(client), case, line)

    assert answer.status_code == 422
    assert word in text(answer)
    assert f'value="{line}"' in text(answer)
    assert word in read(client, case, line)


def test_a_line_without_a_place_asks_for_it(client: Client, case: Case) -> None:
    answer = typed(signed_in(client), case, "17:30-18:10")

    assert answer.status_code == 422
    assert "not said yet" in text(answer)


def test_a_clash_is_shown_before_and_after_and_refuses_nothing(client: Client, case: Case) -> None:
    say(case, "17:30-18:10 公园")
    signed_in(client)

    assert "At the same time: 公园" in read(client, case, "18:00-19:00 图书馆")
    assert typed(client, case, "18:00-19:00 图书馆").status_code == 302
    assert text(client.get(f"/cases/{case.id}/interview")).count("At the same time") == 2


def test_the_page_speaks_chinese(client: Client, case: Case) -> None:
    make.visit(case.resident, make.site(), source="poster")

    page = text(signed_in(client, language="zh-hans").get(f"/cases/{case.id}/interview"))

    assert "流调访谈" in page
    assert "病例确认" in page
    assert "poster" not in page


# Scans, corrections, places, names


def test_a_scan_is_confirmed_with_one_press(client: Client, case: Case) -> None:
    make.visit(case.resident, make.site(), source="rotating")
    scan = Visit.objects.get()

    answer = signed_in(client).post(f"/cases/{case.id}/interview/scan/{scan.id}")

    assert answer.status_code == 302
    assert Stay.objects.get().source == "rotating"


def test_a_stay_is_corrected_from_the_line_that_it_was(client: Client, case: Case) -> None:
    market = make.site()
    stay = say(case, "17:30-18:10 朝阳菜市场 与李红", market)
    signed_in(client)

    page = text(client.get(f"/cases/stays/{stay.id}"))
    answer = client.post(
        f"/cases/stays/{stay.id}",
        {"stay": str(stay.id), "line": "17:30-18:40 朝阳菜市场 与张三", "day": DAY, "sure": "told"},
    )

    assert 'value="17:30-18:10 朝阳菜市场"' in page
    assert answer.status_code == 302
    stay.refresh_from_db()
    assert (stay.until_said, stay.site, stay.with_whom.count()) == ("18:40", market, 2)
    assert Visit.objects.get().end_at == stay.until_earliest


@pytest.mark.parametrize(
    "line",
    [
        "17:30-18:10 公园",
        "大约中午 公园?",
        "?-18:10 公园!",
        "公园",
        "全天 公园",
        "8月30日22:00-31日6:00 公园",
    ],
)
def test_the_line_of_a_stay_means_what_the_stay_means(case: Case, line: str) -> None:
    stay = say(case, line)
    before = told(line)

    again = told(line_of(stay))

    assert (again["begin"].earliest, again["begin"].latest) == (
        stay.from_earliest,
        stay.from_latest,
    )
    assert (again["until"].earliest, again["until"].latest) == (
        stay.until_earliest,
        stay.until_latest,
    )
    assert again.get("sure") == before.get("sure")


def test_a_stay_is_taken_out(client: Client, case: Case) -> None:
    stay = say(case, "17:30-18:10 公园 与李红")

    answer = signed_in(client).post(f"/cases/stays/{stay.id}/remove", follow=True)

    assert "The stay was taken out" in text(answer)
    assert not Stay.objects.exists()
    assert not Companion.objects.exists()


def test_an_unknown_place_is_offered_to_whoever_keeps_the_areas(client: Client, case: Case) -> None:
    stay = say(case, "17:30-18:10 马家牛肉面馆")
    community = people.community()
    page = text(signed_in(client).get(f"/cases/{case.id}/interview"))
    assert "unknown place" in page
    assert "Add the place" not in page
    keeper = signed_in(
        Client(), Duty.INVESTIGATE, Duty.SEE_REGISTER, Duty.MANAGE_AREAS, name="keeper"
    )

    assert "Add the place" in text(keeper.get(f"/cases/{case.id}/interview"))
    answer = keeper.post(
        f"/cases/stays/{stay.id}/place", {"area": str(community.id), "kind": "venue"}
    )

    assert answer.status_code == 302
    stay.refresh_from_db()
    assert stay.site
    assert stay.site.name == "马家牛肉面馆"


def test_a_name_leads_to_everybody_who_has_it_and_to_a_contact(client: Client, case: Case) -> None:
    li = people.resident("李红")
    stay = say(case, "17:30-18:10 公园 与李红")
    companion = stay.with_whom.get()
    signed_in(client)

    found = text(client.get(f"/cases/companions/{companion.id}"))
    form = text(client.get(f"/cases/companions/{companion.id}/name/{li.id}"))
    answer = client.post(
        f"/cases/companions/{companion.id}/name/{li.id}",
        {"kind": "close", "last_at": "2022-09-01T18:10", "minutes": "40"},
    )

    assert f"/cases/companions/{companion.id}/name/{li.id}" in found
    assert "2022-09-01T18:10" in form
    assert answer.status_code == 302
    contact = Contact.objects.get(resident=li)
    assert (contact.state, contact.how) == ("confirmed", "named")
    assert "confirmed" in text(client.get(f"/cases/{case.id}/interview"))


def test_a_name_that_nobody_has_leads_to_other_ways(client: Client, case: Case) -> None:
    stay = say(case, "17:30-18:10 公园 与无此人")

    page = text(signed_in(client).get(f"/cases/companions/{stay.with_whom.get().id}"))

    assert "Nobody in your area has this name" in page


# A case without a date; the clocks


def test_a_case_without_a_date_is_told_what_the_date_is_for(client: Client) -> None:
    make.rules()
    person = people.resident()

    answer = signed_in(client).post(
        f"/cases/new/{person.id}", {"classification": "confirmed", "found_by": "clinic"}
    )

    assert answer.status_code == 422
    assert "A case needs the time of its first positive specimen" in text(answer)
    assert not Case.objects.exists()


def test_the_list_shows_what_presses_most_and_what_is_overdue(
    client: Client, noon: Hands, case: Case
) -> None:
    assert "Core tracks" in text(signed_in(client).get("/cases/"))
    assert next_clocks(make.MA, [case])[case.id].tone == "wait"

    noon.forward(hours=5)

    assert "overdue" in text(client.get("/cases/"))
    (tracks,) = [limit for limit in limits_of(make.MA, [case])[case.id] if limit.name == TRACKS]
    assert tracks.due_at - tracks.began_at == timedelta(hours=4)
    assert tracks.due_at.astimezone(ZONE).hour == 16
