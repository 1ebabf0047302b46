"""What happens to the commands of a phone."""

import gzip
import json
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, playing
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.sync import doors, inbox, kinds, rules, senders
from fangxian.sync.actions import (
    apply_held,
    apply_kept,
    forget_commands,
    receive,
    revoke_device,
    set_aside,
)
from fangxian.sync.admission import Admission
from fangxian.sync.errors import AlreadySettled, NoSuchDevice, ReasonMissing, StillRefused
from fangxian.sync.inbox import take_in
from fangxian.sync.kinds import Body, Single, Volume
from fangxian.sync.models import Command, Device, Held
from fangxian.sync.tests import make
from fangxian.sync.tests.make import SUPERVISOR_HE, command

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_follows")]


class Book:
    """A room as small as can be: it notes words, and refuses and fails on demand."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.calls: list[list[str]] = []

    @transaction.atomic
    def note(self, actor: Actor, body: Body) -> dict[str, Any]:
        self._write([body.needed("word")])
        return {"word": body.text("word")}

    def note_many(self, words: Sequence[str]) -> list[Any]:
        self.calls.append(list(words))
        self._write(words)
        return [_Said("refused" if word == "no" else "applied") for word in words]

    def _write(self, words: Sequence[str]) -> None:
        for word in words:
            if word == "refuse":
                raise ReasonMissing
            if word == "fail":
                raise RuntimeError("a fault of ours")
            if word == "break":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1/0")
        self.noted += words


class _Said:
    facts: ClassVar[dict[str, object]] = {}

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome
        self.code, self.message = ("no_such_word", "No.") if outcome == "refused" else ("", "")


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Book:
    one = Book()
    monkeypatch.setitem(kinds.KINDS, "book.note", Single(Duty.COLLECT_SAMPLES, one.note))
    monkeypatch.setitem(kinds.KINDS, "book.shout", Single(Duty.GUARD, one.note, urgent=True))
    monkeypatch.setitem(
        kinds.KINDS,
        "book.list",
        Volume(Duty.COLLECT_SAMPLES, lambda actor, body: body.needed("word"), one.note_many),
    )
    return one


def note(word: str, *, seq: int = 1, kind: str = "book.note", **more: Any) -> dict[str, Any]:
    return command(kind, {"word": word}, seq=seq, **more)


# Once


def test_a_command_is_applied_and_answered(book: Book) -> None:
    phone = make.phone()

    reply = phone.send(note("hello"))

    assert reply.status == 200
    assert reply.json["answers"][0]["outcome"] == "applied"
    assert reply.json["answers"][0]["facts"] == {"word": "hello"}
    assert book.noted == ["hello"]
    assert Command.objects.get().outcome == "applied"


def test_a_repetition_is_known_and_changes_nothing(book: Book) -> None:
    phone = make.phone()
    once = note("hello")

    phone.send(once)
    reply = phone.send(once, once)

    assert reply.outcomes == ["known", "known"]
    assert book.noted == ["hello"]


def test_a_command_twice_in_one_batch_is_applied_once(book: Book) -> None:
    once = note("hello")

    reply = make.phone().send(once, once)

    assert reply.outcomes == ["applied", "known"]
    assert book.noted == ["hello"]


def test_a_refused_command_is_refused_again_in_the_same_words(book: Book) -> None:
    phone = make.phone()
    bad = note("refuse")

    first, again = phone.send(bad), phone.send(bad)

    assert first.json["answers"] == again.json["answers"]
    assert first.json["answers"][0]["code"] == "reason_missing"
    assert Held.objects.count() == 1


def test_the_same_number_for_something_else_is_a_conflict(book: Book) -> None:
    phone, other = make.phone(), make.phone()
    first = note("hello")
    phone.send(first)

    replies = [phone.send({**first, "kind": "book.list"}), other.send(first)]

    assert [reply.json["answers"][0]["code"] for reply in replies] == ["id_taken", "id_taken"]
    assert book.noted == ["hello"]


def test_ids_may_be_forgotten_when_no_phone_can_repeat_them(book: Book) -> None:
    with playing(now() - timedelta(days=61)):
        phone = make.phone(days=90)
        phone.send(note("old"), note("refuse", seq=2))
    phone.send(note("new"))

    assert forget_commands(make.OPERATOR_QIN) == 1
    assert set(Command.objects.values_list("outcome", flat=True)) == {"applied", "refused"}


# One rotten command


def test_one_rotten_command_never_fails_its_neighbours(book: Book) -> None:
    phone = make.phone()
    batch: list[Any] = [
        note("one", seq=1),
        note("refuse", seq=2),
        note("two", seq=3),
        note("break", seq=4),
        note("fail", seq=5),
        {"id": str(new_id()), "seq": "six"},
        "garbage",
        command("book.note", {"word": 7}, seq=8),
        command("book.unheard_of", {}, seq=9),
        note("three", seq=10),
    ]

    reply = phone.send(*batch)

    assert reply.outcomes == [
        "applied", "refused", "applied", "refused", "kept", "refused", "refused", "refused",
        "kept", "applied",
    ]  # fmt: skip
    assert [answer["code"] for answer in reply.json["answers"]] == [
        "", "reason_missing", "", "cannot_be_stored", "failed_here", "bad_command", "bad_command",
        "bad_command", "not_understood_yet", "",
    ]  # fmt: skip
    assert book.noted == ["one", "two", "three"]


def test_a_rotten_row_of_a_set_is_found_and_the_others_go_in(book: Book) -> None:
    words = [f"w{n}" for n in range(7)] + ["break"] + [f"w{n}" for n in range(7, 14)] + ["fail"]

    reply = make.phone().send(
        *(note(word, seq=n, kind="book.list") for n, word in enumerate(words))
    )

    assert reply.outcomes.count("applied") == 14
    assert (reply.outcomes[7], reply.outcomes[15]) == ("refused", "kept")
    assert sorted(book.noted) == sorted(w for w in words if w.startswith("w"))


def test_a_room_answers_for_each_row_of_a_set(book: Book) -> None:
    reply = make.phone().send(
        *(note(word, seq=n, kind="book.list") for n, word in enumerate(["yes", "no", "well"]))
    )

    assert reply.outcomes == ["applied", "refused", "applied"]
    assert Held.objects.get().code == "no_such_word"


def test_half_a_character_and_a_zero_byte_are_refused_and_kept_as_they_came(book: Book) -> None:
    reply = make.phone().send(note("\ud800"), note("a\x00b", seq=2))

    assert reply.outcomes == ["refused", "refused"]
    bodies = [json.loads(held.body.reveal()) for held in Held.objects.order_by("command__seq")]
    assert bodies == [{"word": "\ud800"}, {"word": "a\x00b"}]


# In order


def test_commands_of_a_phone_are_applied_in_the_order_of_their_numbers(book: Book) -> None:
    reply = make.phone().send(note("3", seq=3), note("1", seq=1), note("2", seq=2))

    assert book.noted == ["1", "2", "3"]
    assert [answer["facts"]["word"] for answer in reply.json["answers"]] == ["3", "1", "2"]


def test_what_is_of_volume_goes_in_together_but_never_before_its_turn(book: Book) -> None:
    one, two = make.phone(), make.phone()
    of_one = [note("open", seq=1)] + [note(f"a{n}", seq=n, kind="book.list") for n in range(2, 4)]
    of_two = [note(f"b{n}", seq=n, kind="book.list") for n in range(1, 3)] + [
        note("seal", seq=3),
        note("b4", seq=4, kind="book.list"),
    ]

    take_in([make.delivery(one, *of_one), make.delivery(two, *of_two)])

    assert [sorted(call) for call in book.calls] == [["a2", "a3", "b1", "b2"], ["b4"]]
    assert book.noted.index("open") < book.noted.index("a2")
    assert book.noted.index("b2") < book.noted.index("seal") < book.noted.index("b4")


def test_an_emergency_goes_first(book: Book) -> None:
    make.phone().send(note("1", seq=1), note("help", seq=2, kind="book.shout"))

    assert book.noted == ["help", "1"]


def test_a_hundred_rows_cost_the_statements_of_one(
    book: Book, django_assert_max_num_queries: Any
) -> None:
    phone = make.phone()
    phone.send(note("first"))

    with django_assert_max_num_queries(
        6
    ):  # begin, claim, savepoint, release, commit, and a greeting
        phone.send(*(note(f"w{n}", seq=n, kind="book.list") for n in range(100)))


# Time


def test_a_clock_within_five_minutes_is_believed() -> None:
    received = now()

    moment = rules.moment_of(
        received + timedelta(minutes=4),
        timedelta(minutes=4),
        received_at=received,
        enrolled_at=received - timedelta(days=1),
    )

    assert moment == received + timedelta(minutes=4)


@pytest.mark.parametrize("error", [timedelta(days=3), timedelta(days=-3), timedelta(hours=8)])
def test_two_phones_with_the_same_clock_error_are_each_set_right(
    book: Book, error: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    monkeypatch.setitem(
        kinds.KINDS,
        "book.hear",
        Single(Duty.GUARD, lambda actor, body: heard.append(body.at)),
    )
    given = now() - timedelta(minutes=20)
    with playing(given - timedelta(days=5)):
        phones = [make.phone(), make.phone()]

    for phone in phones:
        phone.send(command("book.hear", at=given + error), sent_at=now() + error)

    assert all(abs(moment - given) < timedelta(seconds=30) for moment in heard)
    assert len(heard) == 2
    kept = Command.objects.values_list("at", flat=True)
    assert all(abs(at - given - error) < timedelta(seconds=1) for at in kept)
    for device in Device.objects.all():
        assert abs((device.skew_ms or 0) - error.total_seconds() * 1000) < 30_000


def test_a_time_in_the_future_is_refused_and_can_be_entered_with_the_time_of_receipt(
    book: Book,
) -> None:
    owner = make.account()
    phone = make.phone(owner)

    reply = phone.send(note("hello", at=now() + timedelta(hours=1)))

    assert reply.json["answers"][0]["code"] == "clock_wrong"
    apply_held(owner.actor, Held.objects.get().command_id)
    assert book.noted == ["hello"]


# The end of a phone


def test_what_a_revoked_phone_was_used_for_before_still_counts(book: Book) -> None:
    phone = make.phone()
    before = note("before", at=now())
    revoke_device(SUPERVISOR_HE, phone.device.id, reason="lost")
    senders.forget()  # five seconds later

    reply = phone.send(before, note("after", seq=2, at=now() + timedelta(seconds=1)))

    assert reply.outcomes == ["applied", "refused"]
    assert reply.json["answers"][1]["code"] == "made_after_the_end"
    assert book.noted == ["before"]


def test_an_expired_phone_delivers_what_it_has(book: Book) -> None:
    with playing(now()) as hands:
        phone = make.phone(days=1)
        hands.forward(hours=23)
        before = note("before", at=now())
        hands.forward(hours=3)

        reply = phone.send(before, note("after", seq=2))

    assert reply.outcomes == ["applied", "refused"]


def test_a_phone_three_days_offline_is_heard(book: Book) -> None:
    with playing(now() - timedelta(days=3)):
        phone = make.phone()
        old = note("three days ago")

    assert phone.send(old).outcomes == ["applied"]


# Languages


def test_each_phone_is_refused_in_its_own_language(book: Book) -> None:
    one, two = make.phone(), make.phone()

    english = one.send(note("refuse"), language="en-GB")
    chinese = two.send(note("refuse"), language="zh-CN")

    assert english.json["answers"][0]["message"].startswith("This needs a reason")
    assert "reason" not in chinese.json["answers"][0]["message"]


# Refused and kept


def test_a_refused_command_is_held_encrypted_and_told_once_a_batch(book: Book) -> None:
    phone = make.phone()

    phone.send(note("refuse", seq=1), note("refuse", seq=2))

    assert Held.objects.filter(code="reason_missing").count() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM sync_held")
        assert b"refuse" not in bytes(cursor.fetchone()[0])
    event = Event.objects.get(kind="sync.commands_refused")
    assert event.subject_id == phone.device.id
    assert event.facts["number"] == 2


def test_a_refused_command_can_be_entered_once_its_reason_is_gone(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = make.account()
    make.phone(owner).send(note("refuse"))
    held = Held.objects.get()
    with pytest.raises(StillRefused):
        apply_held(owner.actor, held.command_id)
    monkeypatch.setitem(
        kinds.KINDS, "book.note", Single(Duty.GUARD, lambda actor, body: {"at": body.at})
    )

    apply_held(owner.actor, held.command_id)

    held.refresh_from_db()
    assert (held.settled, held.body) == ("applied", None)
    assert Command.objects.get().outcome == "applied"
    with pytest.raises(AlreadySettled):
        apply_held(owner.actor, held.command_id)


def test_a_refused_command_is_set_aside_with_a_reason_and_forgotten(book: Book) -> None:
    make.phone().send(note("refuse"))
    held = Held.objects.get()
    with pytest.raises(ReasonMissing):
        set_aside(SUPERVISOR_HE, held.command_id, note=" ")

    set_aside(SUPERVISOR_HE, held.command_id, note="entered on paper")

    held.refresh_from_db()
    assert (held.settled, held.body, held.note) == ("dropped", None, "entered on paper")
    assert Event.objects.filter(kind="sync.command_settled").get().facts["left"] == 0


def test_an_unknown_kind_is_kept_and_applied_when_the_server_learns_it(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = make.phone()
    new = command("book.sing", {"word": "la"})
    assert phone.send(new).outcomes == ["kept"]
    assert apply_kept(PLAYBOOK) == 0

    monkeypatch.setitem(kinds.KINDS, "book.sing", Single(Duty.GUARD, book.note))

    assert apply_kept(PLAYBOOK) == 1
    assert book.noted == ["la"]
    assert phone.send(new).outcomes == ["known"]


def test_what_was_kept_and_is_now_refused_comes_back_to_its_owner(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.phone().send(command("book.sing", {"word": "refuse"}))
    monkeypatch.setitem(kinds.KINDS, "book.sing", Single(Duty.GUARD, book.note))

    assert apply_kept(PLAYBOOK) == 0

    assert Held.objects.get().outcome == "refused"
    assert Event.objects.filter(kind="sync.commands_refused").count() == 1


def test_a_fault_of_ours_is_kept_and_says_nothing_of_what_was_sent(
    book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    reply = make.phone().send(note("fail"))

    assert reply.json["answers"][0]["code"] == "failed_here"
    assert "a fault of ours" not in caplog.text
    assert any("RuntimeError at" in getattr(record, "error", "") for record in caplog.records)


def test_a_phone_is_received_by_its_owner_only(book: Book) -> None:
    owner = make.account()
    phone = make.phone(owner)
    order = rules.read_order(note("hello"))
    assert isinstance(order, rules.Order)

    (answer,) = receive(owner.actor, phone.device.id, [order])

    assert answer.outcome == "applied"
    with pytest.raises(NoSuchDevice):
        receive(SUPERVISOR_HE, phone.device.id, [order])


# Requests that are no requests


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {}, 400, "not_json"),
        (b"{", {}, 400, "not_json"),
        (b"[1]", {}, 400, "not_json"),
        (b"\xff\xfe\x00", {}, 400, "not_json"),
        (b"[" * 200_000, {}, 400, "not_json"),
        (b'{"protocol": 1, "commands": [], "sent_at": "yesterday"}', {}, 400, "not_json"),
        (
            b'{"protocol": 1, "commands": NaN, "sent_at": "2026-01-01T00:00:00Z"}',
            {},
            400,
            "not_json",
        ),
        (b'{"protocol": 0, "commands": []}', {}, 426, "version_ended"),
        (b"not gzip", {"HTTP_CONTENT_ENCODING": "gzip"}, 400, "not_json"),
        (gzip.compress(b"{}", mtime=0)[:-6], {"HTTP_CONTENT_ENCODING": "gzip"}, 400, "not_json"),
        (b"{}", {"HTTP_CONTENT_ENCODING": "br"}, 400, "not_json"),
        (
            gzip.compress(b"0" * 50_000_000, mtime=0),
            {"HTTP_CONTENT_ENCODING": "gzip"},
            413,
            "too_large",
        ),
        (b"0" * (doors.LARGEST + 1), {}, 413, "too_large"),
    ],
)
def test_garbage_is_answered_in_clear_words(
    content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    reply = make.ask("POST", "commands", content, phone=make.phone(), headers=headers)

    assert (reply.status, reply.json["code"]) == (status, code)
    assert reply.json["message"]


def test_fifty_megabytes_of_json_are_turned_away_unread() -> None:
    class Stream:
        read_so_far = 0

        def read(self, size: int) -> bytes:
            self.read_so_far += size
            return b" " * size

    stream = Stream()
    reply = make.ask(
        "POST",
        "commands",
        phone=make.phone(),
        headers={"CONTENT_LENGTH": str(50_000_000), "wsgi.input": stream},  # type: ignore[dict-item]
    )
    unsaid = make.ask(
        "POST",
        "commands",
        phone=make.phone(),
        headers={"CONTENT_LENGTH": "", "wsgi.input": stream},  # type: ignore[dict-item]
    )

    assert (reply.status, unsaid.status) == (413, 413)
    assert stream.read_so_far <= doors.LARGEST + 1


def test_more_than_five_hundred_commands_are_too_many(book: Book) -> None:
    reply = make.phone().send(*(note("x", seq=n) for n in range(501)))

    assert (reply.status, reply.json["code"]) == (413, "too_many_commands")
    assert not Command.objects.exists()


def test_a_batch_may_come_packed_and_goes_back_packed(book: Book) -> None:
    phone = make.phone()
    batch = [note(f"w{n}", seq=n, kind="book.list") for n in range(300)]
    body = {"sent_at": now().isoformat(), "protocol": 1, "commands": batch}

    reply = make.ask(
        "POST",
        "commands",
        gzip.compress(json.dumps(body).encode()),
        phone=phone,
        headers={"HTTP_CONTENT_ENCODING": "gzip", "HTTP_ACCEPT_ENCODING": "gzip, br"},
    )

    assert reply.outcomes == ["applied"] * 300
    assert reply.headers["Content-Encoding"] == "gzip"


def test_a_newer_phone_is_understood_as_far_as_it_goes(book: Book) -> None:
    reply = make.phone().send(note("hello"), command("book.dance", seq=2), protocol=7)

    assert reply.outcomes == ["applied", "kept"]


def test_a_version_is_served_until_its_day() -> None:
    end = now()

    assert rules.is_served(1, end)
    assert rules.is_served(99, end)
    assert not rules.is_served(0, end)


@pytest.mark.parametrize(
    ("method", "name", "status"),
    [("GET", "commands", 405), ("POST", "feed", 405), ("GET", "nothing", 404), ("GET", "", 404)],
)
def test_other_addresses_are_answered_in_json(method: str, name: str, status: int) -> None:
    reply = make.ask(method, name)

    assert reply.status == status
    assert reply.json["message"]


def test_a_fault_at_the_door_is_a_short_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(doors, "device_behind", breaks)

    reply = make.ask("GET", "feed")

    assert reply.status == 500
    assert "secret" not in json.dumps(reply.json)


# Load


def test_too_many_at_once_are_sent_away_for_different_times(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "admission", Admission(0))
    phone = make.phone()

    replies = [phone.send(note("x", seq=n)) for n in range(20)]

    assert {reply.status for reply in replies} == {429}
    pauses = {int(reply.headers["Retry-After"]) for reply in replies}
    assert len(pauses) > 2
    assert pauses <= set(range(1, 9))
    assert not Command.objects.exists()


def test_more_than_can_be_taken_in_soon_is_told_later() -> None:
    door = Admission(48)
    for _ in range(30):
        with door.writing(10):
            time.sleep(0.02)  # two milliseconds a command

    assert door.lets_in(500)  # whatever comes to an empty house
    assert not door.lets_in(1)
    door.done(500)
    assert door.lets_in(100)
    assert door.lets_in(1)
    assert not door.crowded


def test_an_emergency_is_always_taken_in(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "admission", Admission(0))
    monkeypatch.setattr(doors, "URGENT", frozenset({"book.shout"}))

    reply = make.phone().send(note("help", kind="book.shout"))

    assert reply.outcomes == ["applied"]


def test_a_phone_is_noted_now_and_then_not_at_each_request(book: Book) -> None:
    phone = make.phone()
    phone.send(note("one", seq=4))
    first = Device.objects.get(id=phone.device.id)
    phone.send(note("two", seq=5))

    second = Device.objects.get(id=phone.device.id)
    assert first.last_seen == second.last_seen
    assert first.last_seq == 4
    assert phone.device.id in inbox._greeted
