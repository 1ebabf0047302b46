"""What the pages for people promise is there: files they link to, commands they tell to type."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
PAGES = sorted(
    [*HOUSE.glob("*.md"), *(HOUSE / "docs").rglob("*.md"), *(HOUSE / "src").rglob("*.md")]
)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
TYPED = re.compile(r"`{1,3}[^`]*`{1,3}", re.DOTALL)


def name(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_told_to_type_exist(page: Path) -> None:
    typed = " ".join(TYPED.findall(page.read_text("utf-8")))
    makefile = (HOUSE / "Makefile").read_text("utf-8")
    commands = (HOUSE / "src" / "fangxian" / "cli.py").read_text("utf-8")

    for target in re.findall(r"\bmake ([a-z]+)\b", typed):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
    for command in re.findall(r"(?<![/.\w])fangxian ([a-z]+)\b", typed):
        assert f'"{command}":' in commands, f"fangxian {command}"
