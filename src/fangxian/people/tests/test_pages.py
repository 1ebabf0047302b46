"""The pages of the register, as its keeper, a community worker and a stranger meet them."""

import io
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob
from python_calamine import CalamineWorkbook

from fangxian.areas.models import Area
from fangxian.kernel import clock
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.models import Account, Event
from fangxian.people import actions, errors, exporting, queries
from fangxian.people.jobs import take_in_list, write_list
from fangxian.people.models import ExportRun, ImportRun, Resident
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db
KEEPER = (Duty.SEE_REGISTER, Duty.KEEP_REGISTER)


def signed_in(*duties: Duty, within: str = "", language: str = "en") -> Client:
    account = Account.objects.create(
        username="ma", display_name="马丽", area_path=within, duties=list(duties or KEEPER)
    )
    client = Client()
    client.force_login(account)
    client.cookies["django_language"] = language
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def chaoyang() -> Area:
    return make.community("朝阳社区")


# The list


def test_the_list_shows_masked_values_where_they_live_and_what_they_need() -> None:
    wang = make.resident("王建国", phone="13997123456")
    actions.note_need(make.KEEPER, wang.id, "dialysis")

    page = text(signed_in().get("/people/"))

    for shown in ("王**", "139****3456", "630105********", "朝阳社区", "dialysis"):
        assert shown in page
    for hidden in ("王建国", "13997123456"):
        assert hidden not in page


def test_the_list_speaks_chinese() -> None:
    make.resident()

    page = text(signed_in(language="zh-hans").get("/people/"))

    assert "居民" in page
    assert "Residents" not in page


def test_somebody_is_found_by_the_whole_number_and_not_by_a_part() -> None:
    make.resident("王建国", phone="13997123456")
    make.resident("李梅")
    client = signed_in()

    assert "王**" in text(client.get("/people/", {"q": "139 9712 3456"}))
    assert "李*" not in text(client.get("/people/", {"q": "139 9712 3456"}))
    assert "Nobody here matches" in text(client.get("/people/", {"q": "3456"}))


def test_the_list_is_filtered_by_area_need_and_age(chaoyang: Area) -> None:
    old = make.identity(date(1940, 1, 1))
    ma = make.resident("马秀英", at=make.dwelling(within=chaoyang), identity=old)
    make.resident("李梅")
    actions.note_need(make.KEEPER, ma.id, "lone_elderly")
    client = signed_in()

    for asked in ({"area": chaoyang.path}, {"need": "lone_elderly"}, {"ages": "80-"}):
        page = text(client.get("/people/", asked))
        assert "马**" in page
        assert "李**" not in page


def test_the_number_of_statements_does_not_grow_with_the_list() -> None:
    door, client = make.dwelling(), signed_in()
    make.resident(at=door)
    client.get("/people/")
    with CaptureQueriesContext(connection) as few:
        client.get("/people/")
    for _ in range(60):
        one = make.resident(at=door)
    actions.note_need(make.KEEPER, one.id, "dialysis")

    with CaptureQueriesContext(connection) as many:
        page = client.get("/people/")

    assert len(many) == len(few) <= 12
    assert "mark=" in text(page)


def test_a_stranger_sees_no_list() -> None:
    assert signed_in(Duty.ENTER_RESULTS).get("/people/").status_code == 403


def exported(client: Client, where: str) -> str:
    """The address of an export that the worker has written."""
    address = client.post(where)["Location"]
    write_list(address.rsplit("/", 1)[1])
    return address


def test_the_list_is_written_by_the_worker_masked_and_that_is_recorded() -> None:
    wang = make.resident("王建国", phone="13997123456")
    make.resident("李梅")
    client = signed_in()

    address = client.post("/people/export?q=王建国")["Location"]

    assert 'hx-trigger="every 1s"' in text(client.get(address))
    assert client.get(f"{address}/file").status_code == 410
    job = ProcrastinateJob.objects.get(task_name="fangxian.people.jobs.write_list")

    write_list(**job.args)

    page = text(client.get(f"{address}/progress?v=1"))
    assert f"{address}/file" in page
    assert "hx-trigger" not in page
    content = b"".join(client.get(f"{address}/file"))
    rows = list(
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).iter_rows()
    )
    assert rows[0][:4] == ["number", "name", "type of document", "identity number"]
    assert len(rows) == 2
    assert rows[1][1] == "王**"
    assert rows[1][4] == "139****3456"
    assert isinstance(rows[1][3], str)
    assert rows[1][3].startswith("630105********")
    assert rows[1][0] == str(wang.number)
    assert Event.objects.get(kind="people.residents_exported").facts["rows"] == 1


def test_the_whole_search_for_a_person_is_nowhere_in_plain() -> None:
    signed_in().post("/people/export?q=王建国")

    with connection.cursor() as cursor:
        cursor.execute("SELECT sought FROM people_exportrun")
        (kept,) = cursor.fetchone()
    assert "王建国".encode() not in bytes(kept)
    assert "王建国".encode("unicode-escape") not in bytes(kept)
    assert set(ProcrastinateJob.objects.get().args) == {"run_id"}


