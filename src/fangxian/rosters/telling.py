"""That a post lacks a name is told once, and once more when it has it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import Fact, record_many
from fangxian.kernel.models import Event
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.queries import Rules
from fangxian.rosters import events
from fangxian.rosters.covering import bare_parts
from fangxian.rosters.models import Post, Shift


def tell(actor: Actor, shifts: Iterable[Shift], *, because: Event | UUID | None = None) -> int:
    """Record which of these shifts became bare, near enough to be filled, or were filled.

    Returns how many are bare now and were not told of before.
    """
    at = now()
    near = _Near(at)
    open_ones = [one for one in shifts if one.ends_at > at and one.cancelled_at is None]
    bare = bare_parts(open_ones, since=at)
    facts: list[Fact] = []
    changed: list[Shift] = []
    for shift in open_ones:
        post = shift.post
        parts = bare.get(shift, [])
        if parts and shift.told_at is None and near.enough(shift):
            shift.told_at = at
            changed.append(shift)
            facts.append(
                events.PostUnfilled(
                    subject_id=shift.id,
                    area_path=shift.area_path,
                    post_id=post.id,
                    code=post.code,
                    post=post.kind,
                    missing=max(part.missing for part in parts),
                    starts_at=parts[0].starts_at,
                    ends_at=parts[-1].ends_at,
                )
            )
        elif not parts and shift.told_at is not None:
            shift.told_at = None
            changed.append(shift)
            facts.append(filled(shift.id, post))
    Shift.objects.bulk_update(changed, ["told_at"], batch_size=1000)
    record_many(facts, actor=actor, because=because)
    return sum(isinstance(fact, events.PostUnfilled) for fact in facts)


def tell_standing(
    actor: Actor,
    posts: Sequence[Post],
    named: Iterable[UUID],
    *,
    because: Event | UUID | None = None,
) -> int:
    """The same of standing posts; `named` are those of them that somebody holds."""
    at, have = now(), set(named)
    facts: list[Fact] = []
    changed: list[Post] = []
    for post in posts:
        if post.closed_at is None and post.id not in have and post.told_at is None:
            post.told_at = at
            changed.append(post)
            facts.append(
                events.PostUnfilled(
                    subject_id=post.id,
                    area_path=post.area_path,
                    post_id=post.id,
                    code=post.code,
                    post=post.kind,
                    missing=1,
                    starts_at=at,
                    ends_at=None,
                )
            )
        elif (post.id in have or post.closed_at is not None) and post.told_at is not None:
            post.told_at = None
            changed.append(post)
            facts.append(filled(post.id, post))
    Post.objects.bulk_update(changed, ["told_at"], batch_size=1000)
    record_many(facts, actor=actor, because=because)
    return sum(isinstance(fact, events.PostUnfilled) for fact in facts)


def filled(subject_id: UUID, post: Post) -> events.PostFilled:
    return events.PostFilled(
        subject_id=subject_id,
        area_path=post.area_path,
        post_id=post.id,
        code=post.code,
        post=post.kind,
    )


class _Near:
    """Whether a shift begins soon enough for its gap to be somebody's task."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._rules = Rules()

    def enough(self, shift: Shift) -> bool:
        try:
            figures = self._rules.in_force(self._at, shift.area_path).rosters
        except NoPackInForce:
            return False
        return figures is not None and shift.starts_at <= self._at + figures.gap_told.length
