"""By when: the limits of the pack in force, and "at once" where it has none."""

from datetime import datetime

from fangxian.kernel.clock import now
from fangxian.protocol.queries import in_force


def by(limit: str, area_path: str) -> datetime:
    """The moment by which a limit of the pack, such as "transfer.close_contact", is reached.

    A pack without that limit leaves no time: the task is due now.
    """
    moment = now()
    span = in_force(moment, area_path).time_limits.get(limit)
    return moment + span.length if span else moment
