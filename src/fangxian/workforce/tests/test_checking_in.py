"""Double check-in: people where they live, units where they help; one person at one place."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.clock import Hands
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.workforce import about, queries
from fangxian.workforce.actions import (
    Listed,
    NewMember,
    check_in,
    check_in_by_poster,
    check_in_list,
    check_out,
    dissolve_organisation,
    offer_locked_in,
    set_state,
)
from fangxian.workforce.checking_in import door_code, read_door_code
from fangxian.workforce.errors import (
    CheckedInElsewhere,
    HasLeft,
    NobodyHere,
    NoPlace,
    NoSuchDoorCode,
    NoSuchMember,
    NotACommunity,
    NotAMember,
    OrganisationIsDissolved,
)
from fangxian.workforce.models import CheckIn, Member
from fangxian.workforce.tests import make

pytestmark = pytest.mark.django_db


def test_a_member_checks_in_by_phone_where_they_live_and_both_sides_have_the_receipt() -> None:
    home = make.people.community("朝阳社区")
    unit = make.organisation("市政综合所", at=make.people.community("山川社区"), kind="unit")
    lu = make.signed_in(make.member("陆敏", at=unit.area_path, unit_id=unit.id))

    receipt = check_in(lu, area_path=home.path)

    assert receipt.code.startswith("K")
    assert list(queries.checked_in_at(make.keeper(home))) == [receipt]
    assert list(queries.checked_in_elsewhere(make.keeper(unit.area_path))) == [receipt]
    assert Event.objects.get(kind="workforce.checked_in").facts["code"] == receipt.code


def test_a_tap_that_is_sent_twice_counts_once() -> None:
    home, tap = make.people.community(), new_id()
    lu = make.signed_in(make.member(at=home))

    first = check_in(lu, area_path=home.path, id=tap)
    again = check_in(lu, area_path=home.path, id=tap)
    once_more = check_in(lu, area_path=home.path, id=new_id())

    assert first == again == once_more
    assert CheckIn.objects.count() == 1


def test_nobody_is_at_two_places_in_the_same_hour(noon: Hands) -> None:
    make.rules()
    one, other = make.people.community("朝阳社区"), make.people.community("山川社区")
    lu = make.signed_in(make.member("陆敏", at=one))
    check_in(lu, area_path=one.path)

    noon.forward(minutes=59)
    with pytest.raises(CheckedInElsewhere, match=r"陆敏.*朝阳社区.*60"):
        check_in(lu, area_path=other.path)
    noon.forward(minutes=1)
    moved = check_in(lu, area_path=other.path)

    assert about.open_check_in(moved.member) == moved  # type: ignore[arg-type]
    assert CheckIn.objects.exclude(until=None).count() == 1


def test_who_checks_out_first_may_check_in_elsewhere_at_once() -> None:
    make.rules()
    one, other = make.people.community(), make.people.community()
    lu = make.signed_in(make.member(at=one))

    check_out(lu, check_in(lu, area_path=one.path).id)

    assert check_in(lu, area_path=other.path).area_path == other.path


def test_checking_out_again_changes_nothing(noon: Hands) -> None:
    home = make.people.community()
    lu = make.signed_in(make.member(at=home))
    receipt = check_in(lu, area_path=home.path)
    first = check_out(lu, receipt.id).until

    noon.forward(minutes=5)

    assert check_out(lu, receipt.id).until == first


def test_somebody_else_checks_nobody_out() -> None:
    home = make.people.community()
    receipt = check_in(make.signed_in(make.member(at=home)), area_path=home.path)
    stranger = make.actor(within=home.path)

    with pytest.raises(NotYours):
        check_out(stranger, receipt.id)


def test_a_member_reports_from_another_city() -> None:
    home = make.people.community()
    lu = make.signed_in(make.member(at=home))

    receipt = check_in(lu, elsewhere="西安市碑林区长乐坊街道")

    assert list(queries.checked_in_elsewhere(make.keeper(home))) == [receipt]
    assert not queries.checked_in_at(make.keeper(home)).exists()


def test_a_place_is_named_and_is_not_a_whole_district() -> None:
    district = make.people.district()
    lu = make.signed_in(make.member(at=district))

    with pytest.raises(NoPlace):
        check_in(lu)
    with pytest.raises(NoPlace):
        check_in(lu, area_path=district.path, elsewhere="西安市")
    with pytest.raises(NotACommunity):
        check_in(lu, area_path=district.path)


def test_who_is_no_member_is_told_whom_to_ask() -> None:
    home = make.people.community()

    with pytest.raises(NotAMember):
        check_in(make.actor(within=home.path), area_path=home.path)


def test_a_colleague_is_entered_only_at_a_place_of_ones_own() -> None:
    home, elsewhere = make.people.community(), make.people.community()
    member = make.member(at=home)

    check_in(make.keeper(home), member_id=member.id, area_path=home.path, way="colleague")

    with pytest.raises(NotYours):
        check_in(make.keeper(home), member_id=member.id, area_path=elsewhere.path)


def test_who_has_left_does_not_check_in() -> None:
    home = make.people.community()
    member = make.member(at=home)
    lu = make.signed_in(member)
    set_state(make.KEEPER_MIN, member.id, "left")

    with pytest.raises(HasLeft):
        check_in(lu, area_path=home.path)


def test_a_unit_checks_in_at_the_communities_it_helps() -> None:
    one, other = make.people.community(), make.people.community()
    unit = make.organisation("国库支付中心", at=one, kind="unit")

    first = check_in(make.KEEPER_MIN, organisation_id=unit.id, area_path=one.path)
    again = check_in(make.KEEPER_MIN, organisation_id=unit.id, area_path=one.path)
    second = check_in(make.KEEPER_MIN, organisation_id=unit.id, area_path=other.path)

    assert first == again
    assert set(unit.check_ins.filter(until=None)) == {first, second}
    with pytest.raises(NotYours):
        check_in(make.actor(within=one.path), organisation_id=unit.id, area_path=one.path)
    dissolve_organisation(make.KEEPER_MIN, unit.id)
    with pytest.raises(OrganisationIsDissolved):
        check_in(make.KEEPER_MIN, organisation_id=unit.id, area_path=one.path)


# By a list


def line(number: int, name: str, phone: str, path: str) -> Listed:
    new = NewMember(kind="secondee", name=name, phone=phone, area_path=path, lives_at=path)
    return Listed(line=number, area_path=path, new=new)


def test_a_list_checks_in_known_and_new_people() -> None:
    make.rules()
    one, other = make.people.community("朝阳社区"), make.people.community("山川社区")
    known = make.member("陆敏", at=one, phone="13900000001")

    taken = check_in_list(
        make.KEEPER_MIN,
        [
            line(2, "陆敏", "13900000001", one.path),
            line(3, "唐军", "13900000002", other.path),
            line(4, "唐军", "13900000002", other.path),
            line(5, "唐军", "13900000002", one.path),
        ],
    )

    assert (taken.checked_in, taken.entered, taken.there_before) == (2, 1, 1)
    [(refused_line, reason)] = taken.refused
    assert refused_line == 5
    assert "唐军" in reason
    assert "山川社区" in reason
    assert about.open_check_in(known).area_path == one.path  # type: ignore[union-attr]
    assert Event.objects.get(kind="workforce.list_checked_in").facts["people"] == 2


def test_a_list_again_changes_nothing_and_one_in_the_same_hour_elsewhere_is_refused(
    noon: Hands,
) -> None:
    make.rules()
    one, other = make.people.community("朝阳社区"), make.people.community("山川社区")
    check_in_list(make.KEEPER_MIN, [line(2, "唐军", "13900000002", one.path)])

    again = check_in_list(make.KEEPER_MIN, [line(2, "唐军", "13900000002", one.path)])
    elsewhere = check_in_list(make.KEEPER_MIN, [line(2, "唐军", "13900000002", other.path)])

    assert (again.checked_in, again.there_before) == (0, 1)
    assert elsewhere.refused[0][0] == 2
    noon.forward(hours=2)
    moved = check_in_list(make.KEEPER_MIN, [line(2, "唐军", "13900000002", other.path)])
    assert moved.checked_in == 1
    assert CheckIn.objects.filter(until=None).count() == 1


# By the poster


def test_a_colleague_without_an_account_checks_in_at_the_poster() -> None:
    home = make.people.community()
    member = make.member("陆敏", at=make.people.community(), phone="13900000001")

    area = read_door_code(door_code(home.path))
    receipt = check_in_by_poster(make.KEEPER_MIN, area, name="陆敏", phone="13900000001")

    assert receipt.member == member
    assert receipt.area_path == home.path


def test_somebody_from_another_district_is_entered_with_their_unit() -> None:
    home = make.people.community()

    with pytest.raises(NobodyHere):
        check_in_by_poster(make.KEEPER_MIN, home, name="秦力", phone="13900000009")
    receipt = check_in_by_poster(
        make.KEEPER_MIN,
        home,
        name="秦力",
        phone="13900000009",
        unit_elsewhere="西安市碑林区税务局",
    )

    member = Member.objects.get()
    assert member.unit_elsewhere == "西安市碑林区税务局"
    assert receipt.member == member


def test_a_poster_that_is_not_ours_is_refused() -> None:
    for code in ("12345", "1.abc", door_code(make.people.community().path) + "x"):
        with pytest.raises(NoSuchDoorCode):
            read_door_code(code)


# Locked in


def test_whoever_is_locked_in_is_offered_to_the_grid_they_live_in() -> None:
    home = make.people.dwelling()
    community = make.people.area("第一网格", "grid", home.parent.parent.parent)  # type: ignore[union-attr]
    member = make.member("陆敏", at=make.people.community(), lives_at=home.path)
    grid_keeper = make.keeper(community.parent)  # type: ignore[arg-type]

    set_state(make.KEEPER_MIN, member.id, "locked_in")

    assert list(queries.locked_in(grid_keeper)) == [member]
    [receipt] = offer_locked_in(grid_keeper, [member.id])
    assert receipt.way == "locked_in"
    assert receipt.area_path == community.parent.path  # type: ignore[union-attr]
    with pytest.raises(NoSuchMember):
        offer_locked_in(grid_keeper, [make.member().id])


# Whatever the program does


def test_a_check_in_holds_to_its_rules() -> None:
    home = make.people.community()
    lu = make.signed_in(make.member(at=home))
    unit = make.organisation(at=home, kind="unit")
    receipt = check_in(lu, area_path=home.path)
    of_unit = check_in(make.KEEPER_MIN, organisation_id=unit.id, area_path=home.path)
    changed = CheckIn.objects.filter(id=receipt.id)

    for name, change in (
        ("check_in_is_of_a_member_or_of_a_unit", {"organisation": unit}),
        ("check_in_is_here_or_elsewhere", {"elsewhere": "西安市"}),
        ("check_in_ends_after_it_began", {"until": receipt.at - timedelta(minutes=1)}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            changed.update(**change)
    for name, more in (
        ("member_is_checked_in_at_one_place_at_a_time", {"member_id": receipt.member_id}),
        ("unit_is_checked_in_at_a_place_once", {"organisation_id": of_unit.organisation_id}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            CheckIn.objects.create(number=999, area_path=home.path, way="phone", **more)


def test_checking_in_costs_the_same_whoever_is_there(
    django_assert_max_num_queries: object,
) -> None:
    home = make.people.community()
    check_in_list(
        make.KEEPER_MIN, [line(n, f"唐{n}", f"139000{n:05d}", home.path) for n in range(2, 40)]
    )
    lu = make.signed_in(make.member(at=home))

    with django_assert_max_num_queries(14):  # type: ignore[operator]
        check_in(lu, area_path=home.path)
