"""Pages of points, boxes and labels; the page for everybody; the door for machines; paper."""

import json
import re
from datetime import timedelta
from io import BytesIO

import pytest
import xlsxwriter
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from fangxian.areas.models import Area, Site
from fangxian.engines.codes import Kind, read
from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import told
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests.make import account, sheet_of
from fangxian.people.rules import PersonRef
from fangxian.rosters.tests import make as posts
from fangxian.sampling import errors, live, queries, sheet
from fangxian.sampling.actions import (
    close_round,
    give_key,
    issue_certificate,
    note_queue,
    note_untested,
    pack_box,
    print_labels,
    report_tube_result,
    seal_tube,
    start_shift,
    take_swabs,
    void_tube,
    withdraw_key,
)
from fangxian.sampling.clocks import steps_of
from fangxian.sampling.models import Box, LabelBatch, LaboratoryKey, QueueNote, Tube
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db

ADMIN = make._actor("管", Duty.MANAGE_ACCOUNTS)


@pytest.fixture(autouse=True)
def _rules() -> None:
    caches["pages"].clear()
    make.rules_in_force()


@pytest.fixture
def point() -> Site:
    make.places()
    return make.sampling_point("广场", tables=3)


def signed_in(*duties: Duty, within: str = make.DISTRICT) -> Client:
    one = Account(username="li", display_name="李", area_path=within, duties=list(duties))
    one.set_unusable_password()
    one.save()
    client = Client(headers={"accept-language": "en"})
    client.force_login(one)
    return client


def words(answer: object) -> str:
    assert isinstance(answer, HttpResponse)
    return " ".join(answer.content.decode().split())


def at_work(point: Site, *, people: int = 12) -> Tube:
    """A desk that swabbed some people in the last hour, with its tube open."""
    at = now() - timedelta(minutes=30)
    start_shift(make.SAMPLER_WANG, site_id=point.id, table=1, at=at)
    tube = make.desk_tube(point, at=at, group="precaution")
    rows = [make.swab_row(tube, who, taken_at=at) for who in make.residents(people)]
    take_swabs(PLAYBOOK, rows)
    return tube


def boxed(point: Site) -> Box:
    tube = at_work(point)
    seal_tube(make.SAMPLER_WANG, tube.id, sealed_at=now())
    return pack_box(
        make.SAMPLER_WANG,
        barcode=make.label("B"),
        site_id=point.id,
        tubes=[tube.barcode],
        counted=1,
        at=now(),
    )


# Points


def test_the_pace_the_queue_and_the_wait_of_each_point_are_shown(point: Site) -> None:
    at_work(point)
    note_queue(make.SAMPLER_WANG, site_id=point.id, waiting=6, at=now())

    [status] = live.points_now(make.PLANNER_SUN)

    assert (status.tables, status.last_hour, status.per_table) == (1, 12, 12)
    assert (status.waiting, status.wait) == (6, 30)
    planner = signed_in(Duty.PLAN_ROUNDS)
    page = words(planner.get("/sampling/points"))
    assert "广场" in page
    assert "1 / 3" in page
    header, row = sheet_of(planner.get("/sampling/points?export=xlsx"))
    told = dict(zip(header, row, strict=True))
    assert (told["Last hour"], told["Waiting"], told["Wait (minutes)"]) == (12, 6, 30)


def test_an_old_word_about_a_queue_is_no_word(point: Site) -> None:
    note_queue(make.SAMPLER_WANG, site_id=point.id, waiting=6, at=now() - timedelta(hours=3))

    [status] = live.points_now(make.PLANNER_SUN)

    assert (status.waiting, status.wait) == (None, None)


def test_the_end_of_the_round_is_forecast_against_its_deadline(point: Site) -> None:
    round_ = make.round_of_testing(people=112)
    tube = make.desk_tube(point, round_id=round_.id, group="precaution")
    take_swabs(PLAYBOOK, [make.swab_row(tube, who) for who in make.residents(12)])

    seen = live.forecast(make.PLANNER_SUN, round_, live.points_now(make.PLANNER_SUN))

    assert (seen.left, seen.last_hour) == (100, 12)
    assert seen.finish is not None
    assert seen.finish - now() == pytest.approx(timedelta(hours=100 / 12), abs=timedelta(minutes=1))
    assert not seen.is_late
    page = words(signed_in(Duty.PLAN_ROUNDS).get("/sampling/points"))
    assert "in time" in page


