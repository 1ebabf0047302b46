"""What the tables themselves refuse."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.clock import now
from fangxian.resident.models import Challenge, Session
from fangxian.resident.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def refused(rows: Any, by: str, **values: Any) -> None:
    with pytest.raises(IntegrityError, match=by), transaction.atomic():
        rows.update(**values)


def test_a_challenge_is_used_once_in_its_time_and_keeps_no_code() -> None:
    challenge = make.asked(make.phone_of(make.resident()))
    rows = Challenge.objects.filter(id=challenge.id)
    at = challenge.asked_at

    refused(rows, "challenge_expires_after_it_was_asked", expires_at=at)
    refused(rows, "challenge_is_worth_nothing_after_its_tries", tries=6)
    refused(
        rows,
        "challenge_is_used_in_its_time",
        used_at=at + timedelta(hours=1),
        digest=None,
        shown=None,
    )
    refused(rows, "challenge_keeps_no_code_once_used", used_at=at + timedelta(minutes=1))


def test_a_session_has_an_end_and_says_how_it_ended() -> None:
    wang = make.resident()
    session, _ = make.session(wang)
    rows = Session.objects.filter(id=session.id)

    refused(rows, "session_expires_after_it_began", expires_at=session.began_at)
    refused(rows, "session_says_how_it_ended", ended_at=now())
    refused(rows, "session_says_how_it_ended", end="idle")
    refused(rows, "session_is_on_behalf_of_somebody_else", on_behalf=wang)
