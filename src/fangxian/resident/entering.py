"""Letting residents in: one-time codes, cards, sessions. Nothing tells who is registered.

Every path does the same whether a number is known or not: one row, one job, the same words.
Wrong entries are counted in a transaction of their own, so a refusal does not take them back.
"""

import hmac
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, QuerySet, Sum
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from fangxian.kernel import clock
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.ids import new_id, read_code
from fangxian.kernel.ledger import record
from fangxian.kernel.vault import blind_index
from fangxian.people import gateway
from fangxian.people import queries as people
from fangxian.people.rules import PersonRef, half_width, normal_phone
from fangxian.resident import actors, errors, queries, rules
from fangxian.resident.events import OpenedOnBehalf, SessionEnded, SignedIn, SignInLocked
from fangxian.resident.models import Challenge, Session, Way

_SHORTEST_PHONE, _LONGEST_PHONE = 7, 20
_CARD = "C"


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that has just begun. `secret` is for the cookie and is kept nowhere."""

    session: Session
    secret: str


# Asking


@transaction.atomic
def ask_for_code(actor: Actor, phone: str, *, place: str, language: str = "") -> Challenge:
    """Somebody wants a code for this phone. The same happens whether anybody has it or not.

    place   the address on the net that asks
    """
    plain = normal_phone(phone)
    digits = rules.typed(plain)
    if not _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE:
        raise errors.NoPhoneNumber
    who = blind_index("phone", plain)
    _refuse_floods(Way.TEXT, who, place)
    bearers = people.by_phone(PLAYBOOK, plain).values_list("id", flat=True)
    return Challenge.objects.create(
        way=Way.TEXT,
        who_index=who,
        from_index=_from(place),
        candidates=list(bearers[: rules.MOST_TRIES]),
        language=language,
        asked_at=now(),
        expires_at=now() + rules.CODE_LASTS,
    )


def send_code(actor: Actor, challenge_id: UUID) -> bool:
    """Make the code and send it; whether anybody was written to. By the worker, safe to repeat.

    The code is made here, so it stands in no job and no table. Raises `gateway.Unreachable`.
    """
    challenge = Challenge.objects.filter(id=challenge_id, used_at=None, digest=None).first()
    if challenge is None or challenge.expires_at <= now() or not challenge.candidates:
        return False
    phones = people.phones_of(PLAYBOOK, challenge.candidates)
    phone = next(iter(phones.values()), None)
    door = gateway.chosen()
    if phone is None or (door is None and settings.MODE != "demo"):
        return False
    code = rules.code()
    challenge.digest = _digest(challenge.id, code)
    if door is None:
        challenge.shown = code
    else:
        words = _words(code, challenge.language)
        door.send([gateway.Text(id=new_id(), to=phone.reveal(), words=words)])
    challenge.save(update_fields=["digest", "shown"])
    return True


def _words(code: str, language: str) -> str:
    with translation.override(language or settings.LANGUAGE_CODE):
        exercise = _("[EXERCISE]") if clock.moved() else ""
        minutes = int(rules.CODE_LASTS.total_seconds() // 60)
        return exercise + _(
            "%(code)s is your code for your own page, good for %(minutes)d minutes. Nobody who "
            "works here ever asks you for it. If you did not ask, do nothing."
        ) % {"code": code, "minutes": minutes}


def _words_of_entry(language: str) -> str:
    with translation.override(language or settings.LANGUAGE_CODE):
        exercise = _("[EXERCISE]") if clock.moved() else ""
        return exercise + _(
            "Somebody opened your own page with your card. If it was not you or yours, call your "
            "community: they withdraw the card and close the page."
        )


# Coming in


def sign_in_with_code(
    actor: Actor,
    challenge_id: UUID,
    *,
    code: str = "",
    birth_date: date | None = None,
    device: str = Session.Device.OTHER,
) -> Entry:
    """Raises `WrongEntry`, `CodeIsOver`, and `WhoOfYou` where several people have the phone."""
    with transaction.atomic():
        challenge = Challenge.objects.select_for_update().filter(
            id=challenge_id, way=Way.TEXT
        ).first()  # fmt: skip
        if challenge is None or not _is_good(challenge):
            raise errors.CodeIsOver
        if challenge.proved_at is None and _fits(challenge, code):
            challenge.proved_at = now()
            challenge.save(update_fields=["proved_at"])
        if challenge.proved_at is not None:
            found = _who(challenge.candidates, birth_date)
            if len(found) == 1:
                return _enter(actor, challenge, found[0], device)
            if birth_date is None:
                several = bool(found)
            else:
                several = False
                _wrong(actor, challenge)
        else:
            several = False
            _wrong(actor, challenge)
    raise errors.WhoOfYou if several else errors.WrongEntry


def sign_in_with_card(
    actor: Actor,
    text: str,
    birth_date: date,
    *,
    place: str,
    device: str = Session.Device.OTHER,
    language: str = "",
) -> Entry:
    """By the code on a card or the number that is said, with the birth date: without a phone.

    Whoever has a phone in the register is told there that it happened.
    """
    signs = half_width(text).strip()
    number = read_code(_CARD, signs)
    who = blind_index("code", str(number) if number is not None else signs)
    with transaction.atomic():
        _refuse_floods(Way.CARD, who, place)
        challenge = Challenge.objects.create(
            way=Way.CARD,
            who_index=who,
            from_index=_from(place),
            language=language,
            asked_at=now(),
            expires_at=now() + rules.CODE_LASTS,
        )
        [named] = people.resolve(PLAYBOOK, [PersonRef(code=signs)])
        candidates = [named.resident_id] if named.resident_id and not named.trouble else []
        found = _who(candidates, birth_date, must_be_said=True)
        if found:
            return _enter(actor, challenge, found[0], device)
        _wrong(actor, challenge)
    raise errors.WrongEntry


def tell_of_entry(actor: Actor, session_id: UUID, language: str = "") -> bool:
    """Write to the phone in the register that somebody came in with a card. By the worker."""
    session = Session.objects.filter(id=session_id, way=Way.CARD).first()
    door = gateway.chosen()
    if session is None or door is None:
        return False
    phone = people.phones_of(PLAYBOOK, [session.resident_id]).get(session.resident_id)
    if phone is None:
        return False
    words = _words_of_entry(language)
    door.send([gateway.Text(id=session.id, to=phone.reveal(), words=words)])
    return True


def _enter(actor: Actor, challenge: Challenge, who: UUID, device: str) -> Entry:
    moment = now()
    challenge.used_at, challenge.digest, challenge.shown = moment, None, None
    challenge.save(update_fields=["used_at", "digest", "shown"])
    person = people.get_resident(PLAYBOOK, who)
    secret = secrets.token_urlsafe(32)
    session = Session.objects.create(
        resident=person,
        area_path=person.area_path,
        digest=rules.digest(secret),
        way=challenge.way,
        device=device if device in Session.Device.values else Session.Device.OTHER,
        began_at=moment,
        seen_at=moment,
        expires_at=moment + rules.LONGEST,
    )
    record(
        SignedIn(
            subject_id=person.id,
            area_path=person.area_path,
            session_id=session.id,
            way=session.way,
            device=session.device,
        ),
        actor=actors.resident(person.id, person.area_path),
    )
    return Entry(session=session, secret=secret)


def _is_good(challenge: Challenge) -> bool:
    return (
        challenge.used_at is None
        and challenge.expires_at > now()
        and challenge.tries < rules.MOST_TRIES
    )


def _fits(challenge: Challenge, code: str) -> bool:
    """Compared also where there is no code, in the same time."""
    expected = bytes(challenge.digest) if challenge.digest else secrets.token_bytes(32)
    given = rules.typed(code)
    return hmac.compare_digest(expected, _digest(challenge.id, given)) and bool(challenge.digest)


def _digest(challenge_id: UUID, code: str) -> bytes:
    return salted_hmac(
        "fangxian.resident.code", f"{challenge_id}:{code}", algorithm="sha256"
    ).digest()


def _who(
    candidates: Sequence[UUID], birth_date: date | None, *, must_be_said: bool = False
) -> list[UUID]:
    """Which of these people it is; all of them while nobody has said a birth date."""
    known = people.residents_visible_to(PLAYBOOK).filter(id__in=list(candidates))
    if birth_date is None and (must_be_said or not candidates):
        return []
    if birth_date is not None and (must_be_said or len(candidates) > 1):
        known = known.filter(birth_date=birth_date)
    found = list(known.order_by("id").values_list("id", flat=True))
    return found if birth_date is None or len(found) == 1 else []


def _wrong(actor: Actor, challenge: Challenge) -> None:
    """One more wrong entry; at the last one of a day the number is locked, and that is told."""
    challenge.tries += 1
    challenge.last_wrong_at = now()
    challenge.save(update_fields=["tries", "last_wrong_at"])
    tries = _lately(bytes(challenge.who_index)).aggregate(n=Sum("tries"))["n"] or 0
    if tries == rules.LOCKED_AFTER:
        record(
            SignInLocked(subject_id=challenge.id, area_path="", tries=tries, way=challenge.way),
            actor=actor,
        )


# Not too often


def _refuse_floods(way: str, who: bytes, place: str) -> None:
    """Counted by rows under a lock, so that many at once are not counted as one."""
    moment = now()
    with connection.cursor() as cursor:
        for key in sorted([who, _from(place)]):
            number = int.from_bytes(key[:8], signed=True)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    asked = _lately(who).filter(way=way)
    ways_out = [
        _over(asked.filter(asked_at__gt=moment - rules.DAY), rules.MOST_A_DAY, rules.DAY),
        _over(asked.filter(asked_at__gt=moment - rules.HOUR), rules.MOST_AN_HOUR, rules.HOUR),
        _locked_until(who),
        _from_one_place(place),
    ]
    if way == Way.TEXT:
        ways_out.append(_over(asked.filter(asked_at__gt=moment - rules.APART), 1, rules.APART))
    if until := max((one for one in ways_out if one is not None), default=None):
        raise errors.AskedTooOften(max(1, math.ceil((until - moment).total_seconds() / 60)))


def _lately(who: bytes) -> QuerySet[Challenge]:
    return Challenge.objects.filter(who_index=who, asked_at__gt=now() - rules.DAY)


def _over(rows: QuerySet[Challenge], most: int, span: object) -> datetime | None:
    """When there is room again; None if there is."""
    times = list(rows.order_by("-asked_at").values_list("asked_at", flat=True)[:most])
    return times[-1] + span if len(times) == most else None  # type: ignore[operator]


def _locked_until(who: bytes) -> datetime | None:
    found = _lately(who).aggregate(n=Sum("tries"), last=Max("last_wrong_at"))
    if (found["n"] or 0) < rules.LOCKED_AFTER:
        return None
    until: datetime = found["last"] + rules.HOUR
    return until if until > now() else None


def _from_one_place(place: str) -> datetime | None:
    since = now() - rules.ONE_PLACE
    rows = Challenge.objects.filter(from_index=_from(place), asked_at__gt=since)
    many = _over(rows, rules.MOST_FROM_ONE_PLACE, rules.ONE_PLACE)
    wrong = rows.aggregate(n=Sum("tries"))["n"] or 0
    return many or (now() + rules.ONE_PLACE if wrong >= rules.MOST_WRONG_FROM_ONE_PLACE else None)


def _from(place: str) -> bytes:
    """Of the day, so that nobody's ways are told from it."""
    return salted_hmac(
        "fangxian.resident.place", f"{today():%Y%m%d}:{place}", algorithm="sha256"
    ).digest()[:16]