def test_a_round_in_which_nobody_is_swabbed_never_ends(point: Site) -> None:
    round_ = make.round_of_testing(people=112)

    seen = live.forecast(make.PLANNER_SUN, round_, live.points_now(make.PLANNER_SUN))

    assert seen.finish is None
    assert seen.is_late
    assert "not within a week" in words(signed_in(Duty.PLAN_ROUNDS).get("/sampling/points"))


def test_a_table_is_suggested_to_the_longer_queue(point: Site) -> None:
    idle = make.sampling_point("公园", tables=3)
    for table in (1, 2):
        start_shift(make.SAMPLER_WANG, site_id=idle.id, table=table, at=now())
    start_shift(make.SAMPLER_WANG, site_id=point.id, table=1, at=now())
    note_queue(make.SAMPLER_WANG, site_id=idle.id, waiting=0, at=now())
    note_queue(make.SAMPLER_WANG, site_id=point.id, waiting=120, at=now())

    page = words(signed_in(Duty.PLAN_ROUNDS).get("/sampling/points"))

    assert "One table from 公园 to 广场: the wait falls from 120 to 60 minutes." in page


def test_the_page_of_points_costs_the_same_for_any_number_of_them(point: Site) -> None:
    client = signed_in(Duty.PLAN_ROUNDS)
    counts = []
    for _ in range(2):
        client.get("/sampling/points")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/sampling/points").status_code == 200
        counts.append(len(asked))
        for number in range(5):
            make.sampling_point(f"点{number}")

    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_the_page_of_a_point_shows_its_tables_tubes_and_boxes(point: Site) -> None:
    box = boxed(point)
    tube = make.desk_tube(point, table=2)

    page = words(signed_in(Duty.COLLECT_SAMPLES).get(f"/sampling/points/{point.id}"))

    assert box.barcode in page
    assert tube.barcode in page
    assert "Say how many wait" in page


def test_a_queue_is_noted_on_the_page_of_the_point(point: Site) -> None:
    client = signed_in(Duty.COLLECT_SAMPLES)

    client.post(f"/sampling/points/{point.id}/queue", {"waiting": "40"})
    refused = client.post(f"/sampling/points/{point.id}/queue", {"waiting": "-1"})

    assert QueueNote.objects.get().waiting == 40
    assert refused.status_code == 422


def test_points_are_for_those_who_have_to_do_with_samples(point: Site) -> None:
    client = signed_in(Duty.MANAGE_AREAS)

    for address in ("/sampling/points", f"/sampling/points/{point.id}", "/sampling/labels"):
        assert client.get(address).status_code == 403


# Who is not tested yet


def test_who_is_not_tested_is_found_from_the_district_down_to_the_door(point: Site) -> None:
    community = Area.objects.get(path=make.COMMUNITY)
    Area.objects.create(
        number=7, level="building", name="3号楼", path=make.COMMUNITY + "7/", parent=community
    )
    round_ = make.round_of_testing()
    away, swabbed = make.residents(2, area_path=make.COMMUNITY + "7/")
    tube = make.desk_tube(point, round_id=round_.id)
    take_swabs(PLAYBOOK, [make.swab_row(tube, swabbed)])
    note_untested(
        make.SAMPLER_WANG,
        person=PersonRef(resident=away.id),
        round_id=round_.id,
        reason="away",
        at=now(),
        note="back on Sunday",
    )
    client = signed_in(Duty.PLAN_ROUNDS, Duty.SEE_REGISTER)
    address = f"/sampling/rounds/{round_.id}/untested"

    pages = [
        words(client.get(address, {"area": area}))
        for area in ("", "1/2/3/4/", make.COMMUNITY, make.COMMUNITY + "7/")
    ]

    assert "朝阳街道" in pages[0]
    assert "朝阳社区" in pages[1]
    assert "3号楼" in pages[2]
    assert "50.0%" in pages[2]
    assert "back on Sunday" in pages[3]
    assert str(away.id) in pages[3]
    assert str(swabbed.id) not in pages[3]


def test_names_of_those_not_tested_need_the_register(point: Site) -> None:
    community = Area.objects.get(path=make.COMMUNITY)
    Area.objects.create(
        number=7, level="building", name="3号楼", path=make.COMMUNITY + "7/", parent=community
    )
    round_ = make.round_of_testing()
    make.resident(area_path=make.COMMUNITY + "7/")

    page = words(
        signed_in(Duty.PLAN_ROUNDS).get(
            f"/sampling/rounds/{round_.id}/untested", {"area": make.COMMUNITY + "7/"}
        )
    )

    assert "Names are shown to whoever sees the register" in page


