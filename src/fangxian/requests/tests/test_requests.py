"""A request from being raised to being closed by whoever made it."""

from datetime import timedelta

import pytest

from fangxian.care.models import CareTransfer
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.people import gateway
from fangxian.requests import actions, errors
from fangxian.requests.actions import (
    accept_request,
    ask_extension,
    call_back,
    change_urgency,
    confirm_done,
    decide_extension,
    dispatch_request,
    escalate_overdue,
    finish_part,
    finish_request,
    hand_back,
    note_contact,
    reopen,
    tell_waiting,
    withdraw,
)
from fangxian.requests.models import Request
from fangxian.requests.queries import requests_visible_to
from fangxian.requests.tests import make
from fangxian.workforce.actions import dissolve_organisation

pytestmark = pytest.mark.django_db


# Asking


def test_a_resident_asks_at_their_own_door_without_any_duty_and_sees_only_their_own() -> None:
    _one, wang = make.resident()
    _two, li = make.resident()

    mine = make.request(wang)
    make.request(li)

    assert mine.state == "raised"
    assert mine.code.startswith("Q")
    assert [one.id for one in requests_visible_to(wang)] == [mine.id]


def test_nobody_asks_for_a_place_that_they_do_not_see() -> None:
    _one, wang = make.resident()

    with pytest.raises(NotFound):
        make.request(wang, area_path=make.home().path)


def test_sending_the_same_request_again_changes_nothing() -> None:
    _one, wang = make.resident()
    once = new_id()

    first, again = (make.request(wang, id=once) for _ in range(2))

    assert first.id == again.id
    assert Request.objects.count() == 1


def test_a_request_without_words_is_refused_but_an_emergency_without_words_is_not() -> None:
    _one, wang = make.resident()

    with pytest.raises(errors.WordsMissing):
        make.request(wang, words="  ")

    assert make.request(wang, words="", category="emergency").close_reason == "transfer"


def test_clocks_run_by_urgency_for_each_stage_and_for_all_of_it(noon: Hands) -> None:
    _one, wang = make.resident()

    calm = make.request(wang)
    pressing = make.request(wang, words="水管爆了", category="utilities", urgency="very_urgent")

    assert calm.accept_due == now() + timedelta(hours=1)
    assert calm.overall_due == now() + timedelta(hours=24)
    assert pressing.accept_due == now() + timedelta(minutes=5)
    assert pressing.overall_due == now() + timedelta(hours=2)
    assert calm.pack.startswith("cn-v9")


def test_an_emergency_becomes_a_transfer_to_care_at_once_wherever_it_is() -> None:
    one, wang = make.resident()

    request = make.request(
        wang,
        words="老人突然说不出话",
        category="emergency",
        area_path=make.home().path,
        resident_id=one.id,
        by="13900001111",
    )

    transfer = CareTransfer.objects.get()
    assert transfer.id == request.transfer_id
    assert transfer.resident_id == one.id
    assert request.urgency == "very_urgent"
    assert (request.state, request.close_reason) == ("closed", "transfer")


def test_an_emergency_of_somebody_whom_the_register_does_not_know_is_taken_down_too() -> None:
    he = make.operator()

    request = make.request(
        he, area_path="nowhere/", category="emergency", resident_id=new_id(), channel="hotline"
    )

    assert request.transfer_id is not None
    assert request.resident_id is None


def test_a_colleague_reports_a_problem_in_one_step() -> None:
    path = make.home().path
    worker = make.actor(Duty.GUARD, within=path)

    found = actions.report_problem(worker, words="3号卡口没有消毒液", area_path=path)

    assert (found.category, found.channel) == ("problem", "colleague")
    assert list(requests_visible_to(worker)) == [found]


# Said before


def test_the_same_person_asking_the_same_again_has_one_request_that_counts_it() -> None:
    one, wang = make.resident()

    first = make.request(wang, resident_id=one.id)
    again = make.request(wang, resident_id=one.id, words="三天没有菜了！！")
    other = make.request(wang, resident_id=one.id, words="孩子的奶粉也没有了，请送来")

    assert again.id == first.id
    assert again.repeats == 1
    assert other.id != first.id


def test_what_was_closed_and_comes_again_is_a_repeat_and_more_urgent() -> None:
    one, wang = make.resident()
    he, her = make.operator(), make.operator("Xia")
    first = make.request(wang, resident_id=one.id)
    accept_request(he, first.id)
    finish_request(he, first.id, answer="已送菜包")
    call_back(her, first.id, outcome="solved", score=4)

    again = make.request(wang, resident_id=one.id)

    assert again.repeat_of_id == first.id
    assert again.urgency == "urgent"


