"""Handing people to other districts and taking them over: clock, receipt, refusal with a reason."""

from datetime import timedelta
from typing import Any

import pytest

from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.screening import errors, handing, queries
from fangxian.screening.models import FollowUp, HandOver
from fangxian.screening.tests import make
from fangxian.screening.tests.make import INVESTIGATOR_ZHAO

pytestmark = pytest.mark.django_db


@pytest.fixture
def followed() -> FollowUp:
    campaign = make.campaign()
    make.inbound(campaign, make.row())
    return make.only(campaign)


def out(followed: FollowUp) -> HandOver:
    return handing.hand_over(INVESTIGATOR_ZHAO, followed.id, other="碑林区", why="lives there now")


def test_somebody_handed_over_stays_ours_until_the_receipt(followed: FollowUp) -> None:
    letter = out(followed)

    followed.refresh_from_db()
    assert (followed.state, followed.next_action) == ("handed_over", "await_receipt")
    assert letter.due_at == now() + timedelta(hours=24)
    with pytest.raises(errors.AlreadyHandedOver):
        out(followed)

    handing.answer_hand_over(INVESTIGATOR_ZHAO, letter.id, receipt="No. 17")
    followed.refresh_from_db()
    assert followed.close_reason == "taken_over"


def test_refused_with_a_reason_the_person_is_ours_again(followed: FollowUp) -> None:
    letter = out(followed)

    with pytest.raises(errors.ReceiptMissing):
        handing.answer_hand_over(INVESTIGATOR_ZHAO, letter.id)
    with pytest.raises(errors.ReceiptMissing):
        handing.answer_hand_over(INVESTIGATOR_ZHAO, letter.id, receipt="1", refusal="2")
    handing.answer_hand_over(INVESTIGATOR_ZHAO, letter.id, refusal="not at that address")

    followed.refresh_from_db()
    assert followed.state == "to_reach"
    with pytest.raises(errors.HandOverIsAnswered):
        handing.answer_hand_over(INVESTIGATOR_ZHAO, letter.id, receipt="late")


def asked(**unusual: str) -> HandOver:
    campaign = make.campaign()
    said: dict[str, Any] = {"other": "雁塔区", "why": "close contact on a train", "name": "李静"}
    return handing.take_over(
        INVESTIGATOR_ZHAO, campaign.id, **{**said, "phone": make.phone(), **unusual}
    )


def test_another_district_asks_and_the_clock_runs() -> None:
    letter = asked()

    assert letter.due_at == now() + timedelta(hours=2)
    assert letter.follow_up.state == "to_reach"
    assert list(queries.hand_overs_open(INVESTIGATOR_ZHAO)) == [letter]
    handing.answer_hand_over(INVESTIGATOR_ZHAO, letter.id, receipt="our 3")
    letter.follow_up.refresh_from_db()
    assert letter.follow_up.state == "to_reach"


def test_we_refuse_with_a_reason() -> None:
    letter = asked()

    handing.answer_hand_over(INVESTIGATOR_ZHAO, letter.id, refusal="moved away in July")

    letter.follow_up.refresh_from_db()
    assert (letter.follow_up.state, letter.follow_up.close_reason) == ("closed", "not_found")


def test_nobody_is_taken_over_without_a_number() -> None:
    with pytest.raises(errors.WhoMissing):
        asked(phone="")


def test_the_letter_is_paper_and_reading_the_name_is_on_record(followed: FollowUp) -> None:
    letter = out(followed)
    chief = make.actor(Duty.INVESTIGATE, Duty.UNMASK, name="Chief")

    assert handing.print_letter(INVESTIGATOR_ZHAO, letter.id).startswith(b"%PDF")
    assert not Event.objects.filter(kind="people.person_unmasked").exists()
    assert handing.print_letter(chief, letter.id).startswith(b"%PDF")
    assert Event.objects.filter(kind="people.person_unmasked").count() == 3
    assert Event.objects.filter(kind="screening.letter_printed").count() == 2
