"""What the database itself refuses, whoever asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.requests.actions import (
    ask_extension,
    dispatch_request,
    finish_request,
    set_answer,
    start_call,
)
from fangxian.requests.library import NewAnswer
from fangxian.requests.models import (
    Answer,
    Call,
    Concerned,
    Extension,
    Handling,
    Line,
    Note,
    Request,
    Response,
    Whistle,
)
from fangxian.requests.tests import make

pytestmark = pytest.mark.django_db


def breaks(constraint: str, row: Model, **change: Any) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        type(row)._default_manager.filter(pk=row.pk).update(**change)


def again(constraint: str, row: Model, **change: Any) -> None:
    """A second row like this one."""
    row.pk = new_id()
    for name, value in change.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row.save(force_insert=True)


def test_a_line() -> None:
    line = Line.objects.create(number="01", area_path="1/")

    breaks("line_is_held_since", line, since=now())


def test_a_call() -> None:
    he = make.operator()
    call = start_call(he, phone="13900001111")

    breaks("call_taken_has_an_operator", call, taken_by=None)
    breaks("call_waiting_has_no_operator", call, state="waiting")
    breaks("call_ends_with_something", call, state="ended", ended_at=now())
    breaks("call_ends_with_something", call, ending="answer")
    breaks("call_phone_comes_with_its_index", call, phone_index=None)
    breaks(
        "call_of_an_emergency_ends_with_help",
        call,
        emergency=True,
        state="ended",
        ended_at=now(),
        ending="answer",
    )
    breaks("call_is_abusive_only_after_a_warning", call, abusive=True)
    breaks(
        "call_is_abusive_only_after_a_warning", call, abusive=True, warned_at=now(), emergency=True
    )
    again("operator_has_one_call_at_a_time", Call.objects.get(id=call.id))


def test_an_answer() -> None:
    he = make.operator()
    new = NewAnswer(category="policy", question="几点？", answer="七点")
    one = set_answer(he, new, area_path=make.home().path)

    breaks("answer_says_something", one, answer="")
    again("question_is_answered_once", Answer.objects.get(id=one.id))


def test_a_request() -> None:
    he, path = make.operator(), make.home().path
    raised = make.request(he, area_path=path, by="13900001111", city_number="A1")
    done = make.request(he, area_path=path, words="另一件")
    finish_request(he, done.id, answer="好")

    breaks("request_says_something", raised, words="")
    breaks("request_number_to_call_comes_with_its_index", raised, by_index=None)
    breaks("request_is_not_with_itself", raised, head=raised.id)
    breaks("request_with_others_has_a_head", raised, state="grouped")
    breaks("request_of_an_emergency_stands_alone", raised, category="emergency", head=done.id)
    breaks("request_accepted_has_a_receiver", raised, state="accepted")
    breaks("request_done_says_what", done, answer="")
    breaks("request_closed_says_why", done, state="closed", closed_at=now())
    breaks("request_closed_says_why", done, close_reason="confirmed")
    breaks("request_is_not_verified_by_its_doer", done, verified_by=he.id)
    breaks("request_scores_from_one_to_five", done, score=6)
    again(
        "request_of_the_city_is_taken_in_once",
        Request.objects.get(id=raised.id),
        number=10_000,
    )


def test_what_a_request_is_made_of() -> None:
    he, one = make.operator(), make.resident()[0]
    request = make.request(he, area_path=one.area_path, resident_id=one.id)
    unit = make.unit(make.district_of(one.area_path))
    other = make.unit(make.district_of(one.area_path))
    dispatch_request(he, request.id, lead=unit.id)
    handling = Handling.objects.get()

    again("request_concerns_somebody_once", Concerned.objects.get())
    again("unit_handles_a_request_once", Handling.objects.get(), role="helper")
    again("request_has_one_lead_at_a_time", Handling.objects.get(), unit_id=other.id)
    breaks("handling_is_handed_back_with_a_reason", handling, handed_back_at=now())
    breaks("handling_done_says_what", handling, done_at=now())
    note = Note.objects.create(request=request, by=he.id, words="好")
    breaks("note_says_something", note, words="")


def test_more_time() -> None:
    he = make.operator()
    request = make.request(he, area_path=make.home().path)
    assert request.stage_due is not None
    until = request.stage_due + timedelta(hours=1)
    asked = ask_extension(he, request.id, until=until, reason="等")

    breaks("extension_is_asked_before_the_time_is_up", asked, asked_at=asked.due_at)
    breaks(
        "extension_is_decided_by_another", asked, decided_by=he.id, decided_at=now(), granted=True
    )
    breaks("extension_is_decided_by_another", asked, granted=True)
    breaks("extension_says_why", asked, reason="")
    again("extension_is_asked_once_a_stage", Extension.objects.get())


def test_a_whistle_and_who_is_called() -> None:
    path = make.community_of(make.home().path)
    whistle = make.whistle(make.head(within=path), [make.unit(make.district_of(path))])
    one = Response.objects.get()
    who = new_id()

    breaks("whistle_says_something", whistle, words="")
    breaks("whistle_for_people_says_how_many", whistle, people=0)
    breaks("whistle_ended_has_a_time", whistle, state="done")
    breaks("whistle_climbs_to_the_district_at_most", whistle, level=4)
    breaks("unit_that_cannot_come_says_why", one, says="cannot")
    breaks("unit_is_scored_by_one_to_five", one, score=0)
    breaks("arrival_is_seen_by_another", one, answered_by=who, arrival_seen_by=who)
    again("unit_is_called_once", Response.objects.get())
    assert Whistle.objects.count() == 1
