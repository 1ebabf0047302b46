"""What the rules in force at a place ask of those who see to requests."""

from datetime import datetime, timedelta

from fangxian.kernel.clock import now
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack, RequestLimits, Requests
from fangxian.protocol.queries import in_force


def pack_at(area_path: str) -> Pack | None:
    """None where no rules are in force, for nobody is turned away for that."""
    try:
        return in_force(now(), area_path)
    except NoPackInForce:
        return None


def numbers_at(area_path: str) -> Requests | None:
    pack = pack_at(area_path)
    return pack.requests if pack else None


def limits_at(area_path: str, urgency: str) -> RequestLimits | None:
    numbers = numbers_at(area_path)
    limits: RequestLimits | None = getattr(numbers, urgency) if numbers else None
    return limits


def later(span: timedelta | None, *, than: datetime | None = None) -> datetime | None:
    """None where no rule says how long."""
    return (than or now()) + span if span is not None else None