def test_asked_twice_the_list_is_written_once() -> None:
    client = signed_in()

    first = client.post("/people/export?ages=80-")["Location"]
    again = client.post("/people/export?ages=80-")["Location"]
    other = client.post("/people/export")["Location"]

    assert first == again != other
    write_list(first.rsplit("/", 1)[1])
    write_list(first.rsplit("/", 1)[1])
    assert Event.objects.filter(kind="people.residents_exported").count() == 1
    run = ExportRun.objects.get(id=first.rsplit("/", 1)[1])
    with pytest.raises(errors.ExportIsOver):
        actions.carry_out_export(run.account.actor, run.id)


def test_a_written_list_is_only_for_who_asked_for_it() -> None:
    address = exported(signed_in(), "/people/export")
    other = Account.objects.create(username="lin", display_name="林", duties=list(KEEPER))
    client = Client()
    client.force_login(other)

    assert client.get(address).status_code == 404
    assert client.get(f"{address}/file").status_code == 404


def test_a_written_list_is_deleted_after_a_day() -> None:
    client = signed_in()
    address = exported(client, "/people/export")

    with clock.playing(clock.now() + exporting.KEPT):
        assert client.get(f"{address}/file").status_code == 410
        assert f"{address}/file" not in text(client.get(address))
        assert actions.forget_exports(PLAYBOOK) == 1
        assert actions.forget_exports(PLAYBOOK) == 0

    assert ExportRun.objects.get().file is None


def test_who_may_no_longer_read_the_register_gets_no_list() -> None:
    client = signed_in()
    address = client.post("/people/export")["Location"]
    Account.objects.update(duties=[Duty.CARRY_OUT])

    write_list(address.rsplit("/", 1)[1])

    run = ExportRun.objects.get()
    assert (run.state, run.file) == ("refused", None)
    assert run.reason in text(client.get(address))


# One resident


def test_somebody_is_registered_from_what_stands_on_the_door(chaoyang: Area) -> None:
    door = make.dwelling("501", within=chaoyang, building="3号楼", unit="2单元")
    said = {
        "name": "马秀英", "identity_type": "10", "identity": make.identity(sex="female"),
        "phone": "139 9712 3456", "sex": "unknown", "community": chaoyang.path,
        "building": "3", "unit": "2", "door": "501",
    }  # fmt: skip

    response = signed_in(within=chaoyang.path).post("/people/new", said)

    ma = Resident.objects.get()
    assert response.status_code == 302
    assert str(ma.id) in response["Location"]
    assert (ma.area_path, ma.sex) == (door.path, "female")


def test_a_door_that_is_not_there_is_said_in_the_form(chaoyang: Area) -> None:
    said = {
        "name": "马秀英", "identity_type": "10", "sex": "female", "community": chaoyang.path,
        "building": "9", "door": "501",
    }  # fmt: skip

    response = signed_in().post("/people/new", said)

    assert response.status_code == 422
    assert "no such door" in text(response)
    assert signed_in_again().get("/people/new").status_code == 403


def signed_in_again() -> Client:
    Account.objects.all().delete()
    return signed_in(Duty.SEE_REGISTER)


def test_the_page_to_correct_shows_nothing_plain_and_records_that_it_was_opened() -> None:
    wang = make.resident("王建国", phone="13997123456")

    page = text(signed_in().get(f"/people/{wang.id}/edit"))

    assert "王建国" not in page
    assert "13997123456" not in page
    assert "139****3456" in page
    assert Event.objects.filter(kind="people.person_opened", subject_id=wang.id).count() == 1


def test_what_is_left_empty_stays_as_it_is() -> None:
    wang = make.resident("王建国", phone="13997123456")
    said = {"identity_type": "10", "sex": "male", "birth_date": "1983-01-01"}
    client = signed_in()

    client.post(f"/people/{wang.id}/edit", said | {"name": "王建华", "reason": "misheard"})
    client.post(f"/people/{wang.id}/edit", said | {"no_phone": "on", "reason": "gave it up"})
    unsaid = client.post(f"/people/{wang.id}/edit", said | {"name": "王建民"})

    wang.refresh_from_db()
    assert wang.name.reveal() == "王建华"
    assert wang.phone is None
    assert wang.identity is not None
    assert unsaid.status_code == 422


def test_moves_needs_consents_and_proxies_are_kept_on_one_page(chaoyang: Area) -> None:
    wang = make.resident(at=make.dwelling("101", within=chaoyang))
    son = make.resident("王小明", phone="13997123456")
    make.dwelling("102", within=chaoyang)
    client, page = signed_in(), f"/people/{wang.id}"
    there = {"community": chaoyang.path, "building": "1", "unit": "1", "door": "102"}

    assert client.post(f"{page}/move", there).status_code == 302
    assert client.post(f"{page}/move", there | {"door": "999"}).status_code == 422
    client.post(f"{page}/needs", {"needs": ["dialysis", "sight"]})
    assert client.post(f"{page}/needs", {"needs": ["nonsense"]}).status_code == 422
    client.post(f"{page}/consent", {"purpose": "medicine", "basis": "consent"})
    assert client.post(f"{page}/consent", {}).status_code == 422
    client.post(f"{page}/proxy", {"who": "13997123456", "relation": "son"})
    assert client.post(f"{page}/proxy", {}).status_code == 422
    assert client.post(f"{page}/proxy", {"who": "1", "relation": "?"}).status_code == 404

    shown = text(client.get(f"{page}/edit"))
    assert "朝阳社区 1号楼1单元102" in shown
    assert "medicine" in shown
    assert "王**" in shown
    assert shown.count(" checked") == 2
    client.post(f"{page}/consent/withdraw", {"purpose": "medicine"})
    client.post(f"{page}/proxy/{son.id}/end")
    client.post(f"{page}/leave")
    assert queries.consents_of(make.KEEPER, wang.id).get().withdrawn_at is not None
    assert not queries.proxies_of(make.KEEPER, wang.id).exists()
    assert not queries.stays_of(make.KEEPER, wang.id).filter(until=None).exists()


