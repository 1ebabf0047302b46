"""`fangxian retention`: what is kept how long, and deleting what is over."""

import argparse
import json
import sys
from pathlib import Path

from django.conf import settings
from django.utils import translation

from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Refusal
from fangxian.oversight.actions import carry_out_retention
from fangxian.oversight.queries import retention_rules
from fangxian.oversight.retention import KINDS


def retention(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fangxian retention", description="What is kept how long.")
    parser.add_argument("--lang", choices=["zh-hans", "en"], default=settings.LANGUAGE_CODE)
    actions = parser.add_subparsers(dest="what", required=True)
    actions.add_parser("show", help="how long the rules in force let each kind of data be kept")
    actions.add_parser("run", help="delete what is over; the worker does it every night")
    verify = actions.add_parser("verify", help="check the signed record of a destruction")
    verify.add_argument("file", type=Path)
    options = parser.parse_args(argv)
    with translation.override(options.lang):
        try:
            return {"show": _show, "run": _run, "verify": _verify}[options.what](options)
        except Refusal as refusal:
            print(refusal.message, file=sys.stderr)
            return 1


def _show(_options: argparse.Namespace) -> int:
    for rule in retention_rules(PLAYBOOK):
        span = f"{rule.span.value} {rule.span.unit} [{rule.span.grade}]" if rule.span else "—"
        print(f"{span:18}{rule.label}")
    return 0


def _run(_options: argparse.Namespace) -> int:
    run = carry_out_retention(PLAYBOOK)
    for name, (rows, digest) in (run.gone if run else {}).items():
        print(f"{rows:>9,}  {KINDS[name].label}  {digest[:16]}")
    print(translation.gettext("Nothing is over.") if run is None else run.pack)
    return 0


def _verify(options: argparse.Namespace) -> int:
    try:
        document = json.loads(options.file.read_text(encoding="utf-8"))
        good = signing.document_is_ours(document)
    except (OSError, ValueError, KeyError, TypeError):
        good = False
    if not good:
        print(translation.gettext("This record was not signed here, or was changed."))
        return 1
    print(document["payload"])
    return 0
