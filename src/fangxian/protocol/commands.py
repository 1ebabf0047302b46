"""`fangxian packs`: check, show and compare policy packs."""

import argparse
import sys
from functools import partial
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from fangxian.kernel.errors import Refusal
from fangxian.protocol import overlay
from fangxian.protocol.errors import Fault, PackIsFaulty
from fangxian.protocol.packs import Guide, Pack, load, read_document
from fangxian.protocol.words import differences, show


def packs(argv: list[str]) -> int:
    """0: all is well; 1: a pack was refused."""
    parser = argparse.ArgumentParser("fangxian packs", description="Policy packs.")
    parser.add_argument("--lang", choices=["zh-hans", "en"], default="en")
    # Also behind the word, where people look for it; only then does it count there.
    lang = argparse.ArgumentParser(add_help=False)
    lang.add_argument("--lang", choices=["zh-hans", "en"], default=argparse.SUPPRESS)
    what = parser.add_subparsers(dest="what", required=True)
    add = partial(what.add_parser, parents=[lang])
    add("list", help="the packs there are, in the order they took effect")
    checks = add("check", help="refuse packs that are wrong, naming line and key")
    checks.add_argument("names", nargs="*", help="ids or files; none: all")
    one = add("show", help="what a pack says, with the source of every figure")
    one.add_argument("pack")
    two = add("diff", help="what changes for people from one pack to another")
    two.add_argument("before")
    two.add_argument("after")
    options = parser.parse_args(argv)
    with override(options.lang):
        try:
            match options.what:
                case "list":
                    lines, code = _list(options.lang), 0
                case "check":
                    lines, code = check(options.names)
                case "show":
                    lines, code = show(_read(options.pack), options.lang), 0
                case _:
                    before, after = _read(options.before), _read(options.after)
                    lines, code = compare(before, after, options.lang), 0
        except Refusal as refusal:
            print(refusal.message, file=sys.stderr)
            return 1
    print("\n".join(lines), file=sys.stderr if code else sys.stdout)
    return code


def check(names: list[str]) -> tuple[list[str], int]:
    """Every fault of the packs named (all, if none), and 1 if there is one."""
    places = overlay.folders()
    files = [_file(name, places) for name in names] or list(overlay.files_in(places))
    faults: list[Fault] = []
    for path in files:
        try:
            read_document(overlay.read(path), [*places, path.parent])
        except PackIsFaulty as refusal:
            faults += [fault for fault in refusal.faults if fault not in faults]
    if faults:
        return [str(fault) for fault in faults], 1
    said = ngettext("%(n)s pack is in order.", "%(n)s packs are in order.", len(files))
    return [said % {"n": len(files)}], 0


def compare(before: Pack | Guide, after: Pack | Guide, lang: str) -> list[str]:
    """The title line and the differences in words."""
    found = differences(before, after, lang)
    with override(lang):
        title = f"{before.stamp} → {after.stamp}"
        return [title, "", *(found or [_("Nothing changes for people.")])]


def _list(lang: str) -> list[str]:
    known = [load(path.stem) for path in overlay.files_in(overlay.folders())]
    known.sort(key=lambda one: (one.header.effective_from, one.id))
    width = max(len(one.stamp) for one in known)
    return [
        f"{one.stamp:<{width}}  {one.header.effective_from.isoformat()}  {one.title(lang)}"
        for one in known
    ]


def _read(name: str) -> Pack | Guide:
    if name.endswith(".toml"):
        path = Path(name)
        return read_document(overlay.read(path), [*overlay.folders(), path.parent])
    return load(name)


def _file(name: str, places: list[Path]) -> Path:
    return Path(name) if name.endswith(".toml") else overlay.find(name, places).path
