"""What the rules in force at a place ask. They bind everybody, so nobody's name is asked for."""

from fangxian.kernel.clock import now
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force


def pack_at(area_path: str) -> Pack | None:
    try:
        return in_force(now(), area_path)
    except NoPackInForce:
        return None


def hours_at(area_path: str) -> tuple[float, ...]:
    """By which local hours readings are due there; none without a rule."""
    pack = pack_at(area_path)
    if pack is None or pack.monitoring is None:
        return ()
    return tuple(hour.value for hour in pack.monitoring.reading_by)


def child_below(area_path: str) -> float:
    """0 where no rule says so."""
    pack = pack_at(area_path)
    return pack.monitoring.child_below.value if pack and pack.monitoring else 0