# Duplicates


def test_possible_duplicates_are_decided_by_somebody() -> None:
    for name in ("王建国", "马成"):
        phone = make.phone()
        make.resident(name, phone=phone)
        make.resident(name, phone=phone, identity="")
    client = signed_in()
    assert "Possible duplicates" in text(client.get("/people/"))
    first, second = queries.duplicates_to_decide(make.KEEPER)

    assert "same name and phone" in text(client.get("/people/duplicates"))
    client.post(f"/people/duplicates/{first.id}/merge", {"keep": "other"})
    client.post(f"/people/duplicates/{second.id}/dismiss")

    assert queries.get_resident(make.KEEPER, first.one_id).id == first.other_id
    assert queries.get_resident(make.KEEPER, second.one_id).id == second.one_id
    assert "nothing to decide" in text(client.get("/people/duplicates"))
    assert client.post(f"/people/duplicates/{first.id}/merge").status_code == 409


# Imports


def upload(data: bytes, name: str = "list.xlsx", **said: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, data)} | said


def test_a_list_is_uploaded_taken_in_by_the_worker_and_its_bad_rows_given_back(
    chaoyang: Area,
) -> None:
    make.dwelling("101", within=chaoyang)
    client = signed_in()
    data = make.sheet(make.row("王建国"), make.row("马成", door="999"))

    response = client.post("/people/import", upload(data, area=chaoyang.path))

    run = ImportRun.objects.get()
    where = f"/people/import/{run.id}"
    assert response["Location"] == where
    assert "hx-trigger" in text(client.get(where))
    job = ProcrastinateJob.objects.get(task_name="fangxian.people.jobs.take_in_list")
    assert job.args == {"run_id": str(run.id)}

    for _time in range(2):
        take_in_list(**job.args)

    page = text(client.get(f"{where}/progress?v=1"))
    assert "hx-trigger" not in page
    assert "Rows that were not taken" in page
    assert Resident.objects.count() == 1
    content = b"".join(client.get(f"{where}/refused"))
    assert content.startswith(b"PK")
    assert "list.xlsx" in text(client.get("/people/import"))
    client.post(f"{where}/discard")
    assert "Rows that were not taken" not in text(client.get(where))


def test_the_file_is_kept_encrypted_and_not_at_all_after_the_run(chaoyang: Area) -> None:
    make.dwelling("101", within=chaoyang)
    signed_in().post("/people/import", upload("姓名,楼号,门牌\n王建国,1,101\n".encode(), "a.csv"))
    run = ImportRun.objects.get()

    with connection.cursor() as cursor:
        cursor.execute("SELECT upload FROM people_importrun")
        stored = bytes(cursor.fetchone()[0])
    assert "王建国".encode() not in stored
    take_in_list(run_id=str(run.id))

    run.refresh_from_db()
    assert (run.state, run.upload, run.rows_taken) == ("done", None, 1)


def test_a_refused_file_says_why_in_the_language_of_the_one_who_sent_it() -> None:
    signed_in(language="zh-hans").post("/people/import", upload(b"%PDF\xff\x00", "a.pdf"))
    run = ImportRun.objects.get()

    take_in_list(run_id=str(run.id))

    client = Client()
    client.force_login(Account.objects.get())
    client.cookies["django_language"] = "zh-hans"
    page = text(client.get(f"/people/import/{run.id}"))
    assert "无法识别" in page


def test_imports_are_for_keepers_of_that_place(chaoyang: Area) -> None:
    district = chaoyang.path.split("/")[0] + "/"
    worker = signed_in(within=chaoyang.path)

    assert worker.post("/people/import", upload(b"x", area=district)).status_code == 422
    assert "add_dwellings" not in text(worker.get("/people/import"))
    run = actions.import_residents(make.KEEPER, b"", "of all.csv", area_path="")
    assert worker.get(f"/people/import/{run.id}").status_code == 404
    assert signed_in_again().get("/people/import").status_code == 403


def test_the_template_is_a_list_that_can_be_imported() -> None:
    client = signed_in(language="zh-hans")

    content = b"".join(client.get("/people/import/template"))

    run = actions.import_residents(make.KEEPER, content, "template.xlsx", area_path="")
    assert (run.state, run.rows_read) == ("done", 0)
