"""What the database itself refuses, each by the name of its constraint."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.screening import handing
from fangxian.screening.models import (
    Campaign,
    ColumnMap,
    FollowUp,
    HandOver,
    InboundList,
    Mention,
    RiskElsewhere,
    TextMessage,
    Trip,
)
from fangxian.screening.tests import make

pytestmark = pytest.mark.django_db
Setting = dict[str, Any]


def refuses(constraint: str, change: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        change()


@pytest.fixture
def followed() -> FollowUp:
    make.risk()
    campaign = make.campaign()
    make.inbound(campaign, make.row())
    return make.only(campaign)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("campaign_names_its_ground", {"place_said": ""}),
        ("campaign_ends_after_it_begins", {"ends_at": F("begun_at")}),
        ("campaign_asks_by_known_channels", {"channels": []}),
        ("campaign_asks_by_known_channels", {"channels": ["pigeon"]}),
        ("campaign_ended_says_why", {"ended_at": F("begun_at")}),
    ],
)
def test_campaigns(followed: FollowUp, constraint: str, change: Setting) -> None:
    refuses(constraint, lambda: Campaign.objects.update(**change))


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("inbound_list_counts_every_row_once", {"rows_read": 7}),
        ("inbound_list_keeps_no_upload_after_its_end", {"ended_at": None}),
        ("inbound_list_is_refused_for_a_reason", {"state": "refused"}),
    ],
)
def test_lists(followed: FollowUp, constraint: str, change: Setting) -> None:
    refuses(constraint, lambda: InboundList.objects.update(**change))


def test_a_sender_has_one_map() -> None:
    ColumnMap.objects.create(sender="西宁站", columns={}, set_by=new_id())

    refuses(
        "sender_has_one_map",
        lambda: ColumnMap.objects.create(sender="西宁站", columns={}, set_by=new_id()),
    )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("follow_up_closed_says_when_and_why", {"state": "closed"}),
        ("follow_up_closed_says_when_and_why", {"close_reason": "dead"}),
        ("follow_up_restricts_only_who_was_reached", {"state": "under_measure"}),
        ("follow_up_forgets_only_what_is_closed", {"forget_at": F("found_at")}),
        ("follow_up_was_named_at_least_once", {"times": 0}),
    ],
)
def test_people(followed: FollowUp, constraint: str, change: Setting) -> None:
    refuses(constraint, lambda: FollowUp.objects.update(**change))


def test_a_person_stands_once_in_a_campaign(followed: FollowUp) -> None:
    refuses(
        "follow_up_is_one_a_person_and_campaign",
        lambda: FollowUp.objects.create(
            number=999, campaign=followed.campaign, resident_id=followed.resident_id,
            area_path="1/", due_at=now(),
        ),
    )  # fmt: skip


def test_what_was_said_stands_once(followed: FollowUp) -> None:
    said = Mention.objects.get()

    refuses(
        "mention_is_said_once",
        lambda: Mention.objects.create(
            campaign=said.campaign, follow_up=followed, kind="told", digest=said.digest
        ),
    )
    refuses("mention_of_a_list_names_its_line", lambda: Mention.objects.update(line=None))


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("trip_ends_no_earlier_than_it_begins", {"until_day": date(2022, 1, 1)}),
        ("trip_at_risk_names_level_and_day", {"left_on": None}),
        ("trip_at_risk_names_level_and_day", {"level": ""}),
        ("trip_names_a_place", {"place_said": ""}),
    ],
)
def test_stays(followed: FollowUp, constraint: str, change: Setting) -> None:
    refuses(constraint, lambda: Trip.objects.update(**change))


def test_messages(followed: FollowUp) -> None:
    def message() -> TextMessage:
        return TextMessage.objects.create(follow_up=followed, campaign=followed.campaign)

    message()

    refuses("message_waits_once_a_person", message)
    says = "message_sent_says_when_and_failed_says_why"
    refuses(says, lambda: TextMessage.objects.update(state="sent"))
    refuses(says, lambda: TextMessage.objects.update(state="failed"))


def test_hand_overs(followed: FollowUp) -> None:
    letter = handing.hand_over(make.INVESTIGATOR_ZHAO, followed.id, other="碑林区", why="moved")
    rows = HandOver.objects.filter(id=letter.id)
    answered = {"answered_at": now() + timedelta(hours=1)}

    refuses(
        "hand_over_is_open_once_a_person",
        lambda: HandOver.objects.create(
            number=99, follow_up=followed, direction="out", other="x", why="y", sent_by=new_id(),
            due_at=now(),
        ),
    )  # fmt: skip
    refuses("hand_over_answered_says_when", lambda: rows.update(state="received", receipt="1"))
    refuses("hand_over_refused_says_why", lambda: rows.update(state="refused", **answered))
    refuses("hand_over_received_has_a_receipt", lambda: rows.update(state="received", **answered))
    refuses("hand_over_names_the_other_side", lambda: rows.update(other=""))


def test_risk_elsewhere(followed: FollowUp) -> None:
    known = RiskElsewhere.objects.get()

    refuses(
        "risk_elsewhere_is_noted_once",
        lambda: RiskElsewhere.objects.create(
            place=known.place, level=known.level, from_day=known.from_day, source="x",
            noted_by=new_id(),
        ),
    )  # fmt: skip
    refuses("risk_elsewhere_names_its_source", lambda: RiskElsewhere.objects.update(source=""))
    refuses(
        "risk_elsewhere_ends_no_earlier_than_it_begins",
        lambda: RiskElsewhere.objects.update(until_day=date(2022, 1, 1)),
    )
