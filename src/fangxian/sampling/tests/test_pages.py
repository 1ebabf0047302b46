"""Entering results by keyboard and from a file, the lists, the page of a tube."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localtime

from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests.make import sheet_of
from fangxian.sampling.actions import report_tube_result
from fangxian.sampling.models import Tube
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules_in_force()


def account(*duties: Duty, within: str = make.DISTRICT) -> Account:
    one = Account(username="li", display_name="李", area_path=within, duties=list(duties))
    one.set_unusable_password()
    one.save()
    return one


def signed_in(*duties: Duty, within: str = make.DISTRICT) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(account(*duties, within=within))
    return client


def typed(tube: Tube | str, finding: str = "negative", **unusual: str) -> dict[str, str]:
    barcode = tube if isinstance(tube, str) else tube.barcode
    minute = localtime(now()).strftime("%Y-%m-%dT%H:%M")
    return {"barcode": barcode, "finding": finding, "measured_at": minute, **unusual}


def statements(client: Client, address: str) -> int:
    client.get(address)  # the first visit also writes the session
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


# One result after the other


def test_a_result_is_entered_by_code_and_the_form_is_ready_for_the_next() -> None:
    make.places()
    client, tube = signed_in(Duty.ENTER_RESULTS), make.tube()

    answer = client.post("/sampling/enter", typed(tube), headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert Tube.objects.get(id=tube.id).state == "negative"
    assert f'id="tube-{tube.id}" hx-swap-oob="delete"' in text.replace("\n", " ").replace("  ", "")
    assert 'hx-swap-oob="afterbegin:#entered"' in text
    assert "autofocus" in text
    assert f'value="{tube.barcode}"' not in text
    assert f'value="{typed(tube)["measured_at"]}"' in text


def test_a_scanner_that_presses_enter_after_the_code_loses_nothing() -> None:
    client, tube = signed_in(Duty.ENTER_RESULTS), make.tube()

    answer = client.post("/sampling/enter", typed(tube, ""), headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'value="{tube.barcode}"' in text
    assert Tube.objects.get(id=tube.id).state == "sealed"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["form", "htmx"])
def test_a_refusal_stands_beside_the_code_and_what_was_typed_stays(
    headers: dict[str, str],
) -> None:
    client = signed_in(Duty.ENTER_RESULTS)
    open_tube = make.filled_tube(swabs=1)

    unknown = client.post("/sampling/enter", typed("T9999999", "positive"), headers=headers)
    still_open = client.post("/sampling/enter", typed(open_tube), headers=headers)

    assert (unknown.status_code, still_open.status_code) == (404, 409)
    assert "There is no such tube in your area" in unknown.content.decode()
    assert 'value="T9999999"' in unknown.content.decode()
    assert 'value="positive"' in unknown.content.decode()
    assert "still open" in still_open.content.decode()


def test_without_scripts_the_next_form_keeps_time_and_laboratory() -> None:
    laboratory = make.laboratory()
    client, tube = signed_in(Duty.ENTER_RESULTS), make.tube()

    answer = client.post("/sampling/enter", typed(tube, laboratory_id=str(laboratory.id)))
    page = client.get(answer["Location"]).content.decode()

    assert f"Tube {tube.barcode} is negative" in page
    assert f'value="{laboratory.id}" selected' in page


def test_entering_needs_the_duty() -> None:
    client, tube = signed_in(Duty.COLLECT_SAMPLES), make.tube()

    answer = client.post("/sampling/enter", typed(tube))

    assert answer.status_code == 403
    assert "Enter results" not in client.get("/sampling/").content.decode()


# Lists


def test_a_tube_is_found_by_its_code() -> None:
    client, tube = signed_in(Duty.ENTER_RESULTS), make.tube()

    found = client.get("/sampling/", {"barcode": f" {tube.barcode.lower()} "})
    unknown = client.get("/sampling/", {"barcode": "T0000000"})

    assert found["Location"] == f"/sampling/tubes/{tube.id}"
    assert unknown.status_code == 404


def test_lists_show_what_waits_what_is_known_and_what_is_disputed() -> None:
    client = signed_in(Duty.ENTER_RESULTS)
    waiting, known, disputed = make.tube(), make.tube(), make.tube()
    for tube in (known, disputed):
        report_tube_result(make.LAB_CLERK_LI, tube.id, "negative", measured_at=now())
    report_tube_result(
        make.LAB_CLERK_LI,
        disputed.id,
        "positive",
        measured_at=now(),
        laboratory_id=make.laboratory().id,
    )

    shown = {
        show: {row.tube for row in client.get("/sampling/", {"show": show}).context["rows"]}
        for show in ("awaiting", "reported", "disputed")
    }

    assert shown == {
        "awaiting": {waiting},
        "reported": {known, disputed},
        "disputed": {disputed},
    }


def test_lists_cost_the_same_number_of_statements_for_any_length() -> None:
    make.places()
    client = signed_in(Duty.ENTER_RESULTS)
    make.tube(swabs=1)
    few = statements(client, "/sampling/")

    for _ in range(12):
        make.tube(swabs=1)

    assert statements(client, "/sampling/") == few
    assert few <= 8


def test_the_list_that_is_shown_is_exported_and_on_record() -> None:
    make.places()
    client, _waiting, known = signed_in(Duty.ENTER_RESULTS), make.tube(), make.tube()
    report_tube_result(make.LAB_CLERK_LI, known.id, "negative", measured_at=now())

    rows = sheet_of(client.get("/sampling/?show=reported&export=xlsx"))

    assert rows[0][:4] == ["Tube", "State", "Taken for", "Swabs"]
    assert [row[:2] for row in rows[1:]] == [[known.barcode, "negative"]]
    assert rows[1][3] == 3
    assert Event.objects.get(kind="kernel.list_exported").facts == {"list": "tubes", "rows": 1}


def test_those_who_have_nothing_to_do_with_samples_are_refused() -> None:
    assert signed_in(Duty.CARRY_OUT).get("/sampling/").status_code == 403


# From a file


def test_a_file_is_loaded_and_the_bad_lines_are_named() -> None:
    client, tube = signed_in(Duty.ENTER_RESULTS), make.tube()
    minute = localtime(now()).strftime("%Y-%m-%d %H:%M")
    text = f"管码,检测结果,检测时间\n{tube.barcode},阴性,{minute}\nT9999999,阳性,{minute}\n"

    answer = client.post(
        "/sampling/import", {"file": SimpleUploadedFile("r.csv", text.encode("gb18030"))}
    )

    page = answer.content.decode()
    assert Tube.objects.get(id=tube.id).state == "negative"
    assert "1 line was loaded" in page
    assert "T9999999" in page
    assert "There is no such tube" in page


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff\xff\xff", "cannot be read"), (b"x" * 2_000_001, "in parts")]
)
def test_a_file_that_is_no_list_is_refused(content: bytes, said: str) -> None:
    client = signed_in(Duty.ENTER_RESULTS)

    answer = client.post("/sampling/import", {"file": SimpleUploadedFile("r.csv", content)})

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_loading_a_file_needs_the_duty() -> None:
    assert signed_in(Duty.COLLECT_SAMPLES).get("/sampling/import").status_code == 403


# One tube


def test_the_page_of_a_pool_shows_masked_members_retests_reports_and_its_history() -> None:
    make.places()
    client = signed_in(Duty.ENTER_RESULTS, Duty.SEE_REGISTER)
    people = make.residents(2)
    pool = make.tube(people=people)
    report_tube_result(make.LAB_CLERK_LI, pool.id, "positive", measured_at=now())
    make.call(people[0], about_id=pool.id)

    page = client.get(f"/sampling/tubes/{pool.id}").content.decode()

    assert "王**" in page
    assert "王建国" not in page
    assert f"/person/{people[0].id}" in page
    assert "Single retests of its members" in page
    assert "decided the result" in page
    assert "is positive, taken in" in page


def test_a_tube_elsewhere_has_no_page() -> None:
    tube = make.tube()
    client = signed_in(Duty.COLLECT_SAMPLES, within=make.NEXT_COMMUNITY)

    assert client.get(f"/sampling/tubes/{tube.id}").status_code == 404


def test_a_result_is_entered_and_corrected_on_the_page_of_the_tube() -> None:
    client, tube = signed_in(Duty.ENTER_RESULTS), make.tube()
    address = f"/sampling/tubes/{tube.id}"
    said = typed(tube)
    assert "Correct the result" not in client.get(address).content.decode()

    entered = client.post(f"{address}/result", said)
    without = client.post(f"{address}/correct", {**said, "finding": "positive"})
    corrected = client.post(
        f"{address}/correct", {**said, "finding": "positive", "reason": "swapped"}
    )

    assert [one.status_code for one in (entered, without, corrected)] == [302, 422, 302]
    assert Tube.objects.get(id=tube.id).state == "positive"


def test_a_tube_is_made_void_on_its_page() -> None:
    client, tube = signed_in(Duty.COLLECT_SAMPLES), make.tube()
    address = f"/sampling/tubes/{tube.id}"

    without = client.post(f"{address}/void", {"reason": ""})
    voided = client.post(f"{address}/void", {"reason": "it leaked"})

    assert (without.status_code, voided.status_code) == (422, 302)
    assert "it leaked" in client.get(address).content.decode()


def test_a_bad_result_on_the_page_keeps_what_was_typed() -> None:
    client, tube = signed_in(Duty.ENTER_RESULTS), make.tube()
    late = localtime(now() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")

    empty = client.post(f"/sampling/tubes/{tube.id}/result", {"finding": "negative"})
    early = client.post(
        f"/sampling/tubes/{tube.id}/result", {"finding": "negative", "measured_at": late}
    )

    assert (empty.status_code, early.status_code) == (422, 422)
    assert "before it was sealed" in early.content.decode()


def test_the_page_of_a_tube_costs_the_same_for_any_number_of_members() -> None:
    make.places()
    client = signed_in(Duty.ENTER_RESULTS)
    small, large = make.tube(swabs=1), make.tube(swabs=10)

    counted = [statements(client, f"/sampling/tubes/{tube.id}") for tube in (small, large)]

    assert counted[0] == counted[1]
    assert counted[0] <= 16
