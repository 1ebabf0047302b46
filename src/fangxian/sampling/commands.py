"""`fangxian plan`: what a round of testing needs, told in a terminal. Nothing is stored."""

import argparse
import sys
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.areas.queries import area_by_code, areas_of_level, names_of, sites_of_kind
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, Refusal
from fangxian.protocol.queries import in_force
from fangxian.sampling.planning import Outlook, Resources, look_ahead
from fangxian.sampling.words import told


def plan(argv: list[str]) -> int:
    """0: here is the plan, however bad; 1: there can be none."""
    options = _options(argv)
    with translation.override(options.lang):
        try:
            area = _area(options.area)
            starts_at = _start(options.start, options.opens)
            pack = in_force(starts_at, area.path)
            outlook = look_ahead(
                PLAYBOOK,
                area_path=area.path,
                starts_at=starts_at,
                resources=Resources(
                    medics=options.medics,
                    leads=options.leads,
                    others=options.others,
                    opens=options.opens,
                    closes=options.closes,
                ),
                pack=pack,
            )
        except Refusal as refusal:
            print(refusal.message, file=sys.stderr)
            return 1
        guide = f"{pack.title(options.lang)} ({pack.stamp})"
        print("\n".join(told(outlook, area.name, _names(outlook), guide)))
    return 0


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "fangxian plan", description="Plan a round of testing against the norm of the guide."
    )
    parser.add_argument("what", choices=["round"])
    parser.add_argument("--area", default="", help="division code; default: the district")
    parser.add_argument("--medics", type=int, required=True, help="medics who take swabs")
    parser.add_argument("--leads", type=int, required=True, help="named leads of points")
    parser.add_argument("--others", type=int, required=True, help="everybody else mobilised")
    parser.add_argument("--opens", type=time.fromisoformat, default=time(8), metavar="HH:MM")
    parser.add_argument("--closes", type=time.fromisoformat, default=time(20), metavar="HH:MM")
    parser.add_argument(
        "--start",
        type=datetime.fromisoformat,
        metavar="YYYY-MM-DDTHH:MM",
        help="default: when the points open next",
    )
    parser.add_argument("--lang", choices=["zh-hans", "en"], default=settings.LANGUAGE_CODE)
    return parser.parse_args(argv)


def _area(code: str) -> Area:
    if code:
        return area_by_code(PLAYBOOK, code)
    district = areas_of_level(PLAYBOOK, Area.Level.DISTRICT).first()
    if district is None:
        raise NotFound(_("district"))
    return district


def _start(given: datetime | None, opens: time) -> datetime:
    """The moment asked for, local where it names no zone; or when the points open next."""
    zone = ZoneInfo(settings.TIME_ZONE)
    if given is not None:
        return given if given.tzinfo else given.replace(tzinfo=zone)
    here = localtime(now(), zone)
    today = datetime.combine(here.date(), opens, zone)
    return today if today >= here else today + timedelta(days=1)


def _names(outlook: Outlook) -> dict[str, str]:
    """Of the areas by path and of the points by id."""
    plan = outlook.plan
    paths = [place.id for place in (*plan.groups, *plan.communities)]
    points = sites_of_kind(PLAYBOOK, "sampling_point", below=outlook.area_path)
    return names_of(PLAYBOOK, paths) | {str(point.id): point.name for point in points}
