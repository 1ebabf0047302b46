"""Organisations are a graph: parts of one another, and side links to places not their own."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.areas.models import Area
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.workforce import queries
from fangxian.workforce.actions import (
    NewOrganisation,
    begin_liaison,
    dissolve_organisation,
    end_liaison,
    end_temporary_organisations,
    found_organisation,
    found_organisations,
    join,
    place_under,
)
from fangxian.workforce.errors import (
    AlreadyThere,
    CircularLiaison,
    EndsBeforeItBegins,
    LeadIsNamed,
    NoSuchOrganisation,
    OrganisationIsDissolved,
    OwnPart,
    PartsAreLeft,
)
from fangxian.workforce.models import Liaison, Membership, Organisation
from fangxian.workforce.tests import make

pytestmark = pytest.mark.django_db


def test_a_squad_belongs_to_its_subdistrict_and_to_nobody_elsewhere() -> None:
    place = make.people.community()
    office = make.organisation("朝阳街道办事处", at=place.path, kind="government")

    squad = make.organisation("尖刀班", at=place, kind="squad", parent_id=office.id)

    assert list(office.parts.all()) == [squad]
    assert Event.objects.get(subject_id=squad.id).facts["organisation"] == "squad"
    with pytest.raises(NoSuchOrganisation):
        queries.get_organisation(make.keeper(make.people.community()), squad.id)


def test_only_who_keeps_the_rosters_there_founds_an_organisation() -> None:
    place, elsewhere = make.people.community(), make.people.community()
    new = NewOrganisation(kind="team", name="志愿服务队", area_path=place.path)

    with pytest.raises(NotYours):
        found_organisation(make.keeper(elsewhere), new)


def test_a_circle_of_parts_is_refused_with_its_chain() -> None:
    place = make.people.community()
    post = make.organisation("指挥部", at=place, kind="command_post")
    group = make.organisation("流调组", at=place, kind="working_group", parent_id=post.id)
    team = make.organisation("一组", at=place, parent_id=group.id)

    with pytest.raises(OwnPart, match="指挥部 → 一组 → 流调组 → 指挥部"):
        place_under(make.KEEPER_MIN, post.id, team.id)


def test_a_list_that_is_a_circle_by_itself_is_refused_whole() -> None:
    place = make.people.community()
    one, other = make.organisation(at=place), make.organisation(at=place)
    first, second = one.id, other.id
    Organisation.objects.all().delete()
    new = [
        NewOrganisation(kind="team", name="甲", area_path=place.path, id=first, parent_id=second),
        NewOrganisation(kind="team", name="乙", area_path=place.path, id=second, parent_id=first),
    ]

    with pytest.raises(OwnPart):
        found_organisations(make.KEEPER_MIN, new)

    assert not Organisation.objects.exists()


def test_the_same_name_stands_once_in_a_place() -> None:
    place = make.people.community()
    make.organisation("志愿服务队", at=place)

    with pytest.raises(AlreadyThere, match="志愿服务队"):
        make.organisation("志愿服务队", at=place)


def test_a_temporary_branch_ends_by_itself_and_lets_its_people_go() -> None:
    place = make.people.community()
    branch = make.organisation(
        "隔离点临时党支部",
        at=place,
        kind="temporary_branch",
        founded_at=now() - timedelta(days=14),
        ends_at=now() - timedelta(minutes=1),
    )
    lead = make.member(at=place)
    join(make.KEEPER_MIN, branch.id, [lead.id], role="lead")

    assert end_temporary_organisations(make.KEEPER_MIN) == 1

    branch.refresh_from_db()
    assert branch.dissolved_at
    assert queries.team_of(make.KEEPER_MIN, branch.id) == []
    assert end_temporary_organisations(make.KEEPER_MIN) == 0
    assert Event.objects.filter(kind="workforce.organisation_dissolved").count() == 1


def test_an_organisation_does_not_end_before_it_begins() -> None:
    with pytest.raises(EndsBeforeItBegins):
        make.organisation(ends_at=now() - timedelta(days=1))


def test_an_organisation_with_parts_is_not_dissolved() -> None:
    place = make.people.community()
    office = make.organisation("办事处", at=place, kind="government")
    make.organisation("尖刀班", at=place, parent_id=office.id)

    with pytest.raises(PartsAreLeft, match="尖刀班"):
        dissolve_organisation(make.KEEPER_MIN, office.id)


def test_nobody_joins_what_was_dissolved() -> None:
    team = make.organisation()
    dissolve_organisation(make.KEEPER_MIN, team.id, why="the incident is over")

    with pytest.raises(OrganisationIsDissolved):
        join(make.KEEPER_MIN, team.id, [make.member().id])


def test_an_organisation_has_one_lead() -> None:
    team = make.organisation("一队")
    join(make.KEEPER_MIN, team.id, [make.member("吴刚").id], role="lead")

    with pytest.raises(LeadIsNamed, match=r"一队.*吴刚"):
        join(make.KEEPER_MIN, team.id, [make.member().id], role="lead")


# Side links


def test_a_unit_of_the_district_looks_after_a_community() -> None:
    place = make.people.community()
    unit = make.organisation("市政综合所", at="", kind="unit")

    link = begin_liaison(make.KEEPER_MIN, area_path=place.path, organisation_id=unit.id)
    again = begin_liaison(make.KEEPER_MIN, area_path=place.path, organisation_id=unit.id)

    assert again == link
    assert list(queries.liaisons_of(make.keeper(place), place.path)) == [link]
    end_liaison(make.KEEPER_MIN, link.id)
    assert not queries.liaisons_of(make.KEEPER_MIN, place.path).exists()


def test_a_leader_looks_after_a_place() -> None:
    place = make.people.community()
    leader = make.member("韩书记", at="", kind="official")

    link = begin_liaison(make.KEEPER_MIN, area_path=place.path, member_id=leader.id)

    assert link.member == leader


def test_nobody_looks_after_themselves() -> None:
    place = make.people.community()
    committee = make.organisation("朝阳社区居委会", at=place, kind="committee")

    with pytest.raises(CircularLiaison):
        begin_liaison(make.KEEPER_MIN, area_path=place.path, organisation_id=committee.id)


def test_a_liaison_that_comes_back_is_refused_with_its_way() -> None:
    places: list[Area] = [make.people.community(f"社区{sign}") for sign in "甲乙丙"]
    committees = [
        make.organisation(f"居委会{sign}", at=place, kind="committee")
        for sign, place in zip("甲乙丙", places, strict=True)
    ]
    for one, after in ((0, 1), (1, 2)):
        begin_liaison(
            make.KEEPER_MIN,
            area_path=places[after].path,
            organisation_id=committees[one].id,
        )

    with pytest.raises(CircularLiaison, match=r"居委会丙 → .*甲 → .*乙 → .*丙"):
        begin_liaison(make.KEEPER_MIN, area_path=places[0].path, organisation_id=committees[2].id)

    assert Liaison.objects.count() == 2


# Whatever the program does, the database holds to this


def test_an_organisation_is_not_its_own_part() -> None:
    team = make.organisation()

    with pytest.raises(IntegrityError, match="organisation_is_not_its_own_part"):
        Organisation.objects.filter(id=team.id).update(parent_id=team.id)


def test_an_organisation_ends_after_it_was_founded() -> None:
    team = make.organisation()

    with pytest.raises(IntegrityError, match="organisation_ends_after_it_was_founded"):
        Organisation.objects.filter(id=team.id).update(ends_at=team.founded_at)


def test_an_organisation_is_dissolved_after_it_was_founded() -> None:
    team = make.organisation()
    before = team.founded_at - timedelta(days=1)

    with pytest.raises(IntegrityError, match="organisation_is_dissolved_after_it_was_founded"):
        Organisation.objects.filter(id=team.id).update(dissolved_at=before)


def test_a_name_stands_once_whatever_the_program_does() -> None:
    place = make.people.community()
    make.organisation("一队", at=place)
    other = make.organisation("二队", at=place)

    with pytest.raises(IntegrityError, match="organisation_of_this_name_stands_once_in_a_place"):
        Organisation.objects.filter(id=other.id).update(name="一队")


def test_a_liaison_is_of_a_unit_or_of_a_leader() -> None:
    with pytest.raises(IntegrityError, match="liaison_is_of_a_unit_or_of_a_leader"):
        Liaison.objects.create(area_path="1/")


def test_a_liaison_stands_once_and_ends_after_it_began() -> None:
    place = make.people.community()
    unit, leader = make.organisation(at="", kind="unit"), make.member(at="")
    begin_liaison(make.KEEPER_MIN, area_path=place.path, organisation_id=unit.id)
    link = begin_liaison(make.KEEPER_MIN, area_path=place.path, member_id=leader.id)

    for name, more in (
        ("liaison_of_a_unit_with_a_place_stands_once", {"organisation": unit}),
        ("liaison_of_a_leader_with_a_place_stands_once", {"member": leader}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            Liaison.objects.create(area_path=place.path, **more)
    with pytest.raises(IntegrityError, match="liaison_ends_after_it_began"):
        Liaison.objects.filter(id=link.id).update(until=link.since - timedelta(days=1))


def test_a_membership_is_held_once_has_one_lead_and_ends_after_it_began() -> None:
    team, one, other = make.organisation(), make.member(), make.member()
    join(make.KEEPER_MIN, team.id, [one.id], role="lead")
    held = Membership.objects.get()

    with transaction.atomic(), pytest.raises(IntegrityError, match="held_once_at_a_time"):
        Membership.objects.create(organisation=team, member=one)
    with transaction.atomic(), pytest.raises(IntegrityError, match="one_lead_at_a_time"):
        Membership.objects.create(organisation=team, member=other, role="lead")
    with pytest.raises(IntegrityError, match="membership_ends_after_it_began"):
        Membership.objects.filter(id=held.id).update(until=held.since - timedelta(days=1))
