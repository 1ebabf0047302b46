"""The doors: words, statuses, and that a page costs the same whoever is on it."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from fangxian.areas.models import Area
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import today
from fangxian.kernel.models import Account
from fangxian.workforce.actions import (
    begin_liaison,
    check_in,
    join,
    note_skill,
    offer_help,
    put_on_board,
    send_people,
    set_state,
    state_need,
)
from fangxian.workforce.checking_in import door_code
from fangxian.workforce.models import (
    CheckIn,
    Liaison,
    Member,
    Need,
    Organisation,
    VolunteerOffer,
    Wanted,
)
from fangxian.workforce.tests import make
from fangxian.workforce.tests.test_importing import excel
from fangxian.workforce.tests.test_volunteers import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def min_(client: Client) -> Client:
    """Min keeps the rosters of the whole district."""
    account = Account.objects.create(
        username="min",
        display_name="闵",
        duties=[str(Duty.KEEP_ROSTER), str(Duty.DISPATCH), str(Duty.COMMAND)],
    )
    client.force_login(account)
    return client


def page(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    address = reverse(f"workforce:{name}", args=args)
    answer = client.get(f"{address}?{urlencode(query)}", HTTP_ACCEPT="text/html")
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def send(client: Client, name: str, /, *args: object, status: int = 302, **form: object) -> str:
    address = reverse(f"workforce:{name}", args=args)
    answer = client.post(address, form, HTTP_ACCEPT="text/html")
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def a_force() -> tuple[Organisation, Member]:
    place = make.people.community("朝阳社区")
    unit = make.organisation("市政综合所", at=place, kind="unit")
    squad = make.organisation("朝阳尖刀班", at=place, kind="squad", parent_id=unit.id)
    make.organisation("朝阳物业公司", at=place, kind="property", contact="罗经理", phone="0971-1")
    member = make.member("陆敏", at=place, unit_id=unit.id, kind="secondee")
    join(make.KEEPER_MIN, squad.id, [member.id], role="lead")
    note_skill(make.KEEPER_MIN, member.id, "sampling", proof="护士证")
    begin_liaison(make.KEEPER_MIN, area_path=place.path, member_id=member.id)
    return unit, member


def test_the_lists_show_organisations_and_people_and_cost_the_same_for_more(
    min_: Client, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    unit, _member = a_force()
    for _once in range(20):
        make.member(at=unit.area_path)

    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        assert "市政综合所" in page(min_, "organisations")
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        assert "陆敏" in page(min_, "members")
    assert "陆敏" in page(min_, "members", search="陆敏", skill="sampling", state="ready")
    assert "市政综合所" not in page(min_, "organisations", kind="squad")


def test_an_organisation_and_a_member_have_a_page(min_: Client) -> None:
    unit, member = a_force()
    squad = Organisation.objects.get(kind="squad")

    assert "朝阳尖刀班" in page(min_, "organisation", unit.id)
    assert "陆敏" in page(min_, "organisation", squad.id)
    assert "护士证" in page(min_, "member", member.id)


def test_the_picture_of_a_subdistrict_shows_units_partners_and_links(min_: Client) -> None:
    a_force()
    street = Area.objects.get(level="subdistrict")

    text = page(min_, "street", street.id)

    for word in ("市政综合所", "朝阳尖刀班", "朝阳物业公司", "陆敏 · 市政综合所", "<svg"):
        assert word in text


def test_an_organisation_is_founded_joined_linked_left_and_dissolved(min_: Client) -> None:
    unit, member = a_force()
    send(
        min_,
        "new_organisation",
        kind="temporary_branch",
        name="隔离点临时党支部",
        place=unit.area_path,
        parent=str(unit.id),
        ends_on=str(today() + timedelta(days=14)),
    )
    branch = Organisation.objects.get(kind="temporary_branch")

    send(min_, "join", branch.id, who="陆敏", role="lead")
    assert "陆敏" in page(min_, "organisation", branch.id)
    send(min_, "join", branch.id, who="没有这个人", role="member", status=422)
    send(min_, "leave", branch.id, member.id)
    send(min_, "liaison", branch.id, place=unit.area_path)
    send(min_, "end_liaison", Liaison.objects.get(organisation=branch).id)
    send(min_, "dissolve", branch.id, why="到期")

    branch.refresh_from_db()
    assert branch.dissolved_at
    send(min_, "new_organisation", kind="team", name="", place=unit.area_path, status=422)


def test_a_member_is_entered_and_their_record_grows(min_: Client) -> None:
    unit, _member = a_force()
    send(
        min_,
        "new_member",
        name="唐军",
        phone="13900000002",
        kind="militia",
        place=unit.area_path,
        unit=str(unit.id),
    )
    tang = Member.objects.get(kind="militia")
    day = str(today())

    for what, form in (
        ("state", {"state": "ill", "why": "发热"}),
        ("skill", {"kind": "driving", "proof": "驾驶证"}),
        ("vaccination", {"dose": 1, "given_on": day}),
        ("exemption", {"exempt_from": "nights"}),
        ("absence", {"since": day, "until": day}),
        ("training", {"course": "防护穿脱", "on": day, "skill": ""}),
        ("commendation", {"by": "resident", "words": "夜里送药", "on": day}),
    ):
        send(min_, "note", tang.id, what, **form)
    text = page(min_, "member", tang.id)

    for word in ("驾驶证", "防护穿脱", "夜里送药", "发热"):
        assert word in text
    send(min_, "note", tang.id, "vaccination", dose=0, status=422)


def test_lists_are_taken_in_and_rows_that_are_not_are_shown(min_: Client) -> None:
    unit, _member = a_force()
    rows: list[list[object]] = [
        ["姓名", "手机", "报到社区"],
        ["唐军", "13900000002", "朝阳社区"],
        ["秦力", "1390", "朝阳社区"],
    ]
    for what in ("import_members", "import_check_ins"):
        file = SimpleUploadedFile("list.xlsx", excel(rows))
        text = send(min_, what, file=file, place=unit.area_path, status=200)
        assert "秦力" in text
    assert CheckIn.objects.count() == 1
    teams: list[list[object]] = [["名称", "类型"], ["一队", "志愿服务队"], ["二队", "乐队"]]
    file = SimpleUploadedFile("list.xlsx", excel(teams))
    text = send(min_, "import_organisations", file=file, place=unit.area_path, status=200)
    assert "乐队" in text
    page(min_, "import_members")


def test_a_need_is_stated_sent_received_acknowledged_and_called_back(min_: Client) -> None:
    unit, member = a_force()
    day = str(today())
    send(
        min_,
        "state_need",
        place=unit.area_path,
        headcount=1,
        skill="sampling",
        since=day,
        until=day,
        why="采样点缺人",
    )
    need = Need.objects.get()

    assert "采样点缺人" in page(min_, "needs")
    send(min_, "send", need.id, unit=str(unit.id), people=1)
    assert "陆敏" in page(min_, "need", need.id)
    send(min_, "receive", need.id, came=str(member.id))
    send(min_, "acknowledge", need.id, unit.id)
    send(min_, "recall", need.id, unit.id, why="本单位值守")
    send(min_, "withdraw", need.id)

    need.refresh_from_db()
    assert need.state == "withdrawn"
    send(min_, "send", need.id, unit=str(unit.id), people=9, status=422)
    send(min_, "state_need", place=unit.area_path, status=422)


def test_check_ins_here_and_elsewhere_and_who_is_locked_in(min_: Client) -> None:
    _unit, member = a_force()
    other = make.people.community("山川社区")
    Member.objects.filter(id=member.id).update(lives_at=other.path)
    set_state(make.KEEPER_MIN, member.id, "locked_in")

    assert "陆敏" in page(min_, "check_ins")
    send(min_, "offer_locked_in", member.id)
    made = CheckIn.objects.get()
    assert made.area_path == other.path
    assert made.code in page(min_, "check_ins")
    send(min_, "check_out", made.id)
    poster = min_.get(reverse("workforce:poster") + f"?place={other.path}")
    assert poster.content.startswith(b"%PDF")


def test_the_lists_are_taken_away_as_excel_and_it_is_recorded(min_: Client) -> None:
    unit, _member = a_force()
    check_in(make.KEEPER_MIN, organisation_id=unit.id, area_path=unit.area_path)

    for name in ("organisations", "members", "check_ins"):
        answer = min_.get(reverse(f"workforce:{name}") + "?export=xlsx")
        assert b"".join(answer).startswith(b"PK")


def test_a_volunteer_takes_a_wish_and_reads_their_own_record(client: Client) -> None:
    _unit, member = a_force()
    lu = make.signed_in(member)
    client.force_login(Account.objects.get(id=lu.id))
    put_on_board(make.KEEPER_MIN, kind="wish", words="买药", area_path=member.area_path)
    wish = Wanted.objects.get()

    assert "买药" in page(client, "board")
    send(client, "claim", wish.id)
    assert "买药" in page(client, "mine")
    send(client, "give_back", wish.id)
    send(client, "mine", place=member.area_path)
    assert CheckIn.objects.get().code in page(client, "mine")
    send(client, "mine", place=member.area_path, elsewhere="西安市", status=422)
    send(client, "check_out", CheckIn.objects.get().id, **{"from": "mine"})  # type: ignore[arg-type]
    send(client, "note", member.id, "state", state="ill", **{"from": "mine"})  # type: ignore[arg-type]
    page(client, "members", status=403)
    assert page(client, "member", member.id)


def test_the_board_is_kept_by_a_keeper_and_a_unit_takes_from_it(min_: Client) -> None:
    unit, _member = a_force()
    send(min_, "board", kind="post", words="北门值守", place=unit.area_path, headcount=3)
    post = Wanted.objects.get()

    send(min_, "claim", post.id, unit=str(unit.id), people=2)
    assert "北门值守" in page(min_, "board", kind="post")
    send(min_, "close", post.id, done="yes", minutes="60")
    assert "北门值守" not in page(min_, "board")
    send(min_, "board", kind="post", words="", place=unit.area_path, headcount=3, status=422)


def test_volunteers_are_taken_in_or_declined_on_their_page(min_: Client) -> None:
    _unit, _member = a_force()
    offer_help(make.KEEPER_MIN, said())
    offer_help(make.KEEPER_MIN, said(name="唐军", phone="13900000008"))
    one, other = VolunteerOffer.objects.order_by("id")

    assert "唐军" in page(min_, "volunteers")
    send(min_, "take_in", one.id, team="")
    send(min_, "decline", other.id, why="暂无岗位")

    assert "唐军" not in page(min_, "volunteers")


# Without an account


def test_somebody_signs_up_as_a_volunteer_on_the_public_page(client: Client) -> None:
    make.rules()
    place = make.people.community("朝阳社区")
    form = {
        "name": "陆敏",
        "phone": "13900000001",
        "identity": make.people.identity(),
        "place": place.path,
        "well": "on",
        "not_on_duty": "on",
    }

    assert "18" in page(client, "volunteer")
    answer = send(client, "volunteer", **form, status=200)
    assert "L00000" in answer
    assert answer.split("L00000")[1][:2] in send(client, "volunteer", **form, status=409)
    assert "120" in send(client, "volunteer", **{**form, "well": ""}, status=422)
    send(client, "volunteer", **{**form, "identity": "123"}, status=422)


def test_somebody_checks_in_at_the_poster_and_the_unit_reads_the_receipt(client: Client) -> None:
    _unit, member = a_force()
    code = door_code(member.area_path)
    Member.objects.filter(id=member.id).update(phone_index=None, phone=None)
    page(client, "here", code)

    send(client, "here", code, name="秦力", phone="13900000009", status=409)
    text = send(
        client, "here", code, name="秦力", phone="13900000009", unit_elsewhere="碑林区", status=200
    )

    made = CheckIn.objects.get()
    assert made.code in text
    receipt = page(client, "receipt", made.id)
    assert made.code in receipt
    assert "秦力" not in receipt
    page(client, "here", "1.wrong", status=404)


def test_people_without_the_duty_see_no_roster(client: Client) -> None:
    unit, _member = a_force()
    account = Account.objects.create(username="x", display_name="x", duties=["carry_out"])
    client.force_login(account)

    for name in ("organisations", "members", "volunteers", "check_ins", "needs"):
        page(client, name, status=403)
    page(client, "organisation", unit.id, status=403)
    page(client, "mine", status=403)
    need = state_need(
        make.KEEPER_MIN,
        area_path=unit.area_path,
        headcount=1,
        since=today(),
        until=today(),
        why="x",
    )
    member = make.member(at=unit.area_path, unit_id=unit.id)
    send_people(make.KEEPER_MIN, need.id, [member.id], unit_id=unit.id)
    page(client, "need", need.id, status=403)
