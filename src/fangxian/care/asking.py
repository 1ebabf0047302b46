"""What the rules in force at a place ask. No journey waits for a rule: without one, it is due now.

Nobody's name is asked for, because the rules bind everybody.
"""

from datetime import timedelta

from fangxian.kernel.clock import now
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force
from fangxian.protocol.sections import Care


def pack_at(area_path: str) -> Pack | None:
    try:
        return in_force(now(), area_path)
    except NoPackInForce:
        return None


def rules_at(area_path: str) -> Care | None:
    pack = pack_at(area_path)
    return pack.care if pack else None


def within(area_path: str, limit: str) -> timedelta:
    """A limit of the section “care” by its name; no time at all where no rule gives any."""
    rules = rules_at(area_path)
    span = getattr(rules, limit, None)
    return span.length if span else timedelta()
