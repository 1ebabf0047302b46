"""The pages of posts and shifts: what they say, to whom, and at what cost."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fangxian.kernel.access import Duty
from fangxian.kernel.clock import Hands, today
from fangxian.kernel.models import Account
from fangxian.kernel.sheets import write
from fangxian.kernel.tests.make import account, sheet_of
from fangxian.rosters import queries
from fangxian.rosters.actions import answer_swap, offer_swap, open_shifts
from fangxian.rosters.models import HotDay, Pair, Post, Proposal, Shift, Swap, Turn
from fangxian.rosters.tests import make
from fangxian.rosters.tests.make import MIN
from fangxian.workforce.models import Member

pytestmark = pytest.mark.django_db


def signed_in(who: Member | None, *duties: Duty, within: str = "") -> Client:
    client = Client()
    if who is None:
        client.force_login(account(f"min{len(duties)}", duties=duties, within=within))
    else:
        client.force_login(Account.objects.get(id=make.colleague(who, *duties).id))
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def office() -> Client:
    return signed_in(None, Duty.KEEP_ROSTER)


def read(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    response = client.get(reverse(f"rosters:{name}", args=args), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def send(client: Client, page: str, /, *args: object, status: int = 302, **said: Any) -> str:
    response = client.post(reverse(f"rosters:{page}", args=args), said)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.headers.get("Location", "") or response.content.decode("utf-8", "replace")


def test_a_post_is_opened_its_week_opened_and_somebody_put_on_it(office: Client) -> None:
    area = make.people.community()
    who = make.member("王海", at=area)
    send(
        office,
        "new_post",
        name="文汇小区东门",
        kind="gate",
        place=f"area:{area.path}",
        starts="13:00",
        ends="21:00",
        headcount="1",
    )
    post = Post.objects.get()
    assert "文汇小区东门" in read(office, "posts", kind="gate")

    office.post(reverse("rosters:open_shifts"), {"from": f"{today():%Y-%m-%d}"})
    shift = Shift.objects.filter(post=post).earliest("starts_at")
    assert "王海" in read(office, "shift", shift.id)
    send(office, "assign", shift.id, member=str(who.id))

    assert "王海" in read(office, "week")
    assert "王海" in read(office, "week", by="person")
    assert "王海" in read(office, "post", post.id)


def test_a_gap_stands_on_the_first_page_until_somebody_is_there(office: Client) -> None:
    shift = make.shift(make.post("北门", needs=(make.need((make.NIGHT[0], make.EVENING[0])),)))
    open_shifts(MIN, from_day=today(), until_day=today())
    assert "北门" in read(office, "gaps")

    task = office.get(reverse("rosters:gap", args=[shift.id]))
    assert task.headers["Location"] == reverse("rosters:shift", args=[shift.id])
    assert read(office, "gap", shift.post_id, status=302) == ""
    read(office, "gap", shift.need_id, status=404)


def test_a_standing_post_gets_a_name_and_loses_it(office: Client) -> None:
    post = make.post(kind="point_lead")
    who = make.member("李强", at=post.area_path)
    assert "Nobody yet" in read(office, "post", post.id)

    send(office, "name_holder", post.id, member=str(who.id))
    assert "李强" in read(office, "post", post.id)
    send(office, "vacate", post.id, reason="called away")

    assert "Nobody yet" in read(office, "post", post.id)
    send(office, "close_post", post.id)
    assert "was closed at" in read(office, "post", post.id)


def test_needs_are_stated_and_ended(office: Client) -> None:
    post = make.post()
    send(office, "state_need", post.id, starts="16:00", ends="00:00", headcount="2")
    send(office, "state_need", post.id, starts="", ends="", headcount="0", status=422)
    assert "2 people" in read(office, "post", post.id)

    need = post.needs.get(headcount=2)
    send(office, "end_need", need.id)

    need.refresh_from_db()
    assert need.until_day == today()


def test_the_supervisor_notes_who_comes_is_relieved_and_goes(office: Client, noon: Hands) -> None:
    turn = make.turn()
    other = make.member(at=turn.shift.area_path)
    noon.to(turn.starts_at)
    send(office, "check_in", turn.id)
    assert "by the supervisor" in read(office, "shift", turn.shift_id)

    noon.forward(hours=2)
    send(office, "relieve", turn.id, member=str(other.id), reason="unwell")
    rest = Turn.objects.get(member=other)
    send(office, "check_in", rest.id)
    noon.forward(hours=6)
    send(office, "check_out", rest.id)

    assert "unwell" in read(office, "shift", turn.shift_id)
    assert Turn.objects.get(id=rest.id).state == "done"


def test_somebody_is_taken_off_with_a_reason_and_the_shift_offered_on_the_board(
    office: Client,
) -> None:
    turn = make.turn()
    send(office, "take_off", turn.id, reason="", status=422)
    send(office, "take_off", turn.id, reason="needed elsewhere")

    send(office, "put_on_board", turn.shift_id)

    assert "needed elsewhere" in read(office, "shift", turn.shift_id)


def test_on_a_hot_day_people_are_put_on_by_turns(office: Client) -> None:
    desk = make.post(kind="sampler", needs=(make.need(skill="sampling"),))
    shift = make.shift(desk)
    two = [make.member(at=desk.area_path, skills=("sampling",)) for _ in range(2)]
    send(office, "say_hot_day", day=f"{shift.day:%Y-%m-%d}")
    assert HotDay.objects.exists()
    assert "A hot day" in read(office, "shift", shift.id)

    send(office, "rotate", shift.id, members=[str(one.id) for one in two])

    assert Turn.objects.filter(shift=shift).count() == 8


def test_meals_and_gear_are_counted_and_what_is_unverified_says_so(office: Client) -> None:
    shift = make.shift(make.post(kind="sampler", needs=(make.need(headcount=3),)))
    make.turn(shift)
    day = f"{shift.day:%Y-%m-%d}"

    page = read(office, "supplies", from_day=day, until_day=day)
    assert "Meals at 12:00" in page
    assert "unverified" in page
    assert "2 not found yet" in page
    file = office.get(
        reverse("rosters:supplies"), {"from_day": day, "until_day": day, "export": "xlsx"}
    )
    header, row = sheet_of(file)[:2]
    counted = dict(zip(header, row, strict=True))
    assert (counted["People"], counted["Meals at 12:00"], counted["protective suits"]) == (3, 3, 3)
    assert counted["N95 masks"] == 6


def test_whoever_needs_no_suit_changes_masks(office: Client) -> None:
    shift = make.shift()
    day = f"{shift.day:%Y-%m-%d}"

    page = read(office, "supplies", from_day=day, until_day=day)

    assert "surgical masks <b>2</b>" in page


def roster_file(*rows: tuple[Any, ...]) -> SimpleUploadedFile:
    out = BytesIO()
    write(out, ["岗位", "日期", "时间", "姓名", "电话"], rows, title="排班")
    return SimpleUploadedFile("排班.xlsx", out.getvalue())


def test_a_roster_in_excel_with_merged_cells_and_unknown_names(office: Client) -> None:
    gate = make.post("东门", needs=(make.need(headcount=3), make.need(make.EVENING)))
    shift = make.shift(gate)
    for name in ("王海", "李强"):
        make.member(name, at=gate.area_path)
    make.member("张伟", at=gate.area_path)
    make.member("张伟", at=gate.area_path, phone="13899990000")
    day = f"{shift.day:%Y-%m-%d}"

    page = send(
        office,
        "take_roster",
        status=200,
        file=roster_file(
            ("东门", day, "", "李强", ""),
            ("东门", day, "8:00-16:00", "王海、李强", ""),
            ("", "", "", "赵无名", ""),  # merged: the same post and day
            ("", "", "", "张伟", ""),
            ("", "", "", "张伟", "13899990000"),
            ("西门", day, "8:00-16:00", "王海", ""),
            (gate.code, "", "12-20", "李强", ""),
            (gate.code, "not a day", "", "李强", ""),
        ),
    )

    assert "3 of 9 entries" in page
    assert Turn.objects.filter(shift=shift).count() == 3
    for line, why in (
        (2, "several shifts"),
        (4, "Nobody at work is called “赵无名”"),
        (5, "Several people are called “张伟”"),
        (7, "There is no post “西门”"),
        (8, "no such shift"),
        (9, "date cannot be read"),
    ):
        row = page[page.index(f'class="num">{line}</th>') :]
        assert why in row[:300], line


def test_what_the_roster_forbids_is_told_by_line(office: Client) -> None:
    one, other = make.post("东门"), make.post("西门")
    first = make.shift(one)
    make.shift(other)
    make.member("王海", at=one.area_path)
    day = f"{first.day:%Y-%m-%d}"

    page = send(
        office,
        "take_roster",
        status=200,
        file=roster_file(("东门", day, "", "王海", ""), ("西门", day, "", "王海", "")),
    )

    assert "at another post at that hour" in page
    send(office, "take_roster", status=422)
    assert "names its columns" in send(
        office,
        "take_roster",
        status=422,
        file=SimpleUploadedFile("a.csv", "甲,乙\n1,2\n".encode()),
    )


def test_a_swap_is_approved_or_refused_on_the_office_page(office: Client) -> None:
    turn = make.turn()
    other = make.member("李强", at=turn.shift.area_path)
    me, them = make.colleague(turn.member), make.colleague(other)
    for verb, state in (("refuse_swap", "refused"), ("approve_swap", "approved")):
        swap = offer_swap(me, turn.id, other.id)
        answer_swap(them, swap.id, accept=True)
        assert "李强" in read(office, "decide")

        send(office, verb, swap.id, reason="both are new")

        assert Swap.objects.get(id=swap.id).state == state


def test_a_plan_is_read_and_accepted_or_dropped(office: Client) -> None:
    shift, who = make.shift(), make.member("王海")
    plans = [
        Proposal.objects.create(
            kind="fill",
            area_path="",
            from_day=today(),
            until_day=today() + timedelta(days=6),
            rows=[[str(shift.id), str(who.id)]],
            places=2,
            filled=1,
            version="1",
            pack="cn-v9@1",
        )
        for _ in range(2)
    ]
    assert "王海" in read(office, "plan", plans[0].id)
    assert "1 turn is on the roster" in send(office, "accept_plan", plans[0].id, status=200)
    send(office, "drop_plan", plans[1].id)
    assert {one.state for one in Proposal.objects.all()} == {"accepted", "dropped"}


def test_a_plan_is_asked_for_and_made_by_the_worker(office: Client) -> None:
    send(office, "make_plan", fill="1")
    send(office, "make_plan", repair="1")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'kind' FROM procrastinate_jobs WHERE task_name LIKE '%%plan_staff'"
            " ORDER BY id"
        )
        assert [kind for (kind,) in cursor.fetchall()] == ["fill", "repair"]


def test_the_card_of_a_post_shows_its_code(office: Client) -> None:
    post = make.post()

    page = read(office, "card", post.id)

    assert post.code in page
    assert "<svg" in page


def test_somebody_sees_where_to_be_checks_in_hands_over_and_goes(noon: Hands) -> None:
    turn = make.turn()
    me = signed_in(turn.member)
    assert turn.shift.post.name in read(me, "mine")
    assert turn.shift.post.code in read(me, "at_post", turn.shift.post.code)

    noon.to(turn.starts_at)
    send(me, "come", code=turn.shift.post.code)
    assert "On duty now" in read(me, "mine")
    send(me, "hand_over", turn.id, note="all well", counts="passes", status=422)
    send(me, "hand_over", turn.id, note="all well", counts="passes 12\nN95：3")
    noon.forward(hours=8)
    send(me, "go", code=turn.shift.post.code)

    [note] = queries.hand_overs_of(MIN, turn.shift.post_id)
    assert note.counts == [["passes", 12], ["N95", 3]]


def test_somebody_offers_a_turn_and_the_other_takes_it() -> None:
    turn = make.turn()
    other = make.member("李强", at=turn.shift.area_path)
    me, them = signed_in(turn.member), signed_in(other)
    assert "李强" in read(me, "offer", turn.id)

    send(me, "offer", turn.id, member=str(other.id), reason="an examination")
    swap = Swap.objects.get()
    assert "asks you to take a turn" in read(them, "mine")
    send(them, "answer", swap.id, accept="yes")
    assert "accepted" in read(me, "mine")
    send(me, "withdraw", swap.id)

    assert Swap.objects.get().state == "withdrawn"
    read(them, "offer", turn.id, status=403)


def test_who_is_not_on_the_list_is_told_whom_to_ask() -> None:
    assert "Ask whoever keeps the roster" in read(signed_in(None, Duty.CARRY_OUT), "mine")


def test_the_office_pages_are_for_the_office() -> None:
    shift = make.shift()
    guard = signed_in(None, Duty.GUARD)

    for name, args in (
        ("gaps", ()),
        ("week", ()),
        ("posts", ()),
        ("supplies", ()),
        ("decide", ()),
        ("post", (shift.post_id,)),
        ("shift", (shift.id,)),
        ("new_post", ()),
        ("take_roster", ()),
    ):
        read(guard, name, *args, status=403)


@pytest.mark.parametrize("name", ["gaps", "week", "posts", "supplies"])
def test_a_page_costs_as_many_statements_for_ten_posts_as_for_two(
    office: Client, name: str
) -> None:
    area = make.people.community()

    def cost(posts: int) -> int:
        for _ in range(posts):
            shift = make.shift(make.post(at=area), in_days=0)
            make.turn(shift, make.member(at=area))
        read(office, name)  # whatever is kept is kept now
        with CaptureQueriesContext(
            connection,
        ) as found:
            read(office, name)
        return len(found)

    assert cost(2) == cost(8)


def test_the_roster_can_be_taken_away_as_a_file(office: Client) -> None:
    turn = make.turn()
    file = office.get(
        reverse("rosters:week"), {"export": "xlsx", "from": f"{turn.shift.day:%Y-%m-%d}"}
    )

    assert sheet_of(file)[1][0] == turn.shift.post.code
    assert not Pair.objects.exists()
