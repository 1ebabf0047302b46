"""Handing somebody to another district, or taking them over from one: letter, clock, receipt."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.areas.queries import names_of
from fangxian.kernel import clock, paper
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.ledger import record
from fangxian.people.actions import unmask
from fangxian.people.queries import get_resident
from fangxian.people.rules import RESIDENT_CARD
from fangxian.screening import errors, follow_ups, queries, rules
from fangxian.screening.columns import fault_of
from fangxian.screening.events import (
    HandedOver,
    HandOverAsked,
    HandOverReceived,
    HandOverRefused,
    LetterPrinted,
)
from fangxian.screening.follow_ups import Because, Named, limit, of_person
from fangxian.screening.models import FollowUp, HandOver, Mention
from fangxian.screening.persons import Particulars, identify
from fangxian.screening.places import Places
from fangxian.screening.rules import Stay

State, Reason = FollowUp.State, FollowUp.CloseReason
_KEPT = ("name", "identity", "phone")


@transaction.atomic
def hand_over(
    actor: Actor, follow_up_id: UUID, *, other: str, why: str, because: Because = None
) -> HandOver:
    """Hand somebody to another district. They stay ours until its receipt is there."""
    follow_up = queries.get_follow_up(actor, follow_up_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=follow_up.area_path)
    if follow_up.state == State.CLOSED:
        raise errors.FollowUpIsClosed(follow_up.code)
    if follow_up.state == State.UNDER_MEASURE:
        raise errors.UnderMeasure(follow_up.code)
    if follow_up.hand_overs.filter(state=HandOver.State.SENT).exists():
        raise errors.AlreadyHandedOver(follow_up.code)
    if not other.strip() or not why.strip():
        raise errors.ReasonNeeded
    due = now() + limit("coordination.other_region_data", follow_up.area_path)
    letter = HandOver.objects.create(
        number=follow_ups.numbers("hand_over", 1)[0],
        follow_up=follow_up,
        direction=HandOver.Direction.OUT,
        other=other.strip(),
        why=why.strip(),
        sent_by=actor.id,
        due_at=due,
    )
    was_to_reach = follow_up.state == State.TO_REACH
    follow_ups.move(follow_up, State.HANDED_OVER, due_at=due)
    event = record(
        HandedOver(**of_person(follow_up), letter=letter.code, due_at=due),
        actor=actor,
        because=because or queries.last_event_of(PLAYBOOK, follow_up.id),
    )
    if was_to_reach:
        follow_ups.tell_if_everybody_is_reached(
            actor, follow_up.campaign, follow_up.post_path, because=event
        )
    return letter


@transaction.atomic
def take_over(
    actor: Actor,
    campaign_id: UUID,
    *,
    other: str,
    why: str,
    name: str,
    identity: str = "",
    phone: str = "",
    area_path: str = "",
    place: str = "",
    from_day: date | None = None,
    until_day: date | None = None,
) -> HandOver:
    """Another district asks us to see to somebody. The clock runs until we accept or refuse."""
    campaign = queries.get_campaign(actor, campaign_id)
    where = area_path or campaign.area_path
    actor.must(Duty.INVESTIGATE, at=where)
    if not campaign.open:
        raise errors.CampaignIsOver(campaign.code)
    if not (identity.strip() or phone.strip()):
        raise errors.WhoMissing
    if not other.strip() or not why.strip():
        raise errors.ReasonNeeded
    who = Particulars(name=name, identity=identity, phone=phone, area_path=where)
    [found] = identify([who], at=now())
    if found is None:
        raise errors.WhoMissing
    resident, home = found
    last = until_day or from_day or today()
    stays = (Stay(place.strip(), from_day or last, last),) if place.strip() else ()
    if stays and (fault := fault_of(stays[0].from_day, last, today=today())):
        raise errors.StayWrong(fault)
    taken = follow_ups.enter(
        campaign,
        [
            Named(
                resident_id=resident,
                area_path=home,
                kind=Mention.Kind.ASKED,
                digest=rules.say_again("asked", other.strip(), resident, stays),
                stays=stays,
            )
        ],
        places=Places(campaign),
    )
    follow_up = taken.of[resident]
    waiting = follow_up.hand_overs.filter(state=HandOver.State.SENT).first()
    if waiting:
        return waiting
    if follow_up.state == State.CLOSED:
        follow_ups.open_again(actor, follow_up, because=None)
    due = now() + limit("coordination.landed_check", where)
    letter = HandOver.objects.create(
        number=follow_ups.numbers("hand_over", 1)[0],
        follow_up=follow_up,
        direction=HandOver.Direction.IN,
        other=other.strip(),
        why=why.strip(),
        sent_by=actor.id,
        due_at=due,
    )
    event = record(
        HandOverAsked(**of_person(follow_up), letter=letter.code, due_at=due), actor=actor
    )
    follow_ups.tell_posts(actor, campaign, taken.fresh, because=event)
    return letter


@transaction.atomic
def answer_hand_over(
    actor: Actor, hand_over_id: UUID, *, receipt: str = "", refusal: str = ""
) -> HandOver:
    """Note the answer: received, with a receipt, or refused, with a reason. One of the two.

    Out: received ends our part; refused, the person is ours again. In: received, they are ours;
    refused, they are closed and the other district is told why.
    """
    letter = queries.get_hand_over(actor, hand_over_id, for_change=True)
    follow_up = queries.get_follow_up(actor, letter.follow_up_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=follow_up.area_path)
    if letter.state != HandOver.State.SENT:
        raise errors.HandOverIsAnswered(letter.code)
    if bool(receipt.strip()) == bool(refusal.strip()):
        raise errors.ReceiptMissing
    letter.state = HandOver.State.REFUSED if refusal.strip() else HandOver.State.RECEIVED
    letter.receipt, letter.refusal = receipt.strip(), refusal.strip()
    letter.answered_at, letter.answered_by = now(), actor.id
    letter.save()
    fact = HandOverRefused if letter.refusal else HandOverReceived
    event = record(
        fact(**of_person(follow_up), letter=letter.code),
        actor=actor,
        because=queries.last_event_of(PLAYBOOK, follow_up.id),
    )
    ours = (letter.direction == HandOver.Direction.IN) == bool(letter.receipt)
    if not ours:
        reason = (
            Reason.TAKEN_OVER if letter.direction == HandOver.Direction.OUT else Reason.NOT_FOUND
        )
        if follow_up.state != State.CLOSED:
            follow_ups.close(actor, follow_up, reason, note=letter.refusal[:200], because=event)
    elif letter.direction == HandOver.Direction.OUT:
        due = now() + limit("coordination.landed_check", follow_up.area_path)
        follow_ups.move(follow_up, State.TO_REACH, due_at=due)
        follow_ups.judge(actor, follow_up, because=event)
    return letter


@transaction.atomic
def print_letter(actor: Actor, hand_over_id: UUID) -> bytes:
    """The letter as PDF. Who may unmask gets it with name and numbers, each on record; for others
    they stay masked and follow on a way of their own.
    """
    letter = queries.get_hand_over(actor, hand_over_id)
    follow_up = letter.follow_up
    actor.must(Duty.INVESTIGATE, at=follow_up.area_path)
    person = get_resident(PLAYBOOK, follow_up.resident_id)
    plain = actor.may(Duty.UNMASK, at=person.area_path)
    shown = {}
    for field in _KEPT:
        held = getattr(person, field)
        shown[field] = (
            unmask(
                actor, person.id, field=field, purpose=_("letter %(code)s") % {"code": letter.code}
            )
            if plain and held
            else str(held or "—")
        )
    record(LetterPrinted(**of_person(follow_up), letter=letter.code), actor=actor)
    return paper.page("screening/letter.typ", _letter(letter, shown, plain=plain))


def _letter(letter: HandOver, shown: dict[str, str], *, plain: bool) -> dict[str, object]:
    follow_up = letter.follow_up
    out = letter.direction == HandOver.Direction.OUT
    places = names_of(PLAYBOOK, [follow_up.area_path])
    card = follow_up.resident.identity_type == RESIDENT_CARD
    answer = ""
    if letter.state == HandOver.State.RECEIVED:
        answer = _("Received: %(receipt)s") % {"receipt": letter.receipt}
    elif letter.state == HandOver.State.REFUSED:
        answer = _("Refused: %(reason)s") % {"reason": letter.refusal}
    return {
        "exercise": clock.moved(),
        "code": letter.code,
        "to": letter.other if out else "",
        "from": "" if out else letter.other,
        "rows": [
            [_("Name"), shown["name"]],
            [_("Identity card") if card else _("Document"), shown["identity"]],
            [_("Phone"), shown["phone"]],
            [_("Lives at"), places[follow_up.area_path]],
            *[
                [
                    _("Was at"),
                    f"{trip.place_said} {trip.from_day} — {trip.until_day} {trip.how}",
                ]
                for trip in follow_up.trips.order_by("from_day", "id")
            ],
        ],
        "why": letter.why,
        "answer": answer,
        "answered": f"{localtime(letter.answered_at):%Y-%m-%d %H:%M}" if letter.answered_at else "",
        "words": {
            "exercise": _("EXERCISE"),
            "title": _("Request for follow-up of a person") if out else _("Answer to a request"),
            "to": _("To"),
            "from": _("From"),
            "number": _("Number"),
            "why": _("Why"),
            "asks": _(
                "Please check on the spot by %(due)s, send the receipt below, or refuse with the"
                " reason."
            )
            % {"due": f"{localtime(letter.due_at):%Y-%m-%d %H:%M}"}
            if out
            else "",
            "masked": ""
            if plain
            else _("Name and numbers are masked here and follow on a way of their own."),
            "receipt": _("Receipt: received by, office, date, or reason of refusal"),
            "data": _(
                "Only for following this person up; to be deleted when that is done (Personal"
                " Information Protection Law, article 47)."
            ),
            "printed": _("Printed %(when)s") % {"when": f"{localtime(now()):%Y-%m-%d %H:%M}"},
        },
    }
