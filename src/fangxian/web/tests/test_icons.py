"""An icon that is not in the sprite is a hole in the page that nobody notices."""

import re
from pathlib import Path

from fangxian.kernel import ledger

PACKAGE = Path(__file__).parents[2]
BUILD = PACKAGE.parents[1] / "field" / "build.mjs"


def sprite() -> set[str]:
    text = BUILD.read_text(encoding="utf-8")
    aliases = text[text.index("const icons = {") : text.index("};")]
    plain = text[text.index("for (const icon of [") : text.index("icons[icon] ??=")]
    return set(re.findall(r"(\w+): \"", aliases)) | set(re.findall(r'"([\w-]+)"', plain))


def test_every_icon_in_a_page_is_in_the_sprite() -> None:
    named = re.compile(r"{% icon \"([\w-]+)\"|icon=\"([\w-]+)\"")
    used = {
        (a or b, page.name)
        for page in PACKAGE.glob("*/templates/**/*.html")
        for a, b in named.findall(page.read_text(encoding="utf-8"))
    }

    assert {(icon, page) for icon, page in used if icon not in sprite()} == set()


def test_every_fact_of_the_ledger_has_its_icon() -> None:
    assert {fact.icon for fact in ledger.fact_types().values()} - sprite() == set()
