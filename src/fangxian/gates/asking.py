"""What a checkpoint's words ask for, by the numbers of a pack, and how often a pass was used."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fangxian.gates import rules
from fangxian.gates.models import Demand, Scan
from fangxian.gates.rules import Demands, Outing
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import Rules, in_force


def demands_of(demands: Iterable[str], pack: Pack | None) -> Demands:
    """What a checkpoint's words mean by a pack. A pack without numbers asks for none of them."""
    asked = set(demands)
    gates = pack.gates if pack else None
    if pack is None or gates is None:
        return Demands(
            needs_pass=Demand.PASS in asked,
            mask=Demand.MASK in asked,
            stamp=pack.stamp if pack else "",
        )
    return Demands(
        needs_pass=Demand.PASS in asked,
        outing=Outing(
            people=gates.outing_people.whole,
            every=gates.outing_every.length,
            lasts=gates.outing_lasts.length,
        ),
        test_within=gates.test_within.length if Demand.TEST in asked else None,
        temperature_max=pack.people.fever_from.value if Demand.TEMPERATURE in asked else None,
        mask=Demand.MASK in asked,
        interval=gates.interval.length if Demand.INTERVAL in asked else None,
        most_a_day=gates.most_a_day.whole if Demand.MOST_A_DAY in asked else None,
        same_passage=gates.same_passage.length,
        stamp=pack.stamp,
    )


def pack_at(area_path: str, batch: Rules | None = None) -> Pack | None:
    """The pack in force here now; None without one that can be read: a gate works all the same."""
    try:
        return (batch.in_force if batch else in_force)(now(), area_path)
    except Refusal:
        return None


def outings_of(
    numbers: Iterable[int], since: datetime, same: timedelta
) -> dict[int, list[tuple[datetime, int]]]:
    """When each pass went out since then, and who: scans of one passage counted once."""
    rows = Scan.objects.filter(
        pass_number__in=list(numbers),
        at__gt=since,
        direction=Scan.Direction.OUT,
        verdict=Scan.Verdict.PASS,
    ).values_list("pass_number", "person", "at")
    times: dict[int, dict[int | None, list[datetime]]] = {}
    for number, person, at in rows:
        assert number is not None  # noqa: S101 - it was looked up by number
        times.setdefault(number, {}).setdefault(person, []).append(at)
    return {
        number: sorted(
            (at, person or 0)
            for person, moments in persons.items()
            for at in rules.passages(moments, same)
        )
        for number, persons in times.items()
    }
