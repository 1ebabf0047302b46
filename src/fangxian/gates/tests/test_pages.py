"""The pages of gates: what they say, to whom, and at what cost."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fangxian.areas.models import Site
from fangxian.gates import actions, signed
from fangxian.gates.models import Incident, Pass, PrintedList, Question, SignUpDrive, Venue
from fangxian.gates.tests import make
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.kernel.tests.make import account, sheet_of

pytestmark = pytest.mark.django_db

OFFICE = (
    Duty.DISPATCH,
    Duty.DECIDE_MEASURES,
    Duty.CARRY_OUT,
    Duty.SEE_REGISTER,
    Duty.INVESTIGATE,
    Duty.GUARD,
)


@pytest.fixture
def office(client: Client) -> Client:
    make.places()
    return signed_in(client, *OFFICE)


def signed_in(
    client: Client, *duties: Duty, within: str = make.DISTRICT, language: str = "en"
) -> Client:
    client.force_login(account(f"liu{len(duties)}", duties=duties, within=within))
    client.cookies["django_language"] = language
    return client


def read(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    response = client.get(reverse(f"gates:{name}", args=args), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def send(client: Client, name: str, *args: object, status: int = 302, **said: object) -> str:
    response = client.post(reverse(f"gates:{name}", args=args), said)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.headers.get("Location", "") or response.content.decode("utf-8", "replace")


def _shift(gate: Site, guard: Actor) -> UUID:
    shift = actions.start_shift(guard, new_id(), gate.id, at=now() - timedelta(hours=1))
    return shift.id


# Checkpoints


def test_a_checkpoint_shows_who_is_there_and_how_many_passed(office: Client) -> None:
    gate, guard = make.gate(), make.guard()
    make.gate(name="西门")
    shift = _shift(gate, guard)
    make.scanned(gate, guard, make.listed(make.resident()), shift=shift)
    make.scanned(gate, guard, verdict="refer", rule="test", shift=shift)
    actions.note_queue(guard, gate.id, waiting=17, at=now())

    page = read(office, "checkpoints")

    assert "祥和家园东门" in page
    assert "钱" in page
    assert "nobody" in page  # at the other gate
    assert ">17<" in page


def test_what_all_checkpoints_did_together_stands_above_them(office: Client) -> None:
    gate, guard = make.gate(), make.guard()
    make.gate(name="西门")
    _shift(gate, guard)
    make.scanned(gate, guard, make.listed(make.resident()))
    actions.note_queue(guard, gate.id, waiting=17, at=now())

    page = " ".join(read(office, "checkpoints").split())
    alone = read(office, "checkpoints", show="unguarded")

    assert "1 / 2" in page
    assert "1 without a guard" in page
    assert f"most at {gate.name}" in page
    assert "西门" in alone
    assert f">{gate.name}<" not in alone
    rows = sheet_of(
        office.get(reverse("gates:checkpoints"), {"show": "unguarded", "export": "xlsx"})
    )
    assert [row[0] for row in rows[1:]] == ["西门"]


def test_an_old_word_about_a_queue_at_a_gate_is_no_word(office: Client) -> None:
    gate, guard = make.gate(), make.guard()
    actions.note_queue(guard, gate.id, waiting=17, at=now() - timedelta(hours=3))

    assert ">17<" not in read(office, "checkpoints")


def test_a_gate_where_nobody_came_does_not_claim_that_everybody_passed(office: Client) -> None:
    assert "Nobody has come since midnight" in read(office, "checkpoint", make.gate().id)


@pytest.mark.parametrize("name", ["checkpoints", "checkpoint"])
def test_the_live_pages_ask_again_and_are_told_only_what_changed(office: Client, name: str) -> None:
    gate, guard = make.gate(), make.guard()
    where = reverse(f"gates:{name}", args=[gate.id] if name == "checkpoint" else [])
    page = office.get(where).content.decode()
    found = re.search(r'data-url="([^"]+)" data-v="([^"]+)"', page)
    assert found
    address, version = found.groups()

    assert address == where
    assert office.get(where, {"v": version}).status_code == 204
    make.scanned(gate, guard, verdict="turn_back", rule="pass_missing", reason="没有出入证")
    changed = office.get(where, {"v": version})

    part = changed.content.decode()
    assert 'id="live"' in part
    assert 'hx-swap-oob="true"' in part
    assert "<html" not in part
    assert "csrfmiddlewaretoken" not in part


def test_a_page_of_checkpoints_costs_the_same_for_one_and_for_ten(office: Client) -> None:
    make.gate()
    read(office, "checkpoints")

    with CaptureQueriesContext(connection) as few:
        read(office, "checkpoints")
    for number in range(10):
        make.gate(name=f"{number}号门")
    with CaptureQueriesContext(connection) as many:
        read(office, "checkpoints")

    assert len(many) == len(few)
    assert len(many) <= 18


def test_what_a_checkpoint_asks_is_set_and_said_with_its_numbers(office: Client) -> None:
    gate = make.gate()

    send(office, "set_checkpoint", gate.id, demands=["pass", "test"], objection="0971-6311111")

    page = read(office, "checkpoint", gate.id)
    assert "1 person of a household in 2 days, for 2 hours" in page
    assert "0971-6311111" in page
    assert "In an emergency nothing is asked." in page


def test_the_hand_over_shows_where_counts_and_scans_differ(office: Client) -> None:
    gate, guard = make.gate(), make.guard()
    shift = _shift(gate, guard)
    make.scanned(gate, guard, make.listed(make.resident()), shift=shift)
    actions.end_shift(guard, shift, at=now(), passed=3, referred=0, turned_back=0, emergencies=0)

    page = read(office, "checkpoint", gate.id)

    assert page.count("scanned 1") == 1  # beside the 3 that were counted
    assert "scanned 0" not in page


def test_who_was_turned_back_is_not_named_on_the_page(office: Client) -> None:
    gate, guard, person = make.gate(), make.guard(), make.resident()
    make.scanned(
        gate,
        guard,
        make.listed(person),
        verdict="turn_back",
        rule="pass_missing",
        reason="没有出入证",
    )

    page = read(office, "checkpoint", gate.id)

    assert "没有出入证" in page
    assert "王" not in page


def test_a_checkpoint_of_another_area_does_not_exist(client: Client) -> None:
    gate = make.gate(area_path=make.NEXT_COMMUNITY)
    stranger = signed_in(client, *OFFICE, within=make.COMMUNITY)

    read(stranger, "checkpoint", gate.id, status=404)


def test_a_signed_list_is_printed_for_a_gate_without_a_phone(office: Client) -> None:
    gate = make.gate()
    one, _other = make.household()
    make.entry_exit_pass(one)

    made = send(office, "gate_list", gate.id, hours=12, status=200)

    assert made.startswith("%PDF")
    printed = PrintedList.objects.get()
    assert (printed.lines, len(bytes(printed.digest))) == (1, 32)
    told = Event.objects.get(kind="gates.gate_list_printed")
    assert told.facts["digest"] == bytes(printed.digest).hex()


def test_where_nobody_has_a_pass_there_is_no_list(office: Client) -> None:
    gate = make.gate()

    page = send(office, "gate_list", gate.id, hours=12, status=409)

    assert "Issue passes first" in page


# Passes


def _form(**unusual: object) -> dict[str, object]:
    known = {
        "kind": "entry_exit",
        "valid_from": (now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "valid_to": (now() + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M"),
        "purpose": "",
        "plate": "",
    }
    return {**known, **unusual}


def _issue(client: Client, person: UUID | None, *, status: int = 302, **unusual: object) -> str:
    where = reverse("gates:issue_pass") + (f"?resident={person}" if person else "")
    response = client.post(where, _form(**unusual))
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def test_a_households_pass_is_issued_shown_printed_and_revoked(office: Client) -> None:
    one, _other = make.household()

    _issue(office, one.id)

    held = Pass.objects.get()
    assert (held.household_id, held.resident_id, held.area_path) == (
        one.household_id,
        None,
        make.COMMUNITY,
    )
    page = read(office, "pass", held.id)
    assert "1 person of the household in 2 days, for 2 hours" in page
    assert "<svg" in page
    assert office.get(reverse("gates:pass_paper", args=[held.id])).content.startswith(b"%PDF")
    send(office, "revoke_pass", held.id, reason="搬走")
    page = read(office, "pass", held.id)
    assert "搬走" in page
    assert "<svg class" in page  # icons, and no code
    assert 'class="qr"' not in page
    assert office.get(reverse("gates:pass_paper", args=[held.id])).status_code == 409


def test_a_second_pass_for_a_household_is_refused_with_the_first_ones_number(
    office: Client,
) -> None:
    one, other = make.household()
    held = make.entry_exit_pass(one)

    page = _issue(office, other.id, status=409)

    assert held.code in page


def test_a_used_up_quota_says_when_the_pass_opens_again(office: Client) -> None:
    gate, guard = make.gate("pass"), make.guard()
    one, _other = make.household()
    held = make.entry_exit_pass(one)
    make.scanned(gate, guard, make.listed(one), pass_text=make.pass_text(held))

    page = read(office, "pass", held.id)

    assert "Opens again" in page
    assert "not in this time" not in page


def test_passes_are_found_by_number_and_by_plate(office: Client) -> None:
    _issue(office, None, kind="vehicle", plate="青A·12345", purpose="保供")
    held = Pass.objects.get()

    assert held.code in read(office, "passes", search=held.code.lower())
    assert held.code in read(office, "passes", search="青a12345")
    assert held.code not in read(office, "passes", search="青A99999")


def test_checkpoints_passes_and_venues_are_exported_and_on_record(office: Client) -> None:
    gate = make.gate()
    venue = make.venue("=1+1")
    _issue(office, None, kind="vehicle", plate="青A·12345", purpose="保供")

    def rows(name: str, **query: str) -> list[list[object]]:
        return sheet_of(office.get(reverse(f"gates:{name}"), query | {"export": "xlsx"}))[1:]

    assert [row[0] for row in rows("checkpoints")] == [gate.name]
    assert [row[0] for row in rows("passes")] == [Pass.objects.get().code]
    assert [row[0] for row in rows("venues")] == [f"'{venue.name}"]
    assert rows("venues", show="with") == []
    told = Event.objects.filter(kind="kernel.list_exported").order_by("seq")
    assert [one.facts["list"] for one in told] == ["checkpoints", "passes", "venues", "venues"]


def test_incidents_and_questions_are_exported_and_on_record(office: Client) -> None:
    east, west = make.gate(), make.gate(area_path=make.NEXT_COMMUNITY, name="山川路口")
    told = actions.report_incident(
        make.guard(), new_id(), east.id, kind="crowd", text="排队过长", at=now()
    )
    actions.settle_incident(PLAYBOOK, told.id, how="加开通道")
    code = make.shown(make.resident())
    make.scanned(east, make.guard(), code, at=now() - timedelta(minutes=3))
    make.scanned(west, make.guard(within=make.NEXT_COMMUNITY), code)

    def rows(name: str, **query: str) -> list[list[object]]:
        return sheet_of(office.get(reverse(f"gates:{name}"), query | {"export": "xlsx"}))[1:]

    [incident] = rows("incidents")
    assert (incident[1], incident[4], incident[6]) == (east.name, "排队过长", "加开通道")
    assert rows("incidents", show="open") == []
    [question] = rows("questions")
    assert {question[1], question[3]} == {east.name, west.name}
    lists = [one.facts["list"] for one in Event.objects.filter(kind="kernel.list_exported")]
    assert sorted(set(lists)) == ["incidents", "questions"]


def test_a_page_of_passes_costs_the_same_for_one_and_for_thirty(office: Client) -> None:
    make.entry_exit_pass(make.resident(), kind="work")
    read(office, "passes")

    with CaptureQueriesContext(connection) as few:
        read(office, "passes")
    for _one in range(20):
        make.entry_exit_pass(make.resident(), kind="work")
    with CaptureQueriesContext(connection) as many:
        read(office, "passes")

    assert len(many) == len(few)
    assert len(many) <= 14


# Venues


def test_coverage_by_place_and_the_list_behind_it(office: Client) -> None:
    done, left = make.venue(), make.venue("小桥理发店", area_path=make.NEXT_COMMUNITY)
    actions.sign_up_venue(PLAYBOOK, done.id, kind="shop")

    page = read(office, "venues")

    assert "1 of 2 have a code" in page
    assert left.name in page
    assert done.name not in page
    assert done.name in read(office, "venues", show="with")
    assert left.name not in read(office, "venues", at=make.COMMUNITY)


def test_a_venue_signs_up_and_its_poster_is_printed(office: Client) -> None:
    venue = make.venue()

    send(office, "sign_up", venue.id, kind="supermarket")
    made = send(office, "posters", site=[str(venue.id)], status=200)

    assert made.startswith("%PDF")
    assert Venue.objects.get().poster_printed_at is not None
    assert signed.venue_number(venue) in read(office, "venue", venue.id)


def test_a_sign_up_drive_ends_with_its_last_venue(office: Client) -> None:
    one, other = make.venue(), make.venue("小桥理发店", area_path=make.NEXT_COMMUNITY)
    due = (now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    where = send(office, "begin_drive", due_at=due)
    drive = SignUpDrive.objects.get()
    assert str(drive.id) in where
    assert one.name in read(office, "drive", drive.id)

    for site in (one, other):
        send(office, "sign_up", site.id, kind="shop")

    drive.refresh_from_db()
    assert drive.ended_at is not None
    kinds = list(Event.objects.values_list("kind", flat=True))
    assert kinds.count("gates.community_is_covered") == 2


def test_the_screen_changes_its_code_and_nobody_is_signed_in(client: Client) -> None:
    venue = make.venue()
    actions.sign_up_venue(PLAYBOOK, venue.id, kind="shop", screen=True)

    page = client.get(reverse("gates:screen", args=[signed.screen_token(venue.id)]))

    assert page.status_code == 200
    assert page.headers["Refresh"] == "20"
    assert b"<script" not in page.content
    first = signed.screen_code(venue, now())
    assert first != signed.screen_code(venue, now() + timedelta(seconds=31))


def test_a_screen_that_nobody_gave_out_does_not_open(client: Client) -> None:
    make.places()

    assert client.get(reverse("gates:screen", args=["nonsense"])).status_code == 404


def test_the_screen_of_a_closed_venue_goes_dark(client: Client) -> None:
    venue = make.venue()
    actions.sign_up_venue(PLAYBOOK, venue.id, kind="shop", screen=True)
    actions.close_venue(PLAYBOOK, venue.id)

    page = client.get(reverse("gates:screen", args=[signed.screen_token(venue.id)]))

    assert page.status_code == 404


# Incidents, questions, and where somebody passed


def test_an_incident_is_told_and_settled(office: Client) -> None:
    gate, guard = make.gate(), make.guard()
    told = actions.report_incident(
        guard, new_id(), gate.id, kind="crowd", text="排队过长", at=now()
    )

    assert "crowd" in read(office, "incidents", show="open")
    assert "排队过长" in read(office, "incident", told.id)
    send(office, "settle", told.id, how="加开通道")

    assert Incident.objects.get().settled_how == "加开通道"
    assert "No incident was reported" in read(office, "incidents", show="open")


def test_a_question_is_answered_by_a_person(office: Client) -> None:
    east, west = make.gate(), make.gate(area_path=make.NEXT_COMMUNITY, name="山川路口")
    code = make.shown(make.resident())
    make.scanned(east, make.guard(), code, at=now() - timedelta(minutes=3))
    make.scanned(west, make.guard(within=make.NEXT_COMMUNITY), code)

    page = read(office, "questions")
    question = Question.objects.get()
    assert "one code at two gates at once" in page
    assert "山川路口" in page
    send(office, "answer", question.id, answer="夫妻合用一部手机")

    assert "夫妻合用一部手机" not in read(office, "questions")
    assert "夫妻合用一部手机" in read(office, "questions", show="all")


def test_where_somebody_passed_is_read_for_a_purpose_and_on_record(office: Client) -> None:
    gate, guard, person = make.gate(), make.guard(), make.resident()
    make.scanned(gate, guard, make.listed(person))

    assert gate.name not in read(office, "scans_of", person.id)
    page = send(office, "scans_of", person.id, purpose="病例流调", status=200)

    assert gate.name in page
    told = Event.objects.get(kind="gates.scans_read")
    assert (told.subject_id, told.facts["purpose"]) == (person.id, "病例流调")


def test_who_neither_investigates_nor_audits_reads_nobodys_scans(client: Client) -> None:
    person = make.resident()
    worker = signed_in(client, Duty.CARRY_OUT, Duty.SEE_REGISTER, Duty.COMMAND)

    read(worker, "scans_of", person.id, status=403)
    read(worker, "questions", status=403)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("checkpoints", "您的区域没有卡口"),
        ("passes", "没有通行证"),
        ("issue_pass", "通行证内容"),
        ("venues", "您的区域没有场所"),
        ("incidents", "没有上报的情况"),
        ("questions", "不会自动产生任何后果"),
    ],
)
def test_every_list_reads_in_chinese_and_while_there_is_nothing(
    client: Client, name: str, words: str
) -> None:
    make.places()
    office = signed_in(client, *OFFICE, language="zh-hans")

    assert words in read(office, name)