@pytest.fixture
def building(point: Site) -> str:
    community = Area.objects.get(path=make.COMMUNITY)
    path = make.COMMUNITY + "7/"
    Area.objects.create(number=7, level="building", name="3号楼", path=path, parent=community)
    return path


def test_a_community_worker_sees_who_is_missing_and_says_why(building: str) -> None:
    round_ = make.round_of_testing()
    neighbour = make.resident(area_path=building)
    worker = signed_in(Duty.CARRY_OUT, Duty.SEE_REGISTER, within=make.COMMUNITY)
    address = f"/sampling/rounds/{round_.id}/untested"

    assert address in words(worker.get("/sampling/points"))
    assert "3号楼" in words(worker.get(address))  # one's own area first, not the whole district
    before = words(worker.get(address, {"area": building}))
    said = {"area": building, "reason": "bed_bound", "note": "after a fall"}
    done = worker.post(f"{address}/{neighbour.id}", said)
    after = words(worker.get(done["Location"]))

    assert "say why" in before
    assert "after a fall" in after
    told = Event.objects.get(kind="sampling.not_tested")  # by which somebody is sent to the door
    assert (told.subject_id, told.facts["reason"]) == (neighbour.id, "bed_bound")


def test_a_reason_that_nobody_knows_and_a_closed_round_take_no_note(building: str) -> None:
    round_ = make.round_of_testing()
    neighbour = make.resident(area_path=building)
    worker = signed_in(Duty.CARRY_OUT, Duty.SEE_REGISTER, within=make.COMMUNITY)
    address = f"/sampling/rounds/{round_.id}/untested"

    assert worker.post(f"{address}/{neighbour.id}", {"reason": "lazy"}).status_code >= 400
    close_round(make.PLANNER_SUN, round_.id)
    assert "say why" not in words(worker.get(address, {"area": building}))


def test_whoever_only_looks_after_people_sees_points_but_no_tubes(point: Site) -> None:
    at_work(point)
    worker = signed_in(Duty.CARRY_OUT, within=make.COMMUNITY)

    page = words(worker.get("/sampling/points"))

    assert "广场" in page
    assert f"/sampling/points/{point.id}" not in page
    assert "/sampling/boxes" not in page
    assert worker.get(f"/sampling/points/{point.id}").status_code == 403


def test_who_is_not_tested_is_exported_door_by_door_with_names_masked(building: str) -> None:
    round_ = make.round_of_testing()
    make.residents(2, area_path=building)
    address = f"/sampling/rounds/{round_.id}/untested"

    client = signed_in(Duty.PLAN_ROUNDS, Duty.SEE_REGISTER)
    rows = sheet_of(client.get(address, {"export": "xlsx"}))

    assert [row[1] for row in rows[1:]] == ["王**", "王**"]
    assert "3号楼" in str(rows[1][0])
    assert Event.objects.get(kind="kernel.list_exported").facts["list"] == "untested"


def test_the_list_of_those_not_tested_is_only_for_readers_of_the_register(building: str) -> None:
    round_ = make.round_of_testing()

    answer = signed_in(Duty.PLAN_ROUNDS).get(
        f"/sampling/rounds/{round_.id}/untested", {"export": "xlsx"}
    )

    assert answer.status_code == 403


@pytest.mark.parametrize("which", ["points", "point"])
def test_pages_of_points_ask_again_and_are_told_only_what_changed(point: Site, which: str) -> None:
    where = "/sampling/points" + (f"/{point.id}" if which == "point" else "")
    sampler = signed_in(Duty.COLLECT_SAMPLES)
    page = words(sampler.get(where))
    found = re.search(r'data-url="([^"]+)" data-v="([^"]+)"', page)
    assert found
    address, version = found.groups()

    assert sampler.get(address, {"v": version}).status_code == 204
    note_queue(make.SAMPLER_WANG, site_id=point.id, waiting=41, at=now())
    part = words(sampler.get(address, {"v": version}))

    assert "41" in part
    assert 'hx-swap-oob="true"' in part
    assert "<html" not in part


# Boxes and labels