# Sessions


@transaction.atomic
def recognise(actor: Actor, secret: str) -> Session | None:
    """The session behind a cookie, with whose it is, if it is still open; notes that it is used."""
    found = (
        Session.objects.select_related("resident", "on_behalf")
        .filter(digest=rules.digest(secret), ended_at=None)
        .first()
    )
    moment = now()
    if found is None or found.expires_at <= moment or found.seen_at <= moment - rules.IDLE:
        return None
    if found.resident.merged_into_id is not None:
        return None  # two records became one: whoever it is signs in to the one that was kept
    if found.on_behalf_id and not queries.cares_for(actor, found.resident_id, found.on_behalf_id):
        found.on_behalf = None
        found.save(update_fields=["on_behalf"])
    if found.seen_at <= moment - rules.TOUCH:
        found.seen_at = moment
        found.save(update_fields=["seen_at"])
    return found


def end_session(actor: Actor, session_id: UUID, *, end: str = Session.End.SIGNED_OUT) -> None:
    """Close one of one's own, on this device or another. Safe to repeat."""
    with transaction.atomic():
        rows = Session.objects.select_for_update().filter(resident=actor.id, id=session_id)
        session = rows.first()
        if session is None:
            raise errors.NobodyHere
        _close([session], end, actor)


@transaction.atomic
def end_all_sessions(actor: Actor, *, but: UUID | None = None) -> int:
    """Close all of one's own, except the one in hand; how many."""
    rows = Session.objects.select_for_update().filter(resident=actor.id, ended_at=None)
    open_ones = list(rows.exclude(id=but or UUID(int=0)).order_by("id"))
    _close(open_ones, Session.End.ELSEWHERE, actor)
    return len(open_ones)


