"""Run the stories of the playbook and the journeys, and print them as sentences."""

import re
import sys
from collections.abc import Iterator

import pytest

STORIES = ["src/fangxian/playbook", "tests/journeys"]
MARKS = {"passed": "✓", "failed": "✗", "skipped": "–"}


class Teller:
    """Says each test as it ends, below the name of its file."""

    def __init__(self) -> None:
        self.chapter = ""
        self.told: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.nodeid in self.told or (report.when != "call" and report.outcome == "passed"):
            return
        self.told.add(report.nodeid)
        chapter, _, name = report.nodeid.partition("::")
        if chapter != self.chapter:
            self.chapter = chapter
            print(f"\n{_words(re.sub(r'.*/test_|[.]py$', '', chapter))}")
        print(f"  {MARKS[report.outcome]} {_words(name.rpartition('::')[2].removeprefix('test_'))}")


def _words(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _options(given: list[str]) -> Iterator[str]:
    yield from ("-p", "no:terminal", "-p", "no:randomly")
    yield from given or STORIES


if __name__ == "__main__":
    sys.exit(pytest.main(list(_options(sys.argv[1:])), plugins=[Teller()]))