def test_a_thousand_identical_requests_are_answered_once_and_each_is_told() -> None:
    he, path = make.operator(), make.home().path
    words = "明天还做核酸吗？"
    for number in range(1000):
        make.request(
            he,
            words=words,
            category="testing",
            area_path=path,
            by=f"139{number:08d}",
            channel="page" if number % 2 else "hotline",
        )
    head = Request.objects.get(head=None)
    assert Request.objects.filter(head=head, state="grouped").count() == 999

    accept_request(he, head.id)
    finish_request(he, head.id, answer="明早七点起，原地点。")

    answered = Request.objects.filter(state="done", answer="明早七点起，原地点。")
    assert answered.count() == 1000
    assert answered.filter(told_at=None).count() == 500  # by telephone; the others read it
    assert Event.objects.filter(kind="requests.request_done").count() == 1


def test_whoever_asks_what_was_answered_already_has_the_answer_at_once() -> None:
    he, path = make.operator(), make.home().path
    first = make.request(he, words="明天还做核酸吗？", category="testing", area_path=path)
    finish_request(he, first.id, answer="明早七点起。")

    late = make.request(
        he, words="明天还做核酸吗", category="testing", by="13911112222", area_path=path
    )

    assert (late.state, late.answer) == ("done", "明早七点起。")
    elsewhere = make.request(
        he, words="明天还做核酸吗", category="testing", area_path=make.home().path
    )
    assert elsewhere.state == "raised"  # another district has its own answer


@pytest.mark.parametrize("category", ["supplies", "medical", "other", "quarantine"])
def test_what_people_need_for_themselves_is_never_put_together_by_itself(category: str) -> None:
    he, path = make.operator(), make.home().path

    for number in range(2):
        make.request(
            he, words="需要帮助", category=category, area_path=path, by=f"1390000000{number}"
        )

    assert Request.objects.filter(head=None, state="raised").count() == 2


def test_a_person_puts_requests_together_and_parts_them_again() -> None:
    he, path = make.operator(), make.home().path
    first = make.request(
        he, words="3号楼没水", area_path=path, category="utilities", by="13900000001"
    )
    second = make.request(
        he, words="停水了", area_path=path, category="utilities", by="13900000002"
    )
    urgent = make.request(he, category="emergency", area_path=path, words="晕倒")

    actions.put_together(he, first.id, others=[second.id])
    with pytest.raises(errors.EmergencyStandsAlone):
        actions.put_together(he, first.id, others=[urgent.id])
    assert Request.objects.get(id=second.id).state == "grouped"
    with pytest.raises(errors.RequestIsWithOthers):
        accept_request(he, second.id)

    actions.part(he, second.id)
    assert Request.objects.get(id=second.id).state == "raised"


# Handling


def test_two_operators_taking_the_same_request_one_is_told_so() -> None:
    he, her = make.operator(), make.operator("Xia")
    one = make.request(he, area_path=make.home().path)

    accept_request(he, one.id)
    accept_request(he, one.id)

    with pytest.raises(errors.RequestIsTaken):
        accept_request(her, one.id)
    assert Request.objects.get(id=one.id).first_receiver == he.id


def test_several_units_handle_it_jointly_and_the_lead_finishes_last() -> None:
    he, path = make.operator(), make.home().path
    water, road = (make.unit(make.district_of(path)) for _ in range(2))
    wu, lu = make.of(water), make.of(road)
    one = make.request(he, area_path=path, words="水管爆了", category="utilities")

    dispatch_request(he, one.id, lead=water.id, helpers=[road.id])
    note_contact(wu, one.id, words="已电话联系")
    with pytest.raises(errors.HelpersStillAtWork):
        finish_request(wu, one.id, answer="已修好")
    with pytest.raises(errors.NotYourUnit):
        finish_part(wu, one.id, road.id, note="好")
    finish_part(lu, one.id, road.id, note="路面已恢复")
    done = finish_request(wu, one.id, answer="已修好")

    assert done.state == "done"
    assert done.first_receiver == he.id
    assert done.first_contact_at is not None