def test_a_box_is_found_by_its_code_and_received_on_its_page(point: Site) -> None:
    box = boxed(point)
    tube = Tube.objects.get()
    client = signed_in(Duty.ENTER_RESULTS)

    listed = words(client.get("/sampling/boxes"))
    assert sheet_of(client.get("/sampling/boxes?export=xlsx"))[1][0] == box.barcode
    found = client.get("/sampling/boxes", {"barcode": box.barcode.lower()})
    page = words(client.get(found["Location"]))
    client.post(
        f"/sampling/boxes/{box.id}/receive",
        {"tubes": f"{tube.barcode}\r\n6901234567892", "broken": "", "temperature": "4.5"},
    )
    after = words(client.get(found["Location"]))

    assert box.barcode in listed
    assert "Receive the box" in page
    assert "never opened here" in after
    assert "4.5 °C" in after
    assert (
        client.post(f"/sampling/boxes/{box.id}/receive", {"temperature": "99"}).status_code == 422
    )


def test_labels_are_made_once_and_printed_as_paper() -> None:
    client = signed_in(Duty.COLLECT_SAMPLES)
    form = {"batch_id": str(new_id()), "kind": "T", "sheets": "1"}

    for _ in range(2):
        assert client.post("/sampling/labels", form).status_code == 302
    batch = LabelBatch.objects.get()
    page = words(client.get("/sampling/labels"))
    paper = client.get(f"/sampling/labels/{batch.id}.pdf")

    assert batch.number == 44
    assert queries.labels_of(PLAYBOOK, batch.id)[0] in page
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    assert client.post("/sampling/labels", form | {"sheets": "0"}).status_code == 422


# For everybody


def test_everybody_sees_the_queues_without_signing_in_and_nobody_in_them(point: Site) -> None:
    at_work(point)
    note_queue(make.SAMPLER_WANG, site_id=point.id, waiting=6, at=now())

    answer = Client(headers={"accept-language": "en"}).get("/sampling/public/queues")

    page = words(answer)
    assert answer.status_code == 200
    assert "about 30 minutes" in page
    assert "6 people wait" in page
    assert "王建国" not in page
    assert not answer.cookies
    assert "<script" not in page
    assert "max-age=20" in answer["Cache-Control"]


def test_however_many_look_the_queues_are_counted_once(point: Site) -> None:
    client = Client(headers={"accept-language": "en"})
    client.get("/sampling/public/queues")

    with CaptureQueriesContext(connection) as asked:
        client.get("/sampling/public/queues")

    assert len(asked) <= 1


def test_the_queues_are_told_in_chinese(point: Site) -> None:
    visitor = Client(headers={"accept-language": "en"})

    page = words(visitor.get("/sampling/public/queues", {"lang": "zh-hans"}))
    english = words(visitor.get("/sampling/public/queues", {"lang": "nonsense"}))

    assert "采样点" in page
    assert "未开放" in page
    assert 'lang="zh-Hans"' in page
    assert "not open now" in english


def test_each_subdistrict_has_a_page_of_its_own_with_the_shortest_wait_first(point: Site) -> None:
    at_work(point)
    note_queue(make.SAMPLER_WANG, site_id=point.id, waiting=6, at=now())
    make.sampling_point("校门", tables=1)
    here = Area.objects.get(level="subdistrict")
    elsewhere = Area.objects.create(
        number=71, parent=here.parent, level="subdistrict", name="马坊街道", path="1/2/3/1z/"
    )
    make.sampling_point("马坊广场", area_path=elsewhere.path)
    visitor = Client(headers={"accept-language": "en"})

    all_ = words(visitor.get("/sampling/public/queues"))
    page = words(visitor.get(f"/sampling/public/queues/{here.number}"))
    nowhere = visitor.get("/sampling/public/queues/9999", headers={"Accept": "text/html"})

    assert f"/sampling/public/queues/{elsewhere.number}?lang=en" in all_
    assert "1 of 2 points open" in all_
    assert "from 30 minutes" in all_
    assert "about 30 minutes" not in all_
    assert page.index("广场") < page.index("1 point that is not open now") < page.index("校门")
    assert "马坊" not in page
    assert nowhere.status_code == 404
    assert "Choose a subdistrict" in words(nowhere)


# Results from Excel and from machines


def excel(*rows: tuple[object, ...]) -> SimpleUploadedFile:
    file = BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"})
    page = book.add_worksheet()
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    return SimpleUploadedFile("结果.xlsx", file.getvalue())


