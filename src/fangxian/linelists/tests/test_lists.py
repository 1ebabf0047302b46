"""Lists come in whole, dirty rows are named, and leave again cell for cell."""

import csv
import io
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from fangxian.cases.tests import make
from fangxian.cases.tests.make import MA
from fangxian.kernel.access import Duty
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Account, Event
from fangxian.linelists import columns
from fangxian.linelists.actions import (
    link_cases,
    name_columns,
    start_taking,
    take_list,
    unlink_cases,
    upload_list,
)
from fangxian.linelists.errors import (
    ClosesACircle,
    ColumnsMissing,
    ContactsOfWhichList,
    HasASureInfector,
    InfectsThemselves,
    ListIsEmpty,
    ListIsOver,
    MeaningTwice,
)
from fangxian.linelists.models import Entry, LineList, Link
from fangxian.linelists.queries import chain_of_cases, chain_of_list, get_list
from fangxian.people.tests import make as people

pytestmark = pytest.mark.django_db

# As a study published it: days counted since 1970, a place with commas, cases that had died.
HOSPITALS = """id,age,age_class,sex,place_infect,loc_hosp,dt_onset,dt_diag,outcome,dt_death
SK_1,68,60-69,M,Middle East,"St. Mary, Hospital, Gyeonggi",16566.0,16575.0,Alive,
SK_2,63,60-69,F,Outside,"St. Mary, Hospital, Gyeonggi",16573.0,16575.0,Alive,
SK_3,76,70-79,M,Outside,Samsung,16575.0,16576.0,Dead,16590.0
SK_4,46,40-49,F,Outside,Samsung,,16581.0,Alive,
"""
WHOM = """from,to,exposure,diff_dt_onset
SK_1,SK_2,Hospital room,7
SK_1,SK_3,Emergency room,9
SK_3,SK_4,Family member,
"""


def taken(text: str, kind: str = "cases", about: LineList | None = None) -> LineList:
    found = upload_list(
        MA, text.encode(), "list.csv", kind=kind, about_id=about.id if about else None
    )
    name_columns(MA, found.id, found.mapping)
    take_list(MA, found.id)
    return get_list(MA, found.id)


def test_columns_are_known_by_their_headings_and_remembered() -> None:
    found = upload_list(MA, HOSPITALS.encode(), "mers.csv", kind="cases")
    assert dict(zip(found.headings, found.mapping, strict=True)) == {
        "id": "key",
        "age": "age",
        "age_class": "",
        "sex": "sex",
        "place_infect": "",
        "loc_hosp": "place",
        "dt_onset": "onset",
        "dt_diag": "confirmed",
        "outcome": "outcome",
        "dt_death": "",
    }

    name_columns(MA, found.id, [*found.mapping[:4], "place", "", *found.mapping[6:]])
    again = upload_list(MA, HOSPITALS.encode(), "mers2.csv", kind="cases")

    assert again.mapping[4:6] == ["place", ""]


def test_dates_are_read_and_kept_as_they_were_written() -> None:
    found = taken(HOSPITALS)

    first, *_others, last = found.entries.order_by("line")
    assert (first.onset_said, first.onset_from, first.onset_until) == (
        "16566.0",
        date(2015, 5, 11),
        date(2015, 5, 11),
    )
    assert (last.onset_said, last.onset_from) == ("", None)
    assert (first.sex, first.age, first.confirmed_on) == ("male", 68, date(2015, 5, 20))


def test_a_chain_is_drawn_from_a_list_of_who_infected_whom() -> None:
    cases = taken(HOSPITALS)
    taken(WHOM, "contacts", cases)

    found = chain_of_list(MA, cases.id)

    assert found.figures.links == 3
    assert found.figures.generations == (1, 2, 1)
    assert found.figures.serial_intervals == (7, 9)
    assert found.by_setting == [("hospital or clinic", 2), ("household or family", 1)]


def test_several_possible_infectors_may_stand_in_one_row() -> None:
    cases = taken("case_id,symptom_onset\nTJ1,14/01/2020\nTJ2,18/01/2020\nTJ3,13/02/2020\n")
    edges = "case_id,infection_source_named,edge1,edge2\nTJ3,coworker, TJ1 , TJ2 \nTJ1,Wuhan,,\n"

    found = taken(edges, "contacts", cases)

    assert (found.rows_taken, found.rows_refused) == (2, 0)
    assert Link.objects.filter(infectee__key="TJ3", infector__isnull=False).count() == 2
    assert Link.objects.get(infectee__key="TJ1").infector is None
    assert cases.entries.get(key="TJ1").onset_from == date(2020, 1, 14)