def test_a_unit_hands_back_what_is_not_for_it_and_the_first_receiver_gives_it_anew() -> None:
    he, path = make.operator(), make.home().path
    first, second = (make.unit(make.district_of(path)) for _ in range(2))
    wu = make.of(first)
    one = make.request(he, area_path=path)
    dispatch_request(he, one.id, lead=first.id)

    with pytest.raises(errors.ReasonNeeded):
        hand_back(wu, one.id, first.id, reason=" ")
    back = hand_back(wu, one.id, first.id, reason="不属我局职责")
    assert (back.state, back.first_receiver) == ("accepted", he.id)

    assert dispatch_request(he, one.id, lead=second.id).state == "dispatched"


def test_a_dissolved_unit_is_given_nothing() -> None:
    he, path = make.operator(), make.home().path
    gone = make.unit(make.district_of(path))
    dissolve_organisation(make.KEEPER_MIN, gone.id)
    one = make.request(he, area_path=path)

    with pytest.raises(errors.UnitIsDissolved):
        dispatch_request(he, one.id, lead=gone.id)
    with pytest.raises(errors.UnitMissing):
        dispatch_request(he, one.id, lead=None)


def test_who_does_not_see_to_requests_neither_accepts_nor_dispatches() -> None:
    he, path = make.operator(), make.home().path
    one = make.request(he, area_path=path)
    worker = make.account(Duty.CARRY_OUT, within=path)

    with pytest.raises(NotYours):
        accept_request(worker, one.id)


def test_a_request_outside_ones_area_does_not_exist() -> None:
    one = make.request(make.operator(), area_path=make.home().path)

    with pytest.raises(NotFound):
        accept_request(make.operator(within=make.home().path), one.id)


def test_more_urgent_than_thought_means_the_clock_of_the_new_urgency(noon: Hands) -> None:
    he = make.operator()
    one = make.request(he, area_path=make.home().path)
    noon.forward(minutes=10)

    changed = change_urgency(he, one.id, urgency="very_urgent")

    assert changed.stage_due == one.raised_at + timedelta(minutes=5)
    assert changed.overall_due == one.raised_at + timedelta(hours=2)


# More time


def test_more_time_is_asked_before_the_time_is_up_and_granted_by_another(noon: Hands) -> None:
    he, her = make.operator(), make.operator("Xia")
    one = make.request(he, area_path=make.home().path)
    due = one.stage_due
    assert due is not None

    asked = ask_extension(he, one.id, until=due + timedelta(hours=2), reason="等配件")
    with pytest.raises(errors.AskerDecidesNot):
        decide_extension(he, asked.id, granted=True)
    decide_extension(her, asked.id, granted=True)

    assert Request.objects.get(id=one.id).stage_due == due + timedelta(hours=2)
    with pytest.raises(errors.ExtendedAlready):
        ask_extension(he, one.id, until=due + timedelta(hours=3), reason="还等")


def test_more_time_is_refused_after_the_time_is_up_or_beyond_the_limit(noon: Hands) -> None:
    he = make.operator()
    one = make.request(he, area_path=make.home().path)
    due = one.stage_due
    assert due is not None

    with pytest.raises(errors.ExtensionWrong):
        ask_extension(he, one.id, until=due + timedelta(days=3), reason="等")
    with pytest.raises(errors.ExtensionWrong):
        ask_extension(he, one.id, until=now(), reason="等")
    noon.forward(hours=1)
    with pytest.raises(errors.TooLateToExtend):
        ask_extension(he, one.id, until=due + timedelta(hours=2), reason="等")


# What is late


def test_what_is_late_climbs_level_by_level_each_with_the_time_of_the_stage(noon: Hands) -> None:
    he, path = make.operator(), make.home().path
    one = make.request(he, area_path=path)

    noon.forward(minutes=59)
    assert escalate_overdue(PLAYBOOK) == 0
    noon.forward(minutes=1)
    assert escalate_overdue(PLAYBOOK) == 1
    assert escalate_overdue(PLAYBOOK) == 0
    noon.forward(hours=1)
    assert escalate_overdue(PLAYBOOK) == 1

    assert Request.objects.get(id=one.id).level == 2
    assert Event.objects.filter(kind="requests.request_overdue").count() == 2


# Closing


def _done(by_resident: bool = True) -> tuple[Request, make.Actor, make.Actor]:
    one, wang = make.resident()
    he = make.operator()
    request = make.request(wang, resident_id=one.id)
    finish_request(he, request.id, answer="已送到")
    return request, wang, he