def test_a_laboratory_sends_its_results_as_excel() -> None:
    make.places()
    good, void = make.tube(), make.filled_tube()
    void_tube(PLAYBOOK, void.id, reason="it leaked")
    minute = (now() + timedelta(hours=8)).replace(tzinfo=None, second=0, microsecond=0)
    file = excel(
        ("管码", "结果", "检测时间"),
        (good.barcode, "阴性", minute),
        (void.barcode, "阴性", str(minute)),
        ("", "", ""),
        ("6901234567892", "阴性", str(minute)),
    )

    page = words(signed_in(Duty.ENTER_RESULTS).post("/sampling/import", {"file": file}))

    assert Tube.objects.get(id=good.id).state == "negative"
    assert "1 line was loaded" in page
    assert "was made void and awaits no result" in page
    assert "There is no such tube" in page


def test_a_damaged_excel_file_is_refused_beside_the_field() -> None:
    file = SimpleUploadedFile("r.xlsx", b"PK\x03\x04 broken")

    answer = signed_in(Duty.ENTER_RESULTS).post("/sampling/import", {"file": file})

    assert answer.status_code == 422
    assert "damaged" in words(answer)


def sent(secret: str, body: object, **headers: str) -> HttpResponse:
    answer = Client(headers={"accept-language": "en"}).post(
        "/sampling/api/results",
        body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", **headers},
    )
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_laboratorys_system_sends_results_with_its_key() -> None:
    site, tube = make.laboratory(), make.tube()
    _key, secret = give_key(ADMIN, laboratory_id=site.id)
    rows = [
        {"barcode": tube.barcode, "finding": "negative", "measured_at": now().isoformat()},
        {"barcode": "garbage", "finding": "negative", "measured_at": now().isoformat()},
        {"barcode": tube.barcode, "finding": "maybe", "measured_at": now().isoformat()},
        {},
    ]

    answer = sent(secret, {"results": rows})
    again = sent(secret, {"results": rows[:1]})

    told = json.loads(answer.content)
    assert (answer.status_code, told["loaded"]) == (200, 1)
    assert [bad["line"] for bad in told["refused"]] == [2, 3]
    assert json.loads(again.content) == {"loaded": 1, "refused": []}
    [report] = queries.reports_on(PLAYBOOK, tube.id)
    assert report.laboratory == site


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("no json", 422),
        ("[1]", 422),
        ('{"results": 5}', 422),
        ('{"results": ["x"]}', 422),
        ("[" * 100_000, 422),
        ('{"results": [' + ",".join(["{}"] * 2001) + "]}", 413),
        (" " * 1_000_001, 413),
    ],
)
def test_what_a_machine_sends_wrongly_is_refused_in_words(body: str, status: int) -> None:
    _key, secret = give_key(ADMIN, laboratory_id=make.laboratory().id)

    answer = sent(secret, body)

    assert answer.status_code == status
    assert json.loads(answer.content)["message"]


def test_only_a_good_key_opens_the_door_for_machines() -> None:
    key, secret = give_key(ADMIN, laboratory_id=make.laboratory().id)

    assert sent("", {"results": []}).status_code == 401
    assert sent("wrong", {"results": []}).status_code == 401
    assert sent(secret, {"results": []}).status_code == 200
    withdraw_key(ADMIN, key.id)
    assert sent(secret, {"results": []}).status_code == 401
    assert bytes(LaboratoryKey.objects.get().secret_hash) != secret.encode()


def test_a_key_is_given_and_withdrawn_on_a_page_and_shown_once() -> None:
    site = make.laboratory()
    client = signed_in(Duty.MANAGE_ACCOUNTS)

    given = words(client.post("/sampling/laboratories", {"laboratory_id": str(site.id)}))
    later = words(client.get("/sampling/laboratories"))
    key = LaboratoryKey.objects.get()
    client.post(f"/sampling/laboratories/{key.id}/withdraw")

    assert "shown this once" in given
    assert "shown this once" not in later
    assert "withdrawn" in words(client.get("/sampling/laboratories"))
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {"sampling.laboratory_key_given", "sampling.laboratory_key_withdrawn"} <= kinds


def test_keys_are_for_whoever_manages_accounts() -> None:
    assert signed_in(Duty.ENTER_RESULTS).get("/sampling/laboratories").status_code == 403


# The certificate


