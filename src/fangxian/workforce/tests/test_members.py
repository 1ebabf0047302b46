"""People at work: entered, fit or not, what they can do and may be asked for."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.clock import today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.workforce import about, queries
from fangxian.workforce.actions import (
    NewMember,
    add_members,
    correct_member,
    join,
    leave_organisation,
    note_absence,
    note_exemption,
    note_skill,
    note_vaccination,
    set_state,
)
from fangxian.workforce.errors import (
    EndsBeforeItBegins,
    HasLeft,
    InTheFuture,
    NoSuchMember,
    PhoneIsKnown,
    ProofIsMissing,
    ProofIsOver,
)
from fangxian.workforce.models import Absence, Exemption, Member, Skill, Vaccination
from fangxian.workforce.tests import make

pytestmark = pytest.mark.django_db


def test_a_colleague_is_named_whole_with_what_they_are_and_never_by_their_own_phone() -> None:
    place = make.people.community()
    unit = make.organisation("市政综合所", at=place, kind="unit")
    member = make.member("陆敏", at=place, unit_id=unit.id, duty_phone="0971-5501234")

    [named] = queries.named(make.actor(), [member.id]).values()

    assert named.name == "陆敏"
    assert named.post_words.endswith("· 市政综合所")
    assert named.duty_phone == "0971-5501234"
    assert str(member.phone) != about.plain(Member.objects.get().phone)


def test_a_member_is_found_by_whole_name_and_whole_phone_only() -> None:
    place = make.people.community()
    member = make.member("陆敏", at=place, phone="13900000001")

    for said, found in (("陆敏", [member]), ("13900000001", [member]), ("陆", []), ("1390", [])):
        assert list(queries.members_listed(make.keeper(place), search=said)) == found


def test_nobody_sees_the_members_of_another_community() -> None:
    member = make.member()

    with pytest.raises(NoSuchMember):
        queries.get_member(make.keeper(make.people.community()), member.id)


def test_a_phone_belongs_to_one_member() -> None:
    make.member("陆敏", phone="13900000001")

    with pytest.raises(PhoneIsKnown, match="陆敏"):
        make.member(phone="13900000001")


def test_members_are_entered_by_the_thousand_with_teams_and_skills(
    django_assert_max_num_queries: object,
) -> None:
    place = make.people.community()
    team = make.organisation(at=place)
    new = [
        NewMember(
            kind="volunteer",
            name=f"丁{n}",
            phone=f"138{n:08d}",
            area_path=place.path,
            teams=(team.id,),
            skills=("order", "order"),
        )
        for n in range(500)
    ]

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        add_members(make.KEEPER_MIN, new)

    assert len(queries.team_of(make.KEEPER_MIN, team.id)) == 500
    assert Skill.objects.count() == 500
    assert queries.force(make.KEEPER_MIN).people == 500


def test_who_is_available_is_ready_there_and_not_away_with_a_proof_that_holds() -> None:
    place = make.people.community()
    fit, ill, away, on_mondays, without, expired = (make.member(at=place) for _ in range(6))
    keeper = make.keeper(place)
    for one in (fit, ill, away, on_mondays):
        note_skill(keeper, one.id, "sampling", proof="护士证", valid_until=today())
    note_skill(keeper, expired.id, "sampling", proof="护士证", valid_until=today())
    Skill.objects.filter(member=expired).update(valid_until=today() - timedelta(days=1))
    set_state(keeper, ill.id, "ill")
    note_absence(keeper, away.id, since=today(), until=today())
    correct_member(keeper, on_mondays.id, weekdays=[1])

    found = queries.available(keeper, place.path, day=today(), skills=["sampling"])

    assert date(2022, 9, 2).isoweekday() == 5
    assert list(found) == [fit]
    assert without in queries.available(keeper, place.path, day=today())


def test_the_ledger_keeps_which_fields_were_corrected_and_not_what_they_say() -> None:
    member = make.member()

    correct_member(make.KEEPER_MIN, member.id, duty_phone="0971-5501234", phone="13900000077")

    told = Event.objects.get(kind="workforce.member_corrected")
    assert told.facts == {"fields": "duty_phone, phone"}


def test_one_changes_ones_own_days_but_not_ones_own_place() -> None:
    place = make.people.community()
    member = make.member(at=place)
    lu = make.signed_in(member)

    correct_member(lu, member.id, weekdays=[6, 7])

    with pytest.raises(NotYours):
        correct_member(lu, member.id, area_path="")


def test_one_says_that_one_is_ill_but_not_that_one_was_called_back() -> None:
    member = make.member()
    lu = make.signed_in(member)

    set_state(lu, member.id, "ill")
    set_state(lu, member.id, "ill")

    assert Event.objects.filter(kind="workforce.member_state_changed").count() == 1
    with pytest.raises(NotYours):
        set_state(lu, member.id, "recalled")


def test_who_leaves_gives_back_every_membership_and_joins_nothing() -> None:
    team, member = make.organisation(), make.member()
    join(make.KEEPER_MIN, team.id, [member.id])

    set_state(make.KEEPER_MIN, member.id, "left", why="调离")

    assert queries.team_of(make.KEEPER_MIN, team.id) == []
    with pytest.raises(HasLeft):
        join(make.KEEPER_MIN, team.id, [member.id])


def test_the_accounts_of_a_team_begin_with_its_lead() -> None:
    team, members = make.organisation(), [make.member() for _ in range(3)]
    one, lead = make.signed_in(members[0]), make.signed_in(members[1])
    join(make.KEEPER_MIN, team.id, [members[0].id, members[2].id])
    join(make.KEEPER_MIN, team.id, [members[1].id], role="lead")

    assert queries.accounts_of(make.KEEPER_MIN, team.id) == [lead.id, one.id]
    leave_organisation(one, team.id, members[0].id)
    leave_organisation(one, team.id, members[0].id)
    assert queries.accounts_of(make.KEEPER_MIN, team.id) == [lead.id]
    with pytest.raises(NotYours):
        leave_organisation(make.actor(), team.id, members[2].id)


def test_what_one_says_one_can_do_is_proved_only_by_who_has_seen_it() -> None:
    member = make.member()
    lu = make.signed_in(member)

    claimed = note_skill(lu, member.id, "driving", proof="驾驶证")
    assert claimed.seen_by is None
    seen = note_skill(make.KEEPER_MIN, member.id, "driving", proof="驾驶证")
    assert seen.seen_by == make.KEEPER_MIN.id
    with pytest.raises(ProofIsMissing):
        note_skill(lu, member.id, "driving", valid_until=today())
    with pytest.raises(ProofIsOver):
        note_skill(lu, member.id, "driving", proof="x", valid_until=today() - timedelta(days=1))


def test_vaccinations_and_exemptions_are_noted_without_a_reason() -> None:
    member = make.member()

    note_vaccination(make.KEEPER_MIN, member.id, dose=1, given_on=date(2021, 5, 1))
    note_vaccination(make.KEEPER_MIN, member.id, dose=1, given_on=date(2021, 5, 2))
    note_exemption(make.KEEPER_MIN, member.id, exempt_from="nights")
    note_exemption(make.KEEPER_MIN, member.id, exempt_from="nights", until=today())

    assert Vaccination.objects.get().given_on == date(2021, 5, 2)
    assert Exemption.objects.count() == 2
    with pytest.raises(InTheFuture):
        note_vaccination(make.KEEPER_MIN, member.id, dose=2, given_on=today() + timedelta(days=1))
    with pytest.raises(EndsBeforeItBegins):
        note_exemption(
            make.KEEPER_MIN, member.id, exempt_from="nights", until=today() - timedelta(days=1)
        )
    with pytest.raises(EndsBeforeItBegins):
        note_absence(make.KEEPER_MIN, member.id, since=today(), until=today() - timedelta(days=1))


def test_members_hold_to_their_rules() -> None:
    member = make.member()
    skill = note_skill(make.KEEPER_MIN, member.id, "driving", proof="驾驶证")
    note_vaccination(make.KEEPER_MIN, member.id, dose=1, given_on=date(2021, 5, 1))
    exempt = note_exemption(make.KEEPER_MIN, member.id, exempt_from="nights")
    away = note_absence(make.KEEPER_MIN, member.id, since=today(), until=today())
    before = today() - timedelta(days=1)
    own = Member.objects.filter(id=member.id)

    for rows, name, change in (
        (own, "member_phone_comes_with_its_index", {"phone_index": None}),
        (own, "member_weekdays_are_days_of_the_week", {"weekdays": [0]}),
        (Skill.objects.filter(id=skill.id), "skill_seen_names_who_and_when", {"seen_at": None}),
        (
            Vaccination.objects.all(),
            "vaccination_doses_are_counted_from_one",
            {"dose": 0},
        ),
        (
            Exemption.objects.filter(id=exempt.id),
            "exemption_ends_after_it_began",
            {"until": before},
        ),
        (Absence.objects.filter(id=away.id), "absence_ends_after_it_began", {"until": before}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            rows.update(**change)
    for made, name in (
        (lambda: Skill.objects.create(member=member, kind="driving"), "skill_is_noted_once"),
        (
            lambda: Vaccination.objects.create(member=member, dose=1, given_on=before),
            "vaccination_dose_is_given_once",
        ),
        (
            lambda: Exemption.objects.create(member=member, exempt_from="nights", since=today()),
            "exemption_is_noted_once",
        ),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            made()
