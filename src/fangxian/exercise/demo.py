"""`fangxian demo`: a made-up district at real size, and a day in it."""

import argparse
import os
import sys
import time
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils import translation

from fangxian import cli
from fangxian.exercise import chain, day, district
from fangxian.exercise.cast import PARTS, PASSWORD
from fangxian.exercise.scene import EVENING, ZONE, at
from fangxian.kernel import clock, ledger
from fangxian.kernel.access import PLAYBOOK
from fangxian.protocol.commands import compare
from fangxian.protocol.packs import load_pack
from fangxian.web.commands import line
from fangxian.web.queries import steps

USUAL = "cn-v9"


def demo(argv: list[str]) -> int:
    options = _options(argv)
    started = time.monotonic()
    with translation.override(options.lang):
        if (refusal := district.refuse_people(settings.DATABASES["default"])) is not None:
            print(refusal, file=sys.stderr)
            return 1
        if (refusal := district.too_few(options.people)) is not None:
            print(refusal, file=sys.stderr)
            return 1
        district.ensure_template(options.people, fresh=options.fresh, say=_say(started))
        usual = None
        if options.pack != USUAL:
            usual, _ = _played(options.people, USUAL, _say(started))
        tally, missing = _played(options.people, options.pack, _say(started))
        _tell(options.pack)
        if usual is not None:
            _compare(options.pack, tally, usual)
        ledger.seal_all()
        verdict = ledger.verify()
        print(
            f"\nledger: {verdict.events:,} events in {verdict.seals} seals, "
            f"{len(verdict.breaks)} breaks"
        )
        print(f"demo: {time.monotonic() - started:.1f} s")
    for link in missing:
        print(f"MISSING: {link}", file=sys.stderr)
    if missing or verdict.breaks:
        return 1
    if options.once:
        return 0
    return _serve(options.host, options.port)


def _options(argv: list[str]) -> argparse.Namespace:
    about = "Build a made-up district at full size, play a day in it, and serve it."
    parser = argparse.ArgumentParser("fangxian demo", description=about)
    parser.add_argument("--once", action="store_true", help="play and tell, do not serve")
    parser.add_argument("--fresh", action="store_true", help="build the district again")
    parser.add_argument("--pack", default=USUAL, help=f"rules to play under (default {USUAL})")
    parser.add_argument("--people", type=int, default=district.PEOPLE, help="residents to make up")
    parser.add_argument("--lang", choices=["zh-hans", "en"], default=settings.LANGUAGE_CODE)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    return parser.parse_args(argv)


def _say(started: float) -> district.Say:
    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {text}", flush=True)

    return say


def _played(people: int, pack_id: str, say: district.Say) -> tuple[chain.Tally, list[str]]:
    district.copy_template(people)
    say(f"the day under {pack_id}")
    scene = day.play(pack_id, say)
    with clock.playing(EVENING):
        return chain.Tally.now(), list(chain.missing_links(scene, load_pack(pack_id)))


def _tell(pack_id: str) -> None:
    print(f"\n{load_pack(pack_id).title(translation.get_language() or 'zh')}\n")
    events = chain.of_the_day(at(5))
    depths: dict[object, int] = {}
    for event, step in zip(events, steps(PLAYBOOK, events), strict=True):
        depth = depths[event.id] = depths.get(event.because_id, -1) + 1
        print(line(step, depth))


def _compare(pack_id: str, here: chain.Tally, usual: chain.Tally) -> None:
    print(f"\n{pack_id} ≠ {USUAL}\n")
    language = translation.get_language() or "zh-hans"
    print("\n".join(compare(load_pack(USUAL), load_pack(pack_id), language)))
    print(f"\n{'':<44}{USUAL:>10}{pack_id:>10}")
    for name, this, that in here.against(usual):
        print(f"{name:<44}{that:>10,}{this:>10,}")


def _serve(host: str, port: int) -> int:
    """Serve with a clock that stands at the evening of the day and goes on from there."""
    real = datetime.now(ZONE)  # noqa: TID251 - how far the served clock is from the real one
    os.environ["FANGXIAN_CLOCK_OFFSET"] = str((EVENING - real).total_seconds())
    connection.close()
    print(f"\nhttp://{host}:{port}/\n")
    for part in PARTS:
        print(f"  {part.username:<8}{PASSWORD:<16}{part.name} {part.post}")
    print("\n  FANGXIAN_MODE=demo .venv/bin/fangxian why CODE\n")
    return cli.serve(host, port, workers=2, threads=64, with_jobs=True)
