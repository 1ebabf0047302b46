"""What people gave and learned, and what they were thanked for."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.clock import today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.workforce import about
from fangxian.workforce.actions import (
    commend,
    issue_certificate,
    note_training,
    print_certificate,
    record_service,
)
from fangxian.workforce.errors import InTheFuture, NoServiceYet, NoSuchMember, SayWhy
from fangxian.workforce.models import Certificate, Commendation, Member, Service, Training
from fangxian.workforce.tests import make

pytestmark = pytest.mark.django_db


def served(member: Member, minutes: int = 480, *, day: date | None = None) -> None:
    record_service(
        make.KEEPER_MIN,
        [member.id],
        day=day or today(),
        minutes=minutes,
        what="北门值守",
        area_path=member.area_path,
        about=new_id(),
    )


def test_a_shift_is_counted_once() -> None:
    member, shift = make.member(), new_id()

    for _twice in range(2):
        record_service(
            make.KEEPER_MIN,
            [member.id],
            day=today(),
            minutes=480,
            what="采样",
            area_path=member.area_path,
            about=shift,
        )

    assert about.given_by(member).hours == 8


def test_a_certificate_counts_hours_and_days_from_the_record() -> None:
    member = make.member("陆敏")
    for _twice in range(2):
        served(member, 240)
    served(member, 60, day=today() - timedelta(days=1))
    lu = make.signed_in(member)

    given = issue_certificate(lu, member.id, since=today() - timedelta(days=7), until=today())
    again = issue_certificate(lu, member.id, since=today() - timedelta(days=7), until=today())

    assert given == again
    assert (given.days, given.minutes) == (2, 540)
    assert print_certificate(lu, given.id).startswith(b"%PDF")
    with pytest.raises(NoSuchMember):
        print_certificate(make.actor(within=make.people.community().path), given.id)


def test_a_certificate_needs_some_service_and_is_not_anybodys() -> None:
    member = make.member()

    with pytest.raises(NoServiceYet):
        issue_certificate(make.KEEPER_MIN, member.id, since=today(), until=today())
    with pytest.raises(NotYours):
        issue_certificate(
            make.actor(within=member.area_path), member.id, since=today(), until=today()
        )


def test_who_passed_a_course_may_do_it_and_the_course_is_the_proof() -> None:
    members = [make.member(), make.member()]

    noted = [
        note_training(
            make.KEEPER_MIN,
            [one.id for one in members],
            course="咽拭子采集",
            on=today(),
            skill="sampling",
        )
        for _twice in range(2)
    ]

    assert noted == [2, 0]
    assert members[0].skills.get().proof == "咽拭子采集"


def test_a_course_has_a_name_and_has_been() -> None:
    with pytest.raises(SayWhy):
        note_training(make.KEEPER_MIN, [make.member().id], course="", on=today())
    with pytest.raises(InTheFuture):
        note_training(
            make.KEEPER_MIN, [make.member().id], course="x", on=today() + timedelta(days=1)
        )
    with pytest.raises(InTheFuture):
        served(make.member(), day=today() + timedelta(days=1))


def test_people_and_units_are_commended_for_something() -> None:
    member, team = make.member(), make.organisation()

    commend(make.KEEPER_MIN, by="resident", words="夜里送药", on=today(), member_id=member.id)
    commend(make.KEEPER_MIN, by="district", words="连续值守", on=today(), organisation_id=team.id)

    assert member.commendations.get().words == "夜里送药"
    assert team.commendations.count() == 1
    with pytest.raises(SayWhy):
        commend(make.KEEPER_MIN, by="unit", words="", on=today(), member_id=member.id)
    tomorrow = today() + timedelta(days=1)
    with pytest.raises(InTheFuture):
        commend(make.KEEPER_MIN, by="unit", words="x", on=tomorrow, member_id=member.id)
    with pytest.raises(NotYours):
        commend(
            make.actor(within=member.area_path),
            by="unit",
            words="x",
            on=today(),
            member_id=member.id,
        )
    with pytest.raises(NotYours):
        record_service(make.actor(), [member.id], day=today(), minutes=1, what="x", area_path="1/")


def test_the_record_holds_to_its_rules() -> None:
    member = make.member()
    served(member)
    [given] = Service.objects.all()
    certificate = issue_certificate(make.KEEPER_MIN, member.id, since=today(), until=today())
    note_training(make.KEEPER_MIN, [member.id], course="x", on=today())
    thanks = commend(make.KEEPER_MIN, by="unit", words="x", on=today(), member_id=member.id)

    for rows, name, change in (
        (Service.objects.all(), "service_lasts_between_a_minute_and_a_day", {"minutes": 1441}),
        (
            Certificate.objects.filter(id=certificate.id),
            "certificate_ends_after_it_began",
            {"until": today() - timedelta(days=1)},
        ),
        (Certificate.objects.all(), "certificate_is_of_some_service", {"days": 0}),
        (
            Commendation.objects.filter(id=thanks.id),
            "commendation_is_of_a_member_or_of_a_unit",
            {"member": None},
        ),
        (Commendation.objects.all(), "commendation_says_what_for", {"words": ""}),
    ):
        with transaction.atomic(), pytest.raises(IntegrityError, match=name):
            rows.update(**change)
    with transaction.atomic(), pytest.raises(IntegrityError, match="training_is_noted_once"):
        Training.objects.create(member=member, course="x", on=today())
    with pytest.raises(IntegrityError, match="service_is_counted_once_for_a_thing"):
        Service.objects.create(
            member=member, day=today(), minutes=1, what="x", area_path="1/", about=given.about
        )
