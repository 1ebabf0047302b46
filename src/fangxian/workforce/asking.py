"""What the rules in force say about people at work. They bind everybody; nobody's name is asked."""

from fangxian.kernel.clock import now
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force
from fangxian.protocol.sections import Workforce


def pack_at(area_path: str) -> Pack | None:
    try:
        return in_force(now(), area_path)
    except NoPackInForce:
        return None


def rules_at(area_path: str) -> Workforce | None:
    """None where no rules are in force, or they say nothing of it."""
    pack = pack_at(area_path)
    return pack.workforce if pack else None
