"""`fangxian replay`: some days again under other rules, without touching anything."""

import argparse
import sys
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import override

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Refusal
from fangxian.measures import replay as days
from fangxian.protocol.packs import load_pack


def replay(argv: list[str]) -> int:
    """0: printed; 1: refused."""
    parser = argparse.ArgumentParser("fangxian replay", description=days.__doc__)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
    parser.add_argument("--pack", required=True, help="the rules to try, such as cn-20")
    parser.add_argument("--area", default="", help="path of an area; none: everywhere")
    parser.add_argument("--lang", choices=["zh-hans", "en"], default="en")
    options = parser.parse_args(argv)
    with override(options.lang):
        if options.last < options.first:
            print(_("The last day comes before the first."), file=sys.stderr)
            return 1
        try:
            found = days.replay(
                PLAYBOOK,
                first=options.first,
                last=options.last,
                pack=load_pack(options.pack),
                area_path=options.area,
            )
        except Refusal as refusal:
            print(refusal.message, file=sys.stderr)
            return 1
        print("\n".join(told(found, options.lang)))
    return 0


def told(found: days.Replay, lang: str) -> list[str]:
    """The replay as a table of text."""
    rows = [("", _("as it was"), found.pack.stamp, _("difference"))]
    rows += [
        (label, f"{was:,}", f"{would:,}", f"{would - was:+,}")
        for label, was, would in found.lines()
    ]
    widths = [max(_width(row[column]) for row in rows) for column in range(4)]
    before = " + ".join(found.packs) or "—"
    return [
        f"{found.first} – {found.last}  {before} → {found.pack.stamp}  {found.pack.title(lang)}",
        "",
        *("  ".join(_padded(row, widths)) for row in rows),
        "",
        _("Nothing was changed. Evidence is as it was; only the rules are others."),
    ]


def _padded(row: tuple[str, ...], widths: list[int]) -> list[str]:
    first, *numbers = row
    rest = zip(numbers, widths[1:], strict=True)
    return [
        first + " " * (widths[0] - _width(first)),
        *(" " * (width - _width(number)) + number for number, width in rest),
    ]


def _width(text: str) -> int:
    """Chinese characters are two columns wide in a terminal."""
    return sum(2 if ord(sign) >= _WIDE else 1 for sign in text)


_WIDE = 0x2E80