def test_bad_rows_are_named_and_the_others_load() -> None:
    rows = [f"C{n},2020-01-{1 + n % 28:02d}" for n in range(100)]
    rows[10] = ",2020-01-04"
    rows[20] = "C5,2020-01-04"
    rows[30] = "C30,soon after Easter maybe"

    found = taken("\n".join(["case_id,onset", *rows]))

    assert (found.rows_taken, found.rows_refused) == (97, 3)
    refused = found.refused.reveal() if found.refused else ""
    assert "[12, [" in refused  # the line as the sender counts it
    assert "stands in line 7 already" in refused
    assert "no date that can be read" in refused


def test_links_that_cannot_be_are_named() -> None:
    cases = taken(HOSPITALS)
    whom = "from,to,exposure\nSK_1,SK_1,x\nSK_1,SK_9,x\nSK_1,SK_2,x\nSK_2,SK_1,x\nSK_1,SK_2,x\n"

    found = taken(whom, "contacts", cases)

    assert (found.rows_taken, found.rows_refused) == (2, 3)
    refused = found.refused.reveal() if found.refused else ""
    assert "nobody infects themselves" in refused
    assert "SK_9" in refused
    assert "would close a circle: SK_1 → SK_2 is on record already" in refused
    assert chain_of_list(MA, cases.id).figures.links == 1


def test_what_came_leaves_cell_for_cell() -> None:
    cases = taken(HOSPITALS)
    contacts = taken(WHOM, "contacts", cases)
    client = signed_in()

    for found, text in ((cases, HOSPITALS), (contacts, WHOM)):
        sent = client.get(f"/line-lists/{found.id}/as-it-came").getvalue().decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(sent))) == list(csv.reader(io.StringIO(text)))
    assert Event.objects.filter(kind="kernel.list_exported").count() == 2


def test_others_can_read_the_chain() -> None:
    cases = taken(HOSPITALS)
    taken(WHOM, "contacts", cases)
    client = signed_in()

    graph = ET.fromstring(client.get(f"/line-lists/{cases.id}/chain.graphml").content)  # noqa: S314 - our own
    godata = client.get(f"/line-lists/{cases.id}/godata.json").json()

    space = "{http://graphml.graphdrawing.org/xmlns}"
    assert [one.attrib["id"] for one in graph.iter(f"{space}node")] == [
        "SK_1", "SK_2", "SK_3", "SK_4",
    ]  # fmt: skip
    assert [(e.attrib["source"], e.attrib["target"]) for e in graph.iter(f"{space}edge")] == [
        ("SK_1", "SK_2"),
        ("SK_1", "SK_3"),
        ("SK_3", "SK_4"),
    ]
    assert [one["visualId"] for one in godata["cases"]] == ["SK_1", "SK_2", "SK_3", "SK_4"]
    assert len(godata["relationships"]) == 3


def test_whom_the_register_knows_is_said() -> None:
    known = people.resident()
    identity = known.identity.reveal() if known.identity else ""
    text = f"case_id,身份证号,onset\nA,{identity},2022-08-30\nB,630105199901011234,2022-08-30\n"

    found = taken(text)

    assert found.found == 1
    assert found.entries.get(key="A").resident_id == known.id
    assert found.entries.get(key="B").resident_id is None


def test_a_list_needs_its_columns_its_rows_and_its_cases() -> None:
    with pytest.raises(ListIsEmpty):
        upload_list(MA, b"id,onset\n", "empty.csv", kind="cases")
    with pytest.raises(ContactsOfWhichList):
        upload_list(MA, WHOM.encode(), "whom.csv", kind="contacts")
    found = upload_list(MA, b"wer,wann\na,b\n", "x.csv", kind="cases")
    with pytest.raises(ContactsOfWhichList):
        upload_list(MA, WHOM.encode(), "whom.csv", kind="contacts", about_id=found.id)
    with pytest.raises(ColumnsMissing):
        name_columns(MA, found.id, ["", "onset"])
    with pytest.raises(MeaningTwice):
        name_columns(MA, found.id, ["key", "key"])
    name_columns(MA, found.id, ["key", ""])
    take_list(MA, found.id)
    for again in (take_list, start_taking):
        with pytest.raises(ListIsOver):
            again(MA, found.id)
    with pytest.raises(NotYours):
        upload_list(make.investigator(Duty.COMMAND), b"id\n1\n", "x.csv", kind="cases")


def test_long_lists_are_left_to_the_worker() -> None:
    found = upload_list(MA, HOSPITALS.encode(), "mers.csv", kind="cases")
    name_columns(MA, found.id, found.mapping)

    start_taking(MA, found.id)

    assert get_list(MA, found.id).state == "running"
    assert take_list(MA, found.id).state == "done"


# Our own cases


def two_cases() -> tuple[object, object, object]:
    make.rules()
    return tuple(make.case(people.resident()) for _ in range(3))  # type: ignore[return-value]


