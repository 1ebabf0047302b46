"""`fangxian why`: how an order came about, told in a terminal."""

import argparse
import sys

from django.conf import settings
from django.utils import translation
from django.utils.timezone import localtime

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Refusal
from fangxian.web.queries import Step, beginning_of, consequences_of, retell


def why(argv: list[str]) -> int:
    about = "Retell how an order, a risk area, a case or any other thing came about."
    parser = argparse.ArgumentParser("fangxian why", description=about)
    parser.add_argument("what", help="its code, such as O000001N, or its id")
    parser.add_argument("--lang", choices=["zh-hans", "en"], default=settings.LANGUAGE_CODE)
    options = parser.parse_args(argv)
    with translation.override(options.lang):
        try:
            event = beginning_of(PLAYBOOK, options.what)
        except Refusal as refusal:
            print(refusal.message, file=sys.stderr)
            return 1
        for depth, step in enumerate(retell(PLAYBOOK, event)):
            print(line(step, depth))
        for step in consequences_of(PLAYBOOK, event):
            print(line(step, depth + 1, sign="→"))
    return 0


def line(step: Step, depth: int, sign: str = "└") -> str:
    """One step: time, what, who, by which rule."""
    indent = "  " * depth + (f"{sign} " if depth else "")
    rule = f" [{step.stamp}]" if step.stamp else ""
    return f"{localtime(step.at):%m-%d %H:%M}  {indent}{step.text} · {step.by}{rule}"
