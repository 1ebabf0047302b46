"""Who is let in, and what somebody who is not learns: nothing."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now, playing
from fangxian.kernel.models import Event
from fangxian.people.actions import revoke_code
from fangxian.people.models import PersonalCode, Resident
from fangxian.people.tests import make as people
from fangxian.resident import actions, errors, queries, rules
from fangxian.resident.models import Challenge, Session
from fangxian.resident.tests import make

pytestmark = pytest.mark.django_db
NOBODY = "13800000000"


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def test_a_code_comes_by_message_and_lets_its_owner_in(settings: Settings, tmp_path: Path) -> None:
    file = make.sent(settings, tmp_path)
    wang = make.resident()

    challenge = make.asked(make.phone_of(wang))
    [message] = make.messages(file)
    entry = actions.sign_in_with_code(
        PLAYBOOK, challenge.id, code=make.code_in(message["words"]), device="phone"
    )

    assert message["to"] == make.phone_of(wang)
    assert entry.session.resident_id == wang.id
    assert actions.recognise(PLAYBOOK, entry.secret) is not None
    event = Event.objects.get(kind="resident.signed_in")
    assert event.subject_id == event.actor_id == wang.id
    assert event.facts["way"] == "text"


def test_neither_code_nor_secret_stands_anywhere(settings: Settings, tmp_path: Path) -> None:
    file = make.sent(settings, tmp_path)
    wang = make.resident()
    challenge = make.asked(make.phone_of(wang))
    code = make.code_in(make.messages(file)[0]["words"])
    entry = actions.sign_in_with_code(PLAYBOOK, challenge.id, code=code)

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM resident_challenge t")
        rows = [row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT t::text FROM resident_session t")
        rows += [row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT args::text FROM procrastinate_jobs")
        rows += [row for (row,) in cursor.fetchall()]

    assert not [row for row in rows if code in row.split(",") or entry.secret in row]
    assert not [row for row in rows if make.phone_of(wang) in row]


def test_a_number_nobody_has_is_answered_as_any_other(settings: Settings, tmp_path: Path) -> None:
    make.sent(settings, tmp_path)
    wang = make.resident()
    answers = []

    for phone in (make.phone_of(wang), NOBODY):
        browser = Client(headers={"accept-language": "en"})
        first = browser.post("/my/sign-in", {"phone": phone})
        second = browser.post("/my/sign-in/code", {"code": "000000"})
        said = [line for line in second.text.splitlines() if "csrf" not in line]
        answers.append((first.status_code, first["Location"], second.status_code, said))

    known, unknown = answers
    assert known == unknown
    assert known[:3] == (302, "/my/sign-in/code?next=%2Fmy%2F", 422)


def test_the_same_work_is_done_for_a_number_nobody_has(settings: Settings, tmp_path: Path) -> None:
    make.sent(settings, tmp_path)
    wang = make.resident()
    browser = Client(headers={"accept-language": "en"})
    browser.post("/my/sign-in", {"phone": "13800000099"})
    browser.post("/my/sign-in/code", {"code": "000000"})  # what is read once a minute is read

    counts = []
    for phone in (make.phone_of(wang), NOBODY):
        with CaptureQueriesContext(connection) as asked:
            browser.post("/my/sign-in", {"phone": phone})
        counts.append(len(asked))
        with CaptureQueriesContext(connection) as asked:
            browser.post("/my/sign-in/code", {"code": "000000"})
        counts.append(len(asked))

    assert counts[:2] == counts[2:]


def test_a_card_nobody_has_is_answered_as_a_wrong_birth_date() -> None:
    wang = make.resident()
    card = make.card_of(wang)
    answers = []
    for number, born in ((card, "19840101"), ("C000 0000", "19830101"), ("nonsense", "19830101")):
        browser = Client(headers={"accept-language": "en"})
        page = browser.post("/my/sign-in/card", {"card": number, "birth_date": born})
        answers.append((page.status_code, page.text.replace(number, "")))

    dates = ("19840101", "19830101", "19830101")
    bare = []
    for (status, text), born in zip(answers, dates, strict=True):
        lines = [line for line in text.splitlines() if "csrf" not in line]
        bare.append((status, "\n".join(lines).replace(born, "")))
    assert bare[0] == bare[1] == bare[2]
    assert bare[0][0] == 422


def test_a_card_and_the_birth_date_let_in_whoever_has_no_phone() -> None:
    wang = people.resident("王奶奶", phone="", identity=people.identity(date(1941, 3, 7)))

    entry = actions.sign_in_with_card(
        PLAYBOOK, make.card_of(wang), date(1941, 3, 7), place=make.PLACE
    )

    assert entry.session.resident_id == wang.id
    assert Event.objects.get(kind="resident.signed_in").facts["way"] == "card"


def test_a_withdrawn_or_expired_card_lets_nobody_in() -> None:
    wang = make.resident()
    card = make.card_of(wang)
    revoke_code(people.KEEPER, PersonalCode.objects.get().id, reason="lost")

    with pytest.raises(errors.WrongEntry):
        actions.sign_in_with_card(PLAYBOOK, card, make.BORN, place=make.PLACE)

    li = make.resident(name="李静")
    old = make.card_of(li)
    with playing(now() + timedelta(days=90)), pytest.raises(errors.WrongEntry):
        actions.sign_in_with_card(PLAYBOOK, old, make.BORN, place=make.PLACE)


def test_somebody_whose_birth_date_is_unknown_is_not_let_in_by_a_card() -> None:
    wang = make.resident()
    Resident.objects.filter(id=wang.id).update(birth_date=None)

    with pytest.raises(errors.WrongEntry):
        actions.sign_in_with_card(PLAYBOOK, make.card_of(wang), make.BORN, place=make.PLACE)


def test_who_has_a_phone_hears_that_the_card_was_used(settings: Settings, tmp_path: Path) -> None:
    file = make.sent(settings, tmp_path)
    wang = make.resident()
    entry = actions.sign_in_with_card(
        PLAYBOOK, make.card_of(wang), make.BORN, place=make.PLACE, language="en"
    )

    assert actions.tell_of_entry(PLAYBOOK, entry.session.id, "en")

    [message] = make.messages(file)
    assert message["to"] == make.phone_of(wang)
    assert "with your card" in message["words"]


def test_a_code_is_used_once() -> None:
    wang = make.resident()
    challenge = make.asked(make.phone_of(wang))
    code = make.code_of(challenge)
    actions.sign_in_with_code(PLAYBOOK, challenge.id, code=code)

    with pytest.raises(errors.CodeIsOver):
        actions.sign_in_with_code(PLAYBOOK, challenge.id, code=code)

    challenge.refresh_from_db()
    assert challenge.digest is None
    assert challenge.shown is None


def test_a_code_is_good_for_five_minutes() -> None:
    wang = make.resident()
    with playing(now()) as clock:
        challenge = make.asked(make.phone_of(wang))
        clock.forward(minutes=5, seconds=1)

        with pytest.raises(errors.CodeIsOver):
            actions.sign_in_with_code(PLAYBOOK, challenge.id, code=make.code_of(challenge))


def test_after_five_wrong_entries_the_right_code_is_worth_nothing() -> None:
    wang = make.resident()
    challenge = make.asked(make.phone_of(wang))
    code = make.code_of(challenge)
    wrong = "111111" if code != "111111" else "222222"

    for _ in range(rules.MOST_TRIES):
        with pytest.raises(errors.WrongEntry):
            actions.sign_in_with_code(PLAYBOOK, challenge.id, code=wrong)

    with pytest.raises(errors.CodeIsOver):
        actions.sign_in_with_code(PLAYBOOK, challenge.id, code=code)
    assert not Session.objects.exists()


def test_another_browser_cannot_use_a_code_that_this_one_asked_for() -> None:
    wang = make.resident()
    mine = Client()
    mine.post("/my/sign-in", {"phone": make.phone_of(wang)})
    challenge = Challenge.objects.get()

    theirs = Client()
    theirs.cookies["fangxian-my-asked"] = str(challenge.id)
    answer = theirs.post("/my/sign-in/code", {"code": make.code_of(challenge)})

    assert answer["Location"].startswith("/my/sign-in")
    assert not Session.objects.exists()


def test_guessing_on_locks_the_number_for_an_hour_and_is_told() -> None:
    wang = make.resident()
    phone = make.phone_of(wang)
    with playing(now()) as clock:
        for _ in range(3):
            challenge = make.asked(phone)
            for _ in range(5):
                with pytest.raises(errors.WrongEntry):
                    actions.sign_in_with_code(PLAYBOOK, challenge.id, code="x")
            clock.forward(minutes=11)

        with pytest.raises(errors.AskedTooOften):
            actions.ask_for_code(PLAYBOOK, phone, place="10.9.9.9")
        assert Event.objects.filter(kind="resident.sign_in_locked").count() == 1
        clock.forward(minutes=60)
        actions.ask_for_code(PLAYBOOK, phone, place="10.9.9.9")


@pytest.mark.parametrize("known", [True, False])
def test_a_number_is_written_to_once_a_minute_and_ten_times_a_day(known: bool) -> None:
    phone = make.phone_of(make.resident()) if known else NOBODY
    with playing(now()) as clock:
        actions.ask_for_code(PLAYBOOK, phone, place="1")
        with pytest.raises(errors.AskedTooOften) as refusal:
            actions.ask_for_code(PLAYBOOK, phone, place="2")
        assert refusal.value.facts["minutes"] == 1
        for turn in range(9):
            clock.forward(minutes=15)
            actions.ask_for_code(PLAYBOOK, phone, place=f"place {turn}")
        clock.forward(minutes=15)

        with pytest.raises(errors.AskedTooOften):
            actions.ask_for_code(PLAYBOOK, phone, place="3")


def test_one_place_cannot_try_number_after_number() -> None:
    with playing(now()):
        for turn in range(rules.MOST_FROM_ONE_PLACE):
            actions.ask_for_code(PLAYBOOK, f"1380000{turn:04d}", place=make.PLACE)

        with pytest.raises(errors.AskedTooOften):
            actions.ask_for_code(PLAYBOOK, "13811111111", place=make.PLACE)
        actions.ask_for_code(PLAYBOOK, "13811111111", place="10.0.0.8")


def test_one_place_cannot_try_card_after_card() -> None:
    with playing(now()):
        for turn in range(rules.MOST_WRONG_FROM_ONE_PLACE):
            with pytest.raises(errors.WrongEntry):
                actions.sign_in_with_card(PLAYBOOK, f"n{turn}", make.BORN, place=make.PLACE)

        with pytest.raises(errors.AskedTooOften):
            actions.sign_in_with_card(PLAYBOOK, "n99", make.BORN, place=make.PLACE)


def test_one_card_is_tried_five_times_an_hour() -> None:
    card = make.card_of(make.resident())
    with playing(now()):
        for turn in range(rules.MOST_AN_HOUR):
            with pytest.raises(errors.WrongEntry):
                actions.sign_in_with_card(
                    PLAYBOOK, card, date(1990, 1, turn + 1), place=f"place {turn}"
                )

        with pytest.raises(errors.AskedTooOften):
            actions.sign_in_with_card(PLAYBOOK, card, make.BORN, place="elsewhere")


def test_of_several_with_one_phone_the_birth_date_says_who() -> None:
    phone = people.phone()
    home = people.dwelling()
    people.resident("王建国", at=home, phone=phone, identity=people.identity(date(1983, 1, 1)))
    li = people.resident("李静", at=home, phone=phone, identity=people.identity(date(1985, 2, 2)))
    challenge = make.asked(phone)

    with pytest.raises(errors.WhoOfYou):
        actions.sign_in_with_code(PLAYBOOK, challenge.id, code=make.code_of(challenge))
    with pytest.raises(errors.WrongEntry):
        actions.sign_in_with_code(PLAYBOOK, challenge.id, birth_date=date(1990, 1, 1))
    entry = actions.sign_in_with_code(PLAYBOOK, challenge.id, birth_date=date(1985, 2, 2))

    assert entry.session.resident_id == li.id


def test_a_birth_date_alone_opens_nothing_before_the_code_was_right() -> None:
    phone = people.phone()
    home = people.dwelling()
    people.resident("王建国", at=home, phone=phone, identity=people.identity(date(1983, 1, 1)))
    people.resident("李静", at=home, phone=phone, identity=people.identity(date(1985, 2, 2)))
    challenge = make.asked(phone)

    with pytest.raises(errors.WrongEntry):
        actions.sign_in_with_code(PLAYBOOK, challenge.id, birth_date=date(1985, 2, 2))


def test_without_a_gateway_outside_a_made_up_district_nothing_is_made(settings: Settings) -> None:
    settings.MODE, settings.SMS_GATEWAY = "production", ""
    challenge = make.asked(make.phone_of(make.resident()))

    assert challenge.digest is None
    assert challenge.shown is None
    assert queries.practice_code(PLAYBOOK, challenge.id) == ""


def test_a_page_closes_after_half_an_hour_without_use_and_after_twelve_in_any_case() -> None:
    wang = make.resident()
    with playing(now()) as clock:
        _, secret = make.session(wang)
        clock.forward(minutes=29)
        assert actions.recognise(PLAYBOOK, secret)
        clock.forward(minutes=31)
        assert actions.recognise(PLAYBOOK, secret) is None
        assert actions.close_old_sessions(PLAYBOOK) == 1

        _, secret = make.session(wang)
        for _ in range(24):
            clock.forward(minutes=29, seconds=59)
            assert actions.recognise(PLAYBOOK, secret)
        clock.forward(minutes=1)
        assert actions.recognise(PLAYBOOK, secret) is None
        assert actions.close_old_sessions(PLAYBOOK) == 1
    assert set(Session.objects.values_list("end", flat=True)) == {"idle", "longest"}


def test_a_page_is_closed_from_any_device() -> None:
    wang = make.resident()
    with playing(now()) as clock:
        mine, secret = make.session(wang)
        clock.forward(minutes=2)
        lost, lost_secret = make.session(wang)
        me = make.actor(wang)

        actions.end_session(me, lost.id, end="elsewhere")

        assert actions.recognise(PLAYBOOK, lost_secret) is None
        assert actions.recognise(PLAYBOOK, secret) == mine
        clock.forward(minutes=2)
        make.session(wang)
        assert actions.end_all_sessions(me, but=mine.id) == 1


def test_the_office_closes_the_page_of_who_says_that_it_is_not_them() -> None:
    wang = make.resident()
    _, secret = make.session(wang)
    guard, operator = make.office(Duty.GUARD), make.office(Duty.ANSWER_CALLS)

    assert guard.post(f"/my/brief/{wang.id}/close").status_code == 403
    operator.post(f"/my/brief/{wang.id}/close")

    assert actions.recognise(PLAYBOOK, secret) is None
    assert Session.objects.get().end == "office"


def test_nobody_closes_anothers_page() -> None:
    wang, li = make.resident(), make.resident(name="李静")
    session, secret = make.session(wang)

    with pytest.raises(errors.NobodyHere):
        actions.end_session(make.actor(li), session.id)

    assert actions.recognise(PLAYBOOK, secret)


def test_a_secret_of_a_closed_page_opens_nothing_again() -> None:
    wang = make.resident()
    browser = make.browser(wang)
    kept = browser.cookies["fangxian-my"].value
    browser.post("/my/sign-out")

    thief = Client()
    thief.cookies["fangxian-my"] = kept

    assert thief.get("/my/").status_code == 302


def test_an_invented_secret_opens_nothing() -> None:
    make.session(make.resident())
    thief = Client()
    thief.cookies["fangxian-my"] = str(UUID(int=7))

    assert thief.get("/my/").status_code == 302


def test_the_cookie_is_for_these_pages_and_no_script() -> None:
    browser = make.browser(make.resident())

    cookie = browser.cookies["fangxian-my"]

    assert cookie["httponly"]
    assert cookie["path"] == "/my/"
    assert cookie["samesite"] == "Lax"
    assert "sessionid" not in browser.cookies


def test_what_is_known_of_sign_ins_is_forgotten_in_its_time() -> None:
    wang = make.resident()
    make.session(wang)

    with playing(now() + timedelta(days=31)):
        gone = actions.forget_sign_ins(PLAYBOOK, now() - timedelta(days=30))

    assert gone.rows == 2
    assert not Session.objects.exists()
    assert Event.objects.filter(kind="resident.signed_in").exists()


def test_an_address_elsewhere_is_not_gone_to_after_signing_in() -> None:
    wang = make.resident()
    browser = Client()
    browser.post("/my/sign-in", {"phone": make.phone_of(wang), "next": "https://evil.example/"})
    challenge = Challenge.objects.get()

    for where in ("https://evil.example/my/", "//evil.example/my/", "/accounts/", "/my//evil"):
        came = browser.post("/my/sign-in/code", {"code": "1", "next": where})
        assert 'value="https' not in came.text
    came = browser.post(
        "/my/sign-in/code",
        {"code": make.code_of(challenge), "next": "//evil.example/my/"},
    )

    assert came["Location"] == "/my/"