def test_links_among_our_cases_close_no_circle() -> None:
    first, second, third = two_cases()
    link_cases(MA, first.id, second.id, setting="household", sure=True)  # type: ignore[attr-defined]
    link_cases(MA, second.id, third.id, setting="workplace", sure=False)  # type: ignore[attr-defined]

    with pytest.raises(ClosesACircle, match=first.code):  # type: ignore[attr-defined]
        link_cases(MA, third.id, first.id, setting="other", sure=False)  # type: ignore[attr-defined]
    with pytest.raises(InfectsThemselves):
        link_cases(MA, first.id, first.id, setting="other", sure=False)  # type: ignore[attr-defined]
    link_cases(MA, first.id, third.id, setting="other", sure=True)  # type: ignore[attr-defined]
    with pytest.raises(HasASureInfector):
        link_cases(MA, second.id, third.id, setting="other", sure=True)  # type: ignore[attr-defined]

    found = chain_of_cases(MA)
    assert found.figures.links == 3
    assert found.unsure == {(second.id, third.id)}  # type: ignore[attr-defined]
    unlink_cases(MA, second.id, third.id)  # type: ignore[attr-defined]
    unlink_cases(MA, second.id, third.id)  # type: ignore[attr-defined]
    assert chain_of_cases(MA).figures.links == 2


# Cells


@given(st.dates(date(1990, 1, 1), date(2039, 12, 31)))
def test_a_day_is_read_however_it_is_written(day: date) -> None:
    unix = (day - date(1970, 1, 1)).days
    excel = (day - date(1899, 12, 30)).days
    for text in (
        day.isoformat(),
        f"{day:%d/%m/%Y}",
        f"{day.year}年{day.month}月{day.day}日",
        str(unix),
        f"{unix}.0",
        str(excel),
        f"{day.isoformat()} 00:00:00",
    ):
        assert columns.days(text, day_first=True, today=day + timedelta(days=9)) == (day, day)
    month_first = columns.days(f"{day:%m/%d/%Y}", day_first=False, today=day)
    assert month_first == (day, day)


def test_what_people_say_is_read_as_far_as_it_goes() -> None:
    today = date(2020, 2, 20)

    assert columns.days("? to 21 Jan", day_first=True, today=today) == (None, date(2020, 1, 21))
    assert columns.days("10-Jan to 19-Jan", day_first=True, today=today) == (
        date(2020, 1, 10),
        date(2020, 1, 19),
    )
    for nothing in ("", "NA", "?", "31/02/2020", "soon"):
        assert columns.days(nothing, day_first=True, today=today) == (None, None)


def test_the_order_of_day_and_month_is_seen_from_the_column() -> None:
    assert columns.is_day_first(["01/02/2020", "14/01/2020"])
    assert not columns.is_day_first(["01/02/2020", "01/14/2020"])
    assert columns.is_day_first(["01/02/2020"])


# Pages


def signed_in() -> Client:
    account = Account.objects.create(
        username=f"u{Account.objects.count()}",
        display_name="Ma",
        duties=["investigate", "see_register"],
    )
    client = Client(headers={"accept-language": "en"})
    client.force_login(account)
    return client


def test_a_list_is_taken_in_and_drawn_on_its_pages() -> None:
    client = signed_in()

    def send(text: str, kind: str, about: str = "") -> str:
        file = io.BytesIO(text.encode())
        file.name = f"{kind}.csv"
        sent = client.post("/line-lists/", {"kind": kind, "about": about, "file": file})
        where = sent["Location"]
        found = LineList.objects.get(id=where.rsplit("/", 1)[1])
        assert "What do the columns mean?" in client.get(where).text
        named = {f"c{at}": meaning for at, meaning in enumerate(found.mapping)}
        client.post(f"{where}/columns", named)
        return where

    cases = send(HOSPITALS, "cases")
    send(WHOM, "contacts", cases.rsplit("/", 1)[1])

    assert "SK_4" in client.get(cases).text
    page = client.get(f"{cases}/chain").text
    assert page.count("<circle") == 4
    assert "8 days, from 2 pairs" in page
    assert "list" in client.get("/line-lists/").text
    assert Entry.objects.count() == 4


def test_rows_that_were_not_taken_are_a_file() -> None:
    found = taken("case_id,onset\n,2020-01-04\nA,2020-01-05\n")

    answer = signed_in().get(f"/line-lists/{found.id}/refused")

    assert answer.getvalue()[:2] == b"PK"


def test_links_are_added_on_the_page_of_the_chain() -> None:
    first, second, _third = two_cases()
    client = signed_in()

    sent = client.post(
        "/line-lists/chain/link",
        {"infector": first.code, "infectee": second.code, "setting": "household", "sure": "yes"},  # type: ignore[attr-defined]
    )

    assert sent.status_code == 302
    page = client.get("/line-lists/chain").text
    assert page.count("<circle") == 2
    assert client.post("/line-lists/chain/link", {"infector": first.code}).status_code == 422  # type: ignore[attr-defined]
    assert client.get("/line-lists/chain.graphml").status_code == 200
    client.post(f"/line-lists/chain/{first.id}/{second.id}/unlink")  # type: ignore[attr-defined]
    assert "<circle" not in client.get("/line-lists/chain").text
