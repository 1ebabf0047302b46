"""Text messages: who gets one, and sending them. The words are one notice, in both languages."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fangxian.kernel import clock
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.people import gateway
from fangxian.people.queries import phones_of
from fangxian.screening import follow_ups, queries
from fangxian.screening.events import MessagesQueued
from fangxian.screening.follow_ups import Because
from fangxian.screening.models import Campaign, Channel, FollowUp, TextMessage

NO_PHONE = gettext_noop("no phone number is known")
NO_GATEWAY = gettext_noop("this house sends no text messages")
_CLAIM_LASTS = timedelta(minutes=5)


@transaction.atomic
def queue_messages(actor: Actor, campaign_id: UUID, *, because: Because = None) -> int:
    """One message to everybody who is still to be reached and had none yet; how many.

    Nothing where the campaign does not ask by text message.
    """
    campaign = queries.get_campaign(actor, campaign_id)
    actor.must(Duty.INVESTIGATE, at=campaign.area_path)
    if Channel.MESSAGE not in campaign.channels or not campaign.open:
        return 0
    follow_ups.lock(campaign)
    had = TextMessage.objects.filter(follow_up=OuterRef("id"))
    people = FollowUp.objects.filter(
        ~Exists(had), campaign=campaign, state=FollowUp.State.TO_REACH
    ).values_list("id", flat=True)
    at = now()
    queued = TextMessage.objects.bulk_create(
        [TextMessage(follow_up_id=one, campaign=campaign, queued_at=at) for one in people],
        batch_size=2000,
    )
    if queued:
        record(
            MessagesQueued(
                subject_id=campaign.id,
                area_path=campaign.area_path,
                pack=campaign.pack,
                code=campaign.code,
                number=len(queued),
            ),
            actor=actor,
            because=because,
        )
    return len(queued)


def send_messages(actor: Actor, *, at_most: int = 200) -> int:
    """Send what waits, through the gateway of this installation; how many went out.

    Each is claimed before it is sent. After a break those that were claimed go again under the same
    id, which tells the gateway that it is the same message. Raises `gateway.Unreachable`.
    """
    actor.must(Duty.INVESTIGATE)
    claimed = _claim(at_most)
    if not claimed:
        return 0
    door = gateway.chosen()
    if door is None:
        _settle({one.id: NO_GATEWAY for one in claimed}, [])
        return 0
    phones = phones_of(PLAYBOOK, [one.follow_up.resident_id for one in claimed])
    campaigns = Campaign.objects.in_bulk({one.campaign_id for one in claimed})
    words = {one.id: words_of(one) for one in campaigns.values()}
    texts = [
        gateway.Text(id=one.id, to=phone.reveal(), words=words[one.campaign_id])
        for one in claimed
        if (phone := phones.get(one.follow_up.resident_id))
    ]
    troubles = {one.id: NO_PHONE for one in claimed if one.follow_up.resident_id not in phones}
    try:
        troubles |= door.send(texts) if texts else {}
    except gateway.Unreachable:
        TextMessage.objects.filter(id__in=[one.id for one in claimed]).update(claimed_at=None)
        raise
    sent = [text.id for text in texts if text.id not in troubles]
    _settle(troubles, sent)
    return len(sent)


def _claim(at_most: int) -> list[TextMessage]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE screening_textmessage SET claimed_at = %s WHERE id IN ("
            " SELECT id FROM screening_textmessage WHERE state = 'waiting'"
            " AND (claimed_at IS NULL OR claimed_at < %s)"
            " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id",
            [now(), now() - _CLAIM_LASTS, at_most],
        )
        ids = [one for (one,) in cursor.fetchall()]
    return list(TextMessage.objects.filter(id__in=ids).select_related("follow_up").order_by("id"))


@transaction.atomic
def _settle(troubles: Mapping[UUID, str], sent: list[UUID]) -> None:
    state = TextMessage.State
    TextMessage.objects.filter(id__in=sent).update(state=state.SENT, sent_at=now())
    for trouble in set(troubles.values()):
        failed = [one for one, what in troubles.items() if what == trouble]
        TextMessage.objects.filter(id__in=failed).update(state=state.FAILED, trouble=trouble[:120])


def words_of(campaign: Campaign) -> str:
    """The notice: what it is about, what to do, what it is not. In Chinese, then in English."""
    link = f"{settings.PUBLIC_ADDRESS}/screening/declare/{campaign.code}"
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            words = _(
                "If you were in %(place)s since %(since)s, please say so at %(link)s or to your"
                " community. Who was not may say so, too. We never ask for money or passwords."
            ) % {"place": campaign.place_said, "since": f"{campaign.since:%Y-%m-%d}", "link": link}
            said.append((_("[EXERCISE]") if clock.moved() else "") + words)
    return " ".join(said)
