"""What an operator says and asks, by what the caller wants. Data: `data/scripts.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from fangxian.requests.library import NewAnswer

_FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Script:
    """Lines to be said, in order, by the moment of the call: greeting, ask, help, closing …"""

    key: str
    title: str
    steps: tuple[str, ...]


def scripts() -> dict[str, Script]:
    """In the reader's language."""
    return _read("zh" if (get_language() or "").startswith("zh") else "en")


@cache
def _read(language: str) -> dict[str, Script]:
    rows = tomllib.loads((_FOLDER / "scripts.toml").read_text(encoding="utf-8"))
    return {
        key: Script(key, row["title"][language], tuple(step[language] for step in row["steps"]))
        for key, row in rows.items()
    }


def shipped_answers() -> list[NewAnswer]:
    """Answers to begin with. Whoever answers for the rules checks them before they are used."""
    rows = tomllib.loads((_FOLDER / "answers.toml").read_text(encoding="utf-8"))
    return [NewAnswer(**row) for row in rows["answer"]]
