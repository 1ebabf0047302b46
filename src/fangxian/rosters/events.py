"""What happens to posts and to those who fill them. Ids, codes and numbers, never names."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.rosters.models import Post, Proposal, Swap, Turn

_WORDS: dict[str, type[TextChoices]] = {
    "post": Post.Kind,
    "way": Turn.Way,
    "answer": Swap.State,
    "decision": Proposal.State,
}

# Posts: the subject is the post, or, of many at once, the first of them.


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOpened(Fact):
    sentence: ClassVar = _("Post {code} was opened in {area}: {post}")
    words: ClassVar = _WORDS
    icon: ClassVar = "pin"

    code: str
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostsOpened(Fact):
    sentence: ClassVar = _("{posts} posts were opened in {area}")
    icon: ClassVar = "pin"

    posts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostClosed(Fact):
    sentence: ClassVar = _("Post {code} was closed: {post}")
    words: ClassVar = _WORDS
    icon: ClassVar = "pin"

    code: str
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNeedStated(Fact):
    """The subject is the post."""

    sentence: ClassVar = _("Post {code} needs {headcount} people at a time, {starts} to {ends}")
    icon: ClassVar = "users"

    code: str
    headcount: int
    starts: str
    ends: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNeedEnded(Fact):
    sentence: ClassVar = _("Post {code} no longer needs people {starts} to {ends}")
    icon: ClassVar = "users"

    code: str
    starts: str
    ends: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNamed(Fact):
    """Somebody holds a standing post from now on. The subject is the post."""

    sentence: ClassVar = _("Post {code} has a name: {post}")
    words: ClassVar = _WORDS
    icon: ClassVar = "user-check"
    tone: ClassVar = "good"

    code: str
    post: str
    member_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PostsNamed(Fact):
    sentence: ClassVar = _("{posts} standing posts got a name in {area}")
    icon: ClassVar = "user-check"
    tone: ClassVar = "good"

    posts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLeft(Fact):
    sentence: ClassVar = _("Post {code} lost its name: {reason}")
    icon: ClassVar = "user-x"

    code: str
    member_id: UUID
    reason: str


# Gaps: the subject is the shift; of a standing post, the post itself.


@dataclass(frozen=True, slots=True, kw_only=True)
class PostUnfilled(Fact):
    sentence: ClassVar = _("Post {code} lacks {missing} people from {starts_at}: {post}")
    words: ClassVar = _WORDS
    icon: ClassVar = "alert"
    tone: ClassVar = "warning"

    post_id: UUID
    code: str
    post: str
    missing: int
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFilled(Fact):
    sentence: ClassVar = _("Post {code} is filled: {post}")
    words: ClassVar = _WORDS
    icon: ClassVar = "check"
    tone: ClassVar = "good"

    post_id: UUID
    code: str
    post: str


# Shifts and turns: the subject is the shift; of many at once, the first.


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftsOpened(Fact):
    sentence: ClassVar = _("{shifts} shifts were opened in {area}, {from_day} to {until_day}")
    icon: ClassVar = "plan"

    shifts: int
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftsFilled(Fact):
    sentence: ClassVar = _("{turns} turns of {people} people were entered in {area}")
    icon: ClassVar = "users"

    turns: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfTurn(Fact):
    words: ClassVar = _WORDS

    turn_id: UUID
    post_id: UUID
    code: str
    member_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftTaken(_OfTurn):
    sentence: ClassVar = _("Somebody has post {code}, {starts_at} to {ends_at}")
    icon: ClassVar = "user-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTakenOff(_OfTurn):
    sentence: ClassVar = _("Somebody is taken off post {code}, {starts_at} to {ends_at}: {reason}")
    icon: ClassVar = "user-x"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRelieved(_OfTurn):
    """`member_id` goes at `at`; `by_id` stays until `ends_at`."""

    sentence: ClassVar = _("Post {code} is relieved at {at}: {reason}")
    icon: ClassVar = "refresh"

    by_id: UUID
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedAtPost(_OfTurn):
    sentence: ClassVar = _("Somebody is at post {code}: {way}")
    icon: ClassVar = "user-check"
    tone: ClassVar = "good"

    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftPost(_OfTurn):
    """minutes   from coming to going, no longer than the turn"""

    sentence: ClassVar = _("Somebody has left post {code} after {minutes} minutes: {way}")
    icon: ClassVar = "check"

    way: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DidNotCome(_OfTurn):
    sentence: ClassVar = _("Somebody did not come to post {code} at {starts_at}")
    icon: ClassVar = "clock"
    tone: ClassVar = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHandedOver(_OfTurn):
    """The note stays with the hand-over."""

    sentence: ClassVar = _("Post {code} was handed over, with {things} things counted")
    icon: ClassVar = "clipboard-check"

    things: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTakenOver(_OfTurn):
    sentence: ClassVar = _("Post {code} was taken over")
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"


# Swaps: the subject is the swap.


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapOffered(Fact):
    sentence: ClassVar = _("A turn at post {code} was offered to somebody else")
    icon: ClassVar = "arrow"

    code: str
    turn_id: UUID
    to_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapAnswered(Fact):
    sentence: ClassVar = _("The offer of a turn at post {code}: {answer}")
    words: ClassVar = _WORDS
    icon: ClassVar = "arrow"

    code: str
    turn_id: UUID
    answer: str


# Days and plans: the subject is the day's or the plan's own record.


@dataclass(frozen=True, slots=True, kw_only=True)
class HotDaySaid(Fact):
    sentence: ClassVar = _("{day} is a hot day in {area}: samplers are relieved by the hour")
    icon: ClassVar = "activity"
    tone: ClassVar = "warning"

    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProposed(Fact):
    sentence: ClassVar = _("A staffing plan for {area} fills {filled} of {places} turns")
    icon: ClassVar = "plan"

    filled: int
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDecided(Fact):
    sentence: ClassVar = _("The staffing plan for {area} was decided: {decision}, {turns} turns")
    words: ClassVar = _WORDS
    icon: ClassVar = "plan"

    decision: str
    turns: int


# Which people work together: the subject is the pair.


@dataclass(frozen=True, slots=True, kw_only=True)
class PairMade(Fact):
    sentence: ClassVar = _("Two people in {area} work together from now on")
    icon: ClassVar = "users"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEnded(Fact):
    sentence: ClassVar = _("Two people in {area} no longer work together")
    icon: ClassVar = "users"
