"""What residents ask for: help, an answer, a look at a decision, and care at once."""

from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.care.actions import request_transfer
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.measures.actions import object_to_order
from fangxian.people import queries as people
from fangxian.people.rules import normal_phone
from fangxian.requests.actions import confirm_done, raise_request, reopen, score, withdraw
from fangxian.resident import actors, errors, queries
from fangxian.status.actions import object_to_status
from fangxian.workforce.actions import put_on_board

_CHANNEL = "page"


def call_for_emergency(
    actor: Actor,
    *,
    what: str,
    words: str = "",
    phone: str = "",
    area_path: str = "",
    person_id: UUID | None = None,
    myself: bool = False,
    id: UUID | None = None,  # noqa: A002 - the name by which a form names what it sends
) -> str:
    """Care at once, for oneself or anybody, signed in or not; the number of the journey.

    Never refused and never asked for proof. Whoever says “for myself” from a phone that one person
    of the register has is taken to be that person, so that their needs are at hand; nothing of them
    is told on the page.

    actor   `PLAYBOOK` where nobody is signed in
    """
    path, who = area_path, person_id
    if who is None and myself and (found := _bearer(phone)) is not None:
        who, path = found
    transfer = request_transfer(
        actor,
        who,
        area_path=path,
        what=what,
        channel="resident",
        by_phone=phone,
        words=words,
        id=id,
    )
    return transfer.code


def _bearer(phone: str) -> tuple[UUID, str] | None:
    plain = normal_phone(phone)
    found = list(people.by_phone(PLAYBOOK, plain)[:2]) if plain else []
    return (found[0].id, found[0].area_path) if len(found) == 1 else None


@transaction.atomic
def ask_for_help(
    actor: Actor,
    person_id: UUID,
    *,
    words: str,
    category: str,
    urgency: str = "ordinary",
    phone: str = "",
    board: bool = False,
    id: UUID | None = None,  # noqa: A002
) -> UUID:
    """A request by or for the person, from their own page; its id.

    board   neighbours and units may take it, too: its words go on the claim board, at the community
            and without a name
    """
    person = people.get_resident(actor, person_id)
    if not words.strip():
        raise errors.SayMore
    request = raise_request(
        actor,
        words=words,
        category=category,
        urgency=urgency,
        area_path=person.area_path,
        resident_id=person.id,
        by=phone,
        channel=_CHANNEL,
        id=id,
    )
    if board:
        put_on_board(
            actors.lent(actor, Duty.KEEP_ROSTER),
            kind="wish",
            words=words,
            area_path=queries.community_of(actor, person.area_path),
            about=request.id,
        )
    return request.id


def judge_request(
    actor: Actor, person_id: UUID, request_id: UUID, *, stars: int, words: str = ""
) -> None:
    """It is done, and how well. Of one that was closed already, how well alone."""
    request = queries.own_request(actor, person_id, request_id)
    asker = _asker(actor, person_id, request)
    if request.state == "closed":
        score(asker, request.id, score=stars, words=words)
    else:
        confirm_done(asker, request.id, solved=True, score=stars, words=words)


def reopen_request(actor: Actor, person_id: UUID, request_id: UUID, *, why: str) -> None:
    """It is not done after all; the unit that led has it again, and the level above sees it."""
    request = queries.own_request(actor, person_id, request_id)
    reopen(_asker(actor, person_id, request), request.id, why=why)


def withdraw_request(actor: Actor, person_id: UUID, request_id: UUID) -> None:
    """It is no longer needed."""
    request = queries.own_request(actor, person_id, request_id)
    withdraw(_asker(actor, person_id, request), request.id)


def _asker(actor: Actor, person_id: UUID, request: Any) -> Actor:
    """Whoever acts for a person speaks for them about what was asked on the line, too."""
    if actor.id in (request.raised_by, request.resident_id):
        return actor
    return actors.resident(person_id, actor.within)


@transaction.atomic
def object_to(actor: Actor, person_id: UUID, kind: str, ground: UUID, *, text: str) -> None:
    """Say that an order or a risk area does not hold. It must bind the person now.

    Filed again while one is open, it stays as it is. Somebody else than decided it decides.
    """
    if not text.strip():
        raise errors.SayMore
    binding = next(
        (
            one
            for one in queries.what_binds(actor, person_id)
            if (one.kind, one.id) == (kind, ground)
        ),
        None,
    )
    if binding is None or kind == "hold":
        raise errors.NobodyHere
    if kind == "order":
        object_to_order(actors.lent(actor, Duty.CARRY_OUT), ground, text=text[:2000])
    else:
        object_to_status(actors.lent(actor, Duty.SEE_REGISTER), person_id, ground, text=text[:2000])
