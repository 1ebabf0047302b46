"""Pure decisions about cases and contacts. Numbers come from the pack, as arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fangxian.engines.tracing import Evidence, Met

STRENGTH = ("suspected", "asymptomatic", "confirmed")
"""Classifications from the weakest finding to the strongest."""

EVIDENCE = {
    "poster": Evidence.POSTER,
    "interview": Evidence.INTERVIEW,
    "rotating": Evidence.ROTATING,
    "attended": Evidence.ATTENDED,
}
"""What each source of a visit is worth. Only a poster code can be scanned from elsewhere."""

SOURCE = {evidence: source for source, evidence in EVIDENCE.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """One visit to be recorded: `Resident.number`, `Site.number`, from, to, `Visit.Source`."""

    person: int
    place: int
    start_at: datetime
    end_at: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsTaken:
    """What became of the rows given: `refused` says why, by the row's place in the list."""

    recorded: int
    known: int
    refused: dict[int, str]


def infectious_window(
    begins_at: datetime,
    *,
    before: timedelta,
    after: timedelta | None,
    isolated_at: datetime,
) -> tuple[datetime, datetime]:
    """From when to when a case could infect others.

    begins_at     onset, or the specimen of somebody without symptoms
    before, after by the pack; without `after` it lasts until isolation
    isolated_at   when the case was kept apart; if that was before the window, the window is empty
    """
    since = begins_at - before
    until = isolated_at if after is None else min(isolated_at, begins_at + after)
    return since, max(since, until)


def is_stronger(classification: str, than: str) -> bool:
    return STRENGTH.index(classification) > STRENGTH.index(than)


def kind_of(
    met: Met, *, close_minutes: int | None, near: bool = False, apart: timedelta | None = None
) -> str:
    """Which contact a meeting proposes: "close" or "general".

    close_minutes   from how many minutes together on; None: any time at all
    near            seats or rooms show them near each other: close, however short
    apart           how long they were at one place and known not to be near: this does not count

    A poster scan alone never makes a close contact: such a meeting is "general" however long.
    """
    if met.evidence == Evidence.POSTER:
        return "general"
    if near:
        return "close"
    minutes = met.sure_minutes - (apart // timedelta(minutes=1) if apart else 0)
    if apart and minutes <= 0:
        return "general"
    return "close" if close_minutes is None or minutes >= close_minutes else "general"


def dose(met: Met) -> int:
    """The minutes that count: poster scans only where there is nothing better."""
    return met.minutes if met.evidence == Evidence.POSTER else met.sure_minutes
