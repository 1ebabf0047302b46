"""The hotline: every call is answered by one operator and ends as an answer, a declaration or a
request."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from fangxian.care.models import CareTransfer
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.requests import actions, errors
from fangxian.requests.actions import (
    answer_call,
    end_for_abuse,
    hang_up,
    line_died,
    mark_emergency,
    request_in_call,
    set_answer,
    sit_down,
    stand_up,
    start_call,
    take_call,
    take_next_call,
    warn_caller,
)
from fangxian.requests.library import NewAnswer
from fangxian.requests.models import Answer, Call, Line, Request
from fangxian.requests.tests import make
from fangxian.screening.tests import make as screening

pytestmark = pytest.mark.django_db


def library(he: make.Actor, path: str, question: str = "什么时候解封？") -> Answer:
    new = NewAnswer(category="policy", question=question, answer="以通告为准。")
    return set_answer(he, new, area_path=path)


# Who is next


def test_a_caller_is_recognised_by_the_number() -> None:
    one, _wang = make.resident()
    phone = one.phone.reveal()

    call = make.call(make.operator(), phone)

    assert call.resident_id == one.id


def test_the_same_call_reported_twice_is_one_call() -> None:
    he, once = make.operator(), new_id()

    first, again = (make.call(he, id=once) for _ in range(2))

    assert first.id == again.id


def test_emergencies_come_first_then_who_waits_then_who_is_called_back(noon: Hands) -> None:
    he = make.operator()
    broke_off = make.call(he, "13900000001")
    hang_up(he, broke_off.id)
    noon.forward(seconds=1)
    waits = make.call(he, "13900000002")
    noon.forward(seconds=1)
    emergency = make.call(he, "13900000003", emergency=True)

    order = [take_next_call(make.operator(name)).id for name in "abc"]

    assert order == [emergency.id, waits.id, broke_off.id]
    with pytest.raises(errors.NobodyCalls):
        take_next_call(make.operator("d"))


def test_whoever_was_cut_off_and_calls_again_keeps_their_place(noon: Hands) -> None:
    he = make.operator()
    first = make.call(he, "13900000001")
    hang_up(he, first.id)
    noon.forward(minutes=1)
    make.call(he, "13900000002")

    again = make.call(he, "13900000001")

    assert again.id == first.id
    assert take_next_call(he).id == first.id


def test_a_call_with_a_withheld_number_that_breaks_off_ends_as_not_reached() -> None:
    he = make.operator()
    call = make.call(he, "")

    assert hang_up(he, call.id).ending == "not_reached"


def test_two_operators_taking_the_same_call_one_is_refused_politely() -> None:
    he, her = make.operator(), make.operator("Xia")
    call = make.call(he)

    take_call(he, call.id)
    take_call(he, call.id)

    with pytest.raises(errors.CallIsTaken, match="Nothing is lost"):
        take_call(her, call.id)


def test_an_operator_has_one_call_at_a_time() -> None:
    he = make.operator()
    first, second = make.call(he, "13900000001"), make.call(he, "13900000002")
    take_call(he, first.id)

    with pytest.raises(errors.OnAnotherCall):
        take_call(he, second.id)
    assert take_next_call(he).id == first.id
    with pytest.raises(errors.OnAnotherCall):
        start_call(he, phone="13900000003")
    with pytest.raises(errors.OnAnotherCall):
        stand_up(he)


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_at_the_same_moment_each_has_another_call() -> None:
    operators = [make.operator(name) for name in "abcdef"]
    calls = {make.call(operators[0], f"1390000000{n}").id for n in range(6)}
    together, had = Barrier(6), []

    def work(who: make.Actor) -> None:
        together.wait()
        had.append(take_next_call(who).id)
        connection.close()

    threads = [Thread(target=work, args=[who]) for who in operators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(had) == calls


def test_who_does_not_answer_calls_sees_none() -> None:
    call = make.call(make.operator())
    worker = make.account(Duty.CARRY_OUT)

    with pytest.raises(NotYours):
        take_next_call(worker)
    with pytest.raises(NotYours):
        take_call(worker, call.id)
    with pytest.raises(NotFound):
        take_call(make.operator(within=make.home().path), call.id)


# Lines


def test_seventy_two_lines_are_shared_and_each_has_one_operator() -> None:
    path = make.district_of(make.home().path)
    actions.open_lines(make.head(), [f"{n:02d}" for n in range(1, 73)], area_path=path)
    he, her = make.operator(), make.operator("Xia")

    mine, hers = sit_down(he), sit_down(her)

    assert (mine.number, hers.number) == ("01", "02")
    assert sit_down(he).id == mine.id
    with pytest.raises(errors.LineIsTaken):
        sit_down(he, line_id=hers.id)
    stand_up(her)
    assert sit_down(he, line_id=hers.id).number == "02"
    assert Line.objects.filter(operator__isnull=False).count() == 1


def test_when_every_line_has_an_operator_the_next_is_told_so() -> None:
    path = make.district_of(make.home().path)
    actions.open_lines(make.head(), ["01"], area_path=path)
    sit_down(make.operator())

    with pytest.raises(errors.NoLineFree):
        sit_down(make.operator("Xia"))


def test_a_line_nobody_opened_rings_in_vain() -> None:
    with pytest.raises(errors.NoSuchLine):
        make.call(make.operator(), line="99")


def test_what_is_no_telephone_number_is_refused() -> None:
    with pytest.raises(errors.PhoneWrong):
        make.call(make.operator(), "hello")


# Endings


def test_a_call_ends_as_an_answer_from_the_library() -> None:
    he, path = make.operator(), make.home().path
    known = library(he, path)
    call = start_call(he, phone="13900001111")

    ended = answer_call(he, call.id, answer_id=known.id)

    assert (ended.ending, ended.intent) == ("answer", "ask")
    assert Answer.objects.get(id=known.id).used == 1


def test_a_call_ends_as_an_answer_in_own_words_but_not_in_none() -> None:
    he = make.operator()
    call = start_call(he)

    with pytest.raises(errors.WordsMissing):
        answer_call(he, call.id)
    assert answer_call(he, call.id, words="已解释").ending == "answer"


def test_a_call_ends_as_a_declaration_with_a_receipt() -> None:
    he = make.operator()
    campaign = screening.campaign()
    call = start_call(he, phone="13900001111")

    ended = actions.declare_in_call(
        he,
        call.id,
        campaign_id=campaign.id,
        name="王建国",
        was_there=False,
    )

    assert ended.ending == "declaration"
    assert ended.declaration.startswith("F")


def test_a_call_ends_as_a_request_with_the_number_to_call_back() -> None:
    he = make.operator()
    one, _wang = make.resident()
    phone = one.phone.reveal()
    call = take_call(he, make.call(he, phone).id)

    request = request_in_call(he, call.id, words="没有药了", category="medical")

    assert request.area_path == one.area_path
    assert (request.resident_id, request.call_id) == (one.id, call.id)
    assert request.by_index == call.phone_index
    assert Call.objects.get(id=call.id).ending == "request"


def test_an_ended_call_is_not_ended_again_and_nobody_ends_anothers() -> None:
    he, her = make.operator(), make.operator("Xia")
    call = start_call(he)
    with pytest.raises(errors.CallIsTaken):
        answer_call(her, call.id, words="我来")
    answer_call(he, call.id, words="已解释")

    with pytest.raises(errors.CallIsOver):
        answer_call(he, call.id, words="又")


# Emergencies, dead lines, abuse


def test_an_emergency_ends_only_with_help() -> None:
    he = make.operator()
    one, _wang = make.resident()
    call = take_call(he, make.call(he, one.phone.reveal()).id)
    mark_emergency(he, call.id)
    warn_caller(he, call.id)

    with pytest.raises(errors.CallIsAnEmergency):
        answer_call(he, call.id, words="请打120")
    with pytest.raises(errors.CallIsAnEmergency):
        end_for_abuse(he, call.id, words="骂人")

    request_in_call(he, call.id, words="倒下了", category="other")
    assert CareTransfer.objects.get().resident_id == one.id


def test_a_dead_line_is_called_back_three_times_and_then_on_record(noon: Hands) -> None:
    he = make.operator()
    call = take_call(he, make.call(he).id)

    back = line_died(he, call.id)
    assert (back.state, back.tries) == ("waiting", 1)
    assert take_next_call(he).id == call.id
    line_died(he, call.id)
    with pytest.raises(errors.NobodyCalls):  # a pause, by the pack
        take_next_call(he)
    noon.forward(minutes=10)
    take_next_call(he)

    assert line_died(he, call.id).ending == "not_reached"


def test_an_emergency_whose_line_dies_sends_help_to_the_home_of_whoever_called() -> None:
    he = make.operator()
    one, _wang = make.resident()
    call = take_call(he, make.call(he, one.phone.reveal()).id)
    mark_emergency(he, call.id)

    assert line_died(he, call.id).ending == "request"
    assert CareTransfer.objects.get().area_path == one.area_path


def test_abuse_ends_a_call_only_after_a_warning_and_never_blocks_the_number() -> None:
    he = make.operator()
    for _ in range(3):
        call = start_call(he, phone="13900006666")
        with pytest.raises(errors.CallerNotWarned):
            end_for_abuse(he, call.id, words="辱骂")
        warn_caller(he, call.id)
        end_for_abuse(he, call.id, words="辱骂")

    behind = make.call(he, "13900006666")
    first = make.call(he, "13900000001")
    assert behind.behind
    assert take_next_call(he).id == first.id


def test_an_abusive_number_that_has_an_emergency_stands_before_everybody() -> None:
    he = make.operator()
    for _ in range(3):
        call = start_call(he, phone="13900006666")
        warn_caller(he, call.id)
        end_for_abuse(he, call.id, words="辱骂")
    make.call(he, "13900000001")

    call = make.call(he, "13900006666", emergency=True)

    assert not call.behind
    assert take_next_call(he).id == call.id


# The library


def test_a_question_is_answered_once_and_a_better_answer_takes_its_place() -> None:
    he, path = make.operator(), make.home().path
    known = library(he, path)

    with pytest.raises(errors.AnswerIsThere):
        library(he, path)
    better = set_answer(
        he,
        NewAnswer(category="policy", question="什么时候解封？", answer="9月9日。"),
        area_path=path,
        answer_id=known.id,
    )

    assert [one.id for one in Answer.objects.filter(withdrawn_at=None)] == [better.id]


def test_every_call_of_an_hour_ends_as_something() -> None:
    he, one = make.operator(), make.resident()[0]
    known = library(he, one.area_path)
    for number in range(30):
        make.call(he, f"139000000{number:02d}")
    for number in range(30):
        call = take_next_call(he)
        if number % 3:
            answer_call(he, call.id, answer_id=known.id)
        else:
            request_in_call(
                he,
                call.id,
                words=f"第{number}号需要药",
                category="medical",
                area_path=one.area_path,
            )

    assert not Call.objects.exclude(state="ended").exists()
    assert Request.objects.count() == 10
    assert Call.objects.filter(ended_at__lte=now()).exclude(ending="").count() == 30