def test_a_negative_result_is_certified_on_paper_and_by_a_signed_code() -> None:
    make.places()
    person = make.resident()
    tube = make.tube(people=[person, make.resident()])
    report_tube_result(make.LAB_CLERK_LI, tube.id, "negative", measured_at=now())

    said = issue_certificate(make.LAB_CLERK_LI, tube.id, person.id)
    claims = read(sheet.signed(said), signing.trust_list(), now(), kinds=[Kind.TEST])

    assert said.initials == "王**"
    assert claims.more[sheet.RESULT] == "negative"
    assert claims.more[sheet.SAMPLED_AT] == int(said.sampled_at.timestamp())
    assert claims.expires_at - said.sampled_at <= timedelta(hours=48)
    told = Event.objects.get(kind="sampling.certificate_issued")
    assert (told.subject_id, told.facts) == (person.id, {"barcode": tube.barcode})
    client = signed_in(Duty.ENTER_RESULTS)
    paper = client.get(f"/sampling/tubes/{tube.id}/certificate/{person.id}")
    assert paper.content.startswith(b"%PDF")
    assert "no-store" in paper["Cache-Control"]


def test_nothing_is_certified_but_a_negative_result_of_this_person() -> None:
    make.places()
    person = make.resident()
    waiting, positive = make.tube(people=[person]), make.tube(people=[person])
    others = make.tube()
    report_tube_result(make.LAB_CLERK_LI, positive.id, "positive", measured_at=now())
    report_tube_result(make.LAB_CLERK_LI, others.id, "negative", measured_at=now())

    for tube in (waiting, positive, others):
        with pytest.raises(errors.NoCertificate, match="Wait for the result"):
            issue_certificate(make.LAB_CLERK_LI, tube.id, person.id)


def test_a_batch_of_labels_elsewhere_does_not_exist() -> None:
    batch = print_labels(make.SAMPLER_WANG, kind="T", count=1)
    client = signed_in(Duty.COLLECT_SAMPLES, within=make.NEXT_COMMUNITY)

    assert client.get(f"/sampling/labels/{batch.id}.pdf").status_code == 404


# A positive pool and its clocks


def test_a_positive_pool_shows_what_was_due_by_when_and_what_is_left() -> None:
    make.places()
    people = make.residents(2)
    pool = make.tube(people=people)
    report_tube_result(make.LAB_CLERK_LI, pool.id, "positive", measured_at=now())
    calls = [make.call(one, about_id=pool.id) for one in people]
    single = make.tube(people=people[:1], purpose="order")
    client = signed_in(Duty.INVESTIGATE)

    steps = steps_of(pool, list(queries.calls_about(PLAYBOOK, pool.id)))

    assert [(step.done, step.of) for step in steps] == [(1, 1), (2, 2), (1, 2), (0, 2)]
    assert steps[2].due_at == max(call.due_at for call in calls)
    assert steps[2].at is None
    assert not any(step.is_late for step in steps)
    assert "Clocks of this pool" in words(client.get(f"/sampling/tubes/{pool.id}"))
    assert steps_of(single, []) == []


def test_a_clock_that_ran_out_says_so() -> None:
    make.places()
    person = make.resident()
    pool = make.tube(people=[person, make.resident()])
    report_tube_result(make.LAB_CLERK_LI, pool.id, "positive", measured_at=now())
    make.call(person, about_id=pool.id, due_at=now() - timedelta(minutes=1))

    steps = steps_of(pool, list(queries.calls_about(PLAYBOOK, pool.id)))

    assert [step.is_late for step in steps] == [False, False, True, False]


@pytest.mark.parametrize(
    ("swabs", "said"), [(1, "with 1 swab was sealed"), (1200, "with 1,200 swabs was sealed")]
)
def test_what_happened_to_one_swab_is_told_in_the_singular(swabs: int, said: str) -> None:
    event = Event(kind="sampling.tube_sealed", facts={"barcode": "T0000018", "swabs": swabs})

    with override("en"):
        assert said in told(event, area="朝阳街道")
    with override("zh-hans"):
        assert "采样管" in told(event, area="朝阳街道")


def test_a_point_is_not_ready_while_a_post_there_has_no_name(client: Client) -> None:
    site = posts.point()
    lead = posts.post("点位负责人", kind="point_lead", at=site.area_path, site_id=site.id)
    client.force_login(account("peng", duties=(Duty.COLLECT_SAMPLES,), within=""))
    where = reverse("sampling:declare_ready", args=[site.id])
    assert "点位负责人" in client.get(reverse("sampling:point", args=[site.id])).content.decode()
    assert client.post(where).status_code == 409

    posts.lead(lead)

    assert client.post(where).status_code == 302
    assert Event.objects.filter(kind="sampling.point_ready", subject_id=site.id).exists()
