"""What the rules in force at a place say of work and rest. They bind everybody."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings

from fangxian.kernel.clock import now
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Rosters
from fangxian.protocol.queries import in_force
from fangxian.rosters.rules import Limits

ZONE = ZoneInfo(settings.TIME_ZONE)


def figures_at(area_path: str) -> Rosters | None:
    try:
        return in_force(now(), area_path).rosters
    except NoPackInForce:
        return None


def stamp_at(area_path: str) -> str:
    try:
        return in_force(now(), area_path).stamp
    except NoPackInForce:
        return ""


def limits_of(figures: Rosters | None) -> Limits | None:
    if figures is None:
        return None
    return Limits(
        shift=figures.shift_hours.length,
        rest=figures.rest_between.length,
        days=figures.consecutive_days.whole,
        hot=figures.hot_stretch.length,
    )


def limits_at(area_path: str) -> Limits | None:
    """None where no rule says so."""
    return limits_of(figures_at(area_path))


def moment(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZONE)


def day_of(at: datetime) -> date:
    return at.astimezone(ZONE).date()
