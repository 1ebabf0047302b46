"""The claim board: first come, first served; given back, it is there for others again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.workforce import about, queries
from fangxian.workforce.actions import (
    claim,
    close_wanted,
    dissolve_organisation,
    give_back,
    note_skill,
    put_on_board,
    set_state,
)
from fangxian.workforce.errors import (
    EndsBeforeItBegins,
    HasLeft,
    NoSuchWanted,
    NotAMember,
    NothingLeft,
    OrganisationIsDissolved,
    SayWhy,
    SkillIsMissing,
)
from fangxian.workforce.models import Claim, Service, Wanted
from fangxian.workforce.tests import make

pytestmark = pytest.mark.django_db


def wanted(headcount: int = 1, *, at: str = "", **more: object) -> Wanted:
    path = at or make.people.community().path
    said: dict[str, object] = {"kind": "wish", "words": "为独居老人买药"}
    return put_on_board(
        make.keeper(path),
        area_path=path,
        headcount=headcount,
        **(said | more),  # type: ignore[arg-type]
    )


def test_a_member_takes_a_wish_and_it_is_off_the_board() -> None:
    wish = wanted()
    lu = make.signed_in(make.member(at=wish.area_path))
    assert list(queries.board(lu)) == [wish]

    first = claim(lu, wish.id)
    again = claim(lu, wish.id)

    assert first == again
    assert not queries.board(lu).exists()
    assert list(about.claimed_by(first.member)) == [wish]  # type: ignore[arg-type]


def test_the_second_is_told_that_nothing_is_left() -> None:
    wish = wanted()
    claim(make.signed_in(make.member(at=wish.area_path)), wish.id)

    with pytest.raises(NothingLeft):
        claim(make.signed_in(make.member(at=wish.area_path)), wish.id)


def test_a_unit_takes_with_so_many_people_and_not_more_than_are_wanted() -> None:
    post = wanted(5, kind="post", words="北门值守")
    unit = make.organisation(at=post.area_path, kind="unit")

    with pytest.raises(NothingLeft, match="5"):
        claim(make.KEEPER_MIN, post.id, organisation_id=unit.id, people=6)
    claim(make.KEEPER_MIN, post.id, organisation_id=unit.id, people=3)

    [left] = queries.board(make.KEEPER_MIN)
    assert left.taken == 3  # type: ignore[attr-defined]
    with pytest.raises(NotYours):
        claim(make.actor(within=post.area_path), post.id, organisation_id=unit.id)
    dissolve_organisation(make.KEEPER_MIN, unit.id)
    with pytest.raises(OrganisationIsDissolved):
        claim(make.KEEPER_MIN, post.id, organisation_id=unit.id)


def test_what_is_given_back_may_be_taken_again() -> None:
    wish = wanted()
    lu, other = (make.signed_in(make.member(at=wish.area_path)) for _ in range(2))
    claim(lu, wish.id)

    give_back(lu, wish.id)
    give_back(lu, wish.id)

    assert claim(other, wish.id)


def test_a_skill_that_is_asked_for_must_be_there() -> None:
    post = wanted(kind="post", words="采样", skill="sampling")
    member = make.member(at=post.area_path)
    lu = make.signed_in(member)

    with pytest.raises(SkillIsMissing):
        claim(lu, post.id)
    note_skill(make.KEEPER_MIN, member.id, "sampling", proof="护士证 01")

    assert claim(lu, post.id)


def test_only_members_who_are_there_take_something() -> None:
    wish = wanted()
    left = make.member(at=wish.area_path)
    gone = make.signed_in(left)
    set_state(make.KEEPER_MIN, left.id, "left")

    with pytest.raises(NotAMember):
        claim(make.actor(within=wish.area_path), wish.id)
    with pytest.raises(HasLeft):
        claim(gone, wish.id)
    with pytest.raises(NotAMember):
        give_back(make.actor(within=wish.area_path), wish.id)
    with pytest.raises(NoSuchWanted):
        claim(make.signed_in(make.member()), wish.id)


def test_who_works_in_one_community_sees_the_board_of_the_one_they_live_in() -> None:
    wish = wanted()
    lu = make.signed_in(make.member(lives_at=wish.area_path))

    assert list(queries.board(lu)) == [wish]


def test_what_is_done_stands_in_the_record_of_who_did_it() -> None:
    wish = wanted()
    member = make.member(at=wish.area_path)
    claim(make.signed_in(member), wish.id)

    close_wanted(make.keeper(wish.area_path), wish.id, done=True, minutes=90)
    close_wanted(make.keeper(wish.area_path), wish.id, done=True, minutes=90)

    assert about.given_by(member).hours == 1.5
    assert Service.objects.count() == 1


def test_the_same_request_stands_on_the_board_once() -> None:
    path, request = make.people.community().path, new_id()

    assert wanted(at=path, about=request) == wanted(at=path, about=request)


def test_an_entry_says_what_is_wanted_by_a_time_to_come() -> None:
    with pytest.raises(SayWhy):
        wanted(words=" ")
    with pytest.raises(EndsBeforeItBegins):
        wanted(by=now() - timedelta(hours=1))
    with pytest.raises(NotYours):
        put_on_board(make.actor(), kind="wish", words="x", area_path="1/")


def test_the_board_holds_to_its_rules() -> None:
    wish = wanted(2, about=new_id())
    member = make.member(at=wish.area_path)
    unit = make.organisation(at=wish.area_path)
    made = claim(make.signed_in(member), wish.id)
    claim(make.KEEPER_MIN, wish.id, organisation_id=unit.id)

    with transaction.atomic(), pytest.raises(IntegrityError, match="wanted_is_for_somebody"):
        Wanted.objects.filter(id=wish.id).update(headcount=0)
    with (
        transaction.atomic(),
        pytest.raises(IntegrityError, match="wanted_stands_once_for_a_thing"),
    ):
        Wanted.objects.create(
            number=99, kind="wish", words="x", area_path="1/", about=wish.about, put_up_by=new_id()
        )
    for name, change in (
        ("claim_is_of_a_member_or_of_a_unit", {"organisation": unit}),
        ("claim_is_for_somebody", {"people": 0}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            Claim.objects.filter(id=made.id).update(**change)
    for name, more in (
        ("claim_is_made_once_by_a_member", {"member": member}),
        ("claim_is_made_once_by_a_unit", {"organisation": unit}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            Claim.objects.create(wanted=wish, **more)