@transaction.atomic
def close_for(actor: Actor, resident_id: UUID) -> int:
    """Close every open page of somebody who says on the line that it is not them; how many."""
    person = people.get_resident(actor, resident_id)
    if not any(actor.may(duty, at=person.area_path) for duty in _OFFICES):
        raise NotYours(str(_OFFICES[0].label))
    rows = Session.objects.select_for_update().filter(resident=person.id, ended_at=None)
    open_ones = list(rows.order_by("id"))
    _close(open_ones, Session.End.OFFICE, actor)
    return len(open_ones)


_OFFICES = (Duty.ANSWER_CALLS, Duty.KEEP_REGISTER)


def _close(sessions: Sequence[Session], end: str, actor: Actor) -> None:
    for session in sessions:
        if session.ended_at is not None:
            continue
        session.ended_at, session.end = now(), Session.End(end)
        session.save(update_fields=["ended_at", "end"])
        record(
            SessionEnded(
                subject_id=session.resident_id,
                area_path=session.area_path,
                session_id=session.id,
                end=end,
            ),
            actor=actor,
        )


@transaction.atomic
def turn_to(actor: Actor, session_id: UUID, person_id: UUID) -> Session:
    """Open the page of somebody one acts for, or one's own again. The other can see that it was."""
    session = Session.objects.select_for_update().filter(
        id=session_id, resident=actor.id, ended_at=None
    ).first()  # fmt: skip
    if session is None:
        raise errors.NobodyHere
    if person_id == actor.id:
        session.on_behalf = None
    else:
        others = {one.id: one for one in queries.people_of(actor, actor.id)}
        if person_id not in others:
            raise errors.NobodyHere
        session.on_behalf_id = person_id
        record(
            OpenedOnBehalf(subject_id=person_id, area_path=others[person_id].area_path),
            actor=actor,
        )
    session.save(update_fields=["on_behalf"])
    return session


def forget_sign_ins(actor: Actor, before: datetime) -> Gone:
    """Delete what is known of sign-ins before then; the ledger keeps that they were."""
    gone = delete_all(Challenge.objects.filter(asked_at__lt=min(before, now() - rules.DAY)))
    return gone.and_then(delete_all(Session.objects.filter(began_at__lt=before)))


def close_old_sessions(actor: Actor) -> int:
    """Close what was not used for a while, or was open for as long as may be. By the worker."""
    closed = 0
    with transaction.atomic():
        rows = Session.objects.select_for_update(skip_locked=True).filter(ended_at=None)
        for limit, end in (
            ({"expires_at__lte": now()}, Session.End.LONGEST),
            ({"seen_at__lte": now() - rules.IDLE}, Session.End.IDLE),
        ):
            due = list(rows.filter(**limit).order_by("id")[:500])
            _close(due, end, actor)
            closed += len(due)
    return closed
