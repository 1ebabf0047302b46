"""Volunteers sign up themselves; the rules screen them, and somebody of the community looks."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.workforce import about, queries
from fangxian.workforce.actions import Help, decline_offer, forget_offers, offer_help, take_in
from fangxian.workforce.errors import (
    AlreadyDecided,
    NoSuchOffer,
    NotAsVolunteer,
    OfferedAlready,
    SayWhy,
    TooManyOffers,
    TooYoungOrOld,
    UnwellVolunteer,
)
from fangxian.workforce.models import VolunteerOffer
from fangxian.workforce.tests import make
from fangxian.workforce.volunteers import refuse_floods

pytestmark = pytest.mark.django_db


def said(**more: object) -> Help:
    known: dict[str, object] = {
        "name": "陆敏",
        "phone": "13900000001",
        "born": date(1995, 5, 5),
        "area_path": make.people.community().path,
        "well": True,
        "on_duty": False,
    }
    return Help(**(known | more))  # type: ignore[arg-type]


def test_a_volunteer_offers_is_taken_in_and_the_offer_keeps_no_name() -> None:
    make.rules()
    offer = offer_help(PLAYBOOK, said(skills=["driving"], weekdays=[6, 7]))
    keeper = make.keeper(offer.area_path)
    team = make.organisation("志愿服务队", at=offer.area_path)
    assert list(queries.offers_to_decide(keeper)) == [offer]

    member = take_in(keeper, offer.id, team_id=team.id)

    offer.refresh_from_db()
    assert (offer.state, offer.name, offer.phone) == ("taken_in", None, None)
    assert about.plain(member.name) == "陆敏"
    assert queries.team_of(keeper, team.id) == [member.id]
    assert about.skills_of_one(member, day=date(2022, 9, 2)) == {"driving"}
    with pytest.raises(AlreadyDecided):
        decline_offer(keeper, offer.id, why="x")


@pytest.mark.parametrize(
    ("born", "taken"),
    [
        (date(2004, 9, 3), False),  # 17, 18 tomorrow
        (date(2004, 9, 2), True),  # 18 today
        (date(1976, 9, 3), True),  # 45, 46 tomorrow
        (date(1976, 9, 2), False),  # 46 today
    ],
)
def test_the_rules_say_from_and_to_which_age(born: date, *, taken: bool) -> None:
    make.rules()

    if taken:
        assert offer_help(PLAYBOOK, said(born=born))
        return
    with pytest.raises(TooYoungOrOld, match=r"18.*45"):
        offer_help(PLAYBOOK, said(born=born))
    assert not VolunteerOffer.objects.exists()


def test_who_is_unwell_or_on_duty_is_thanked_and_nothing_is_kept() -> None:
    make.rules()

    with pytest.raises(UnwellVolunteer):
        offer_help(PLAYBOOK, said(well=False))
    with pytest.raises(NotAsVolunteer):
        offer_help(PLAYBOOK, said(on_duty=True))

    assert not VolunteerOffer.objects.exists()


def test_who_offers_again_hears_the_number_of_the_first_offer() -> None:
    offer_help(PLAYBOOK, said())

    with pytest.raises(OfferedAlready, match="L"):
        offer_help(PLAYBOOK, said())


def test_whom_the_register_knows_is_told_to_the_playbook_by_id_alone() -> None:
    number = make.people.identity(date(1995, 5, 5))
    known = make.people.resident("陆敏", identity=number)

    offer = offer_help(PLAYBOOK, said(identity=number))

    told = Event.objects.get(kind="workforce.volunteer_offered")
    assert UUID(told.facts["resident_id"]) == known.id
    assert take_in(make.KEEPER_MIN, offer.id).resident_id == known.id


def test_an_offer_is_declined_with_a_reason_and_forgotten() -> None:
    offer = offer_help(PLAYBOOK, said())

    with pytest.raises(SayWhy):
        decline_offer(make.KEEPER_MIN, offer.id, why="")
    decline_offer(make.KEEPER_MIN, offer.id, why="暂无合适岗位")

    assert forget_offers(PLAYBOOK, now() - timedelta(days=30)).rows == 0
    assert forget_offers(PLAYBOOK, now() + timedelta(seconds=1)).rows == 1
    assert not VolunteerOffer.objects.exists()


def test_an_offer_is_decided_where_it_was_made() -> None:
    offer = offer_help(PLAYBOOK, said())

    with pytest.raises(NoSuchOffer):
        take_in(make.keeper(make.people.community()), offer.id)
    with pytest.raises(NotYours):
        take_in(make.actor(within=offer.area_path), offer.id)


def test_many_offers_from_one_connection_are_slowed_down() -> None:
    make.rules()
    place = make.people.community()

    for _once in range(20):
        refuse_floods("203.0.113.7", place.path)

    with pytest.raises(TooManyOffers):
        refuse_floods("203.0.113.7", place.path)
    refuse_floods("203.0.113.8", place.path)


def test_an_offer_holds_to_its_rules() -> None:
    offer = offer_help(PLAYBOOK, said())
    own = VolunteerOffer.objects.filter(id=offer.id)

    for name, change in (
        ("volunteer_offer_decided_has_a_time", {"decided_at": now()}),
        ("volunteer_offer_taken_in_has_a_member", {"state": "taken_in", "decided_at": now()}),
        ("volunteer_offer_declined_says_why", {"state": "declined", "decided_at": now()}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            own.update(**change)
    with pytest.raises(IntegrityError, match="volunteer_offers_once_at_a_time"):
        VolunteerOffer.objects.create(
            number=99,
            area_path="1/",
            born=offer.born,
            phone_index=VolunteerOffer.objects.get().phone_index,
        )