def test_the_resident_confirms_and_scores_and_only_then_it_is_closed() -> None:
    request, wang, _he = _done()

    closed = confirm_done(wang, request.id, solved=True, score=5, words="谢谢")

    assert (closed.state, closed.close_reason, closed.score) == ("closed", "confirmed", 5)
    assert closed.verified_by == wang.id
    with pytest.raises(errors.ScoredAlready):
        actions.score(wang, request.id, score=1)


def test_whoever_did_it_does_not_confirm_it_nor_does_their_unit() -> None:
    he, her, path = make.operator(), make.operator("Xia"), make.home().path
    unit = make.unit(make.district_of(path))
    wu = make.of(unit)
    colleague = make.of(unit, Duty.ANSWER_CALLS)
    one = make.request(he, area_path=path)
    dispatch_request(he, one.id, lead=unit.id)
    finish_request(wu, one.id, answer="已送到")

    with pytest.raises(errors.VerifierIsDoer):
        call_back(colleague, one.id, outcome="solved")
    assert call_back(her, one.id, outcome="solved", score=3).state == "closed"

    two = make.request(he, area_path=path, words="另一件事情")
    finish_request(he, two.id, answer="已答复")
    with pytest.raises(errors.VerifierIsDoer):
        call_back(he, two.id, outcome="solved")


def test_what_is_not_solved_is_opened_again_with_the_same_unit_and_counted() -> None:
    he, path = make.operator(), make.home().path
    unit = make.unit(make.district_of(path))
    wu = make.of(unit)
    one = make.request(he, area_path=path)
    dispatch_request(he, one.id, lead=unit.id)
    finish_request(wu, one.id, answer="已送到")

    again = call_back(make.operator("Xia"), one.id, outcome="again", words="没有收到")

    assert (again.state, again.reopened) == ("dispatched", 1)
    assert again.handlings.filter(done_at=None).get().unit_id == unit.id


def test_a_closed_request_is_reopened_within_the_time_of_the_pack(noon: Hands) -> None:
    request, wang, _he = _done()
    confirm_done(wang, request.id, solved=True)

    with pytest.raises(errors.ReasonNeeded):
        reopen(wang, request.id, why="")
    assert reopen(wang, request.id, why="又没有了").reopened == 1

    finish_request(make.operator(), request.id, answer="再送")
    confirm_done(wang, request.id, solved=True)
    noon.forward(days=8)
    with pytest.raises(errors.TooLateToReopen):
        reopen(wang, request.id, why="又没有了")


def test_three_calls_in_vain_close_it_as_not_confirmed_and_not_as_solved() -> None:
    request, _wang, _he = _done()
    her = make.operator("Xia")

    for _ in range(3):
        closed = call_back(her, request.id, outcome="not_reached")

    assert (closed.close_reason, closed.solved) == ("not_reached", None)


def test_a_score_outside_one_to_five_is_refused() -> None:
    request, wang, _he = _done()

    with pytest.raises(errors.ScoreWrong):
        confirm_done(wang, request.id, solved=True, score=6)


def test_nobody_confirms_what_is_anothers() -> None:
    request, _wang, _he = _done()
    _one, li = make.resident()

    with pytest.raises(NotFound):
        confirm_done(li, request.id, solved=True)


def test_when_the_first_of_many_is_withdrawn_the_next_stands_in_its_place() -> None:
    he = make.operator()
    _one, wang = make.resident()
    first = make.request(wang, words="还做核酸吗", category="testing", by="13900000009")
    others = [
        make.request(
            he, words="还做核酸吗", category="testing", area_path=wang.within, by=f"1391000000{n}"
        )
        for n in range(3)
    ]
    assert {one.state for one in others} == {"grouped"}

    withdraw(wang, first.id)

    heads = Request.objects.filter(state="raised")
    assert [one.id for one in heads] == [others[0].id]
    assert Request.objects.filter(head=others[0], state="grouped").count() == 2


def test_each_is_told_by_text_message_once(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.SMS_GATEWAY = f"file:{tmp_path / 'sent'}"
    he, path = make.operator(), make.home().path
    one = make.request(he, area_path=path, by="13900001111")
    finish_request(he, one.id, answer="已送到")

    assert tell_waiting(PLAYBOOK) == 1
    assert tell_waiting(PLAYBOOK) == 0

    sent = (tmp_path / "sent").read_text()
    assert one.code in sent
    assert "13900001111" in sent
    assert gateway.chosen() is not None
