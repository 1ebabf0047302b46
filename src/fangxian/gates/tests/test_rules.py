"""The cases that the phone's verdict is tested by, and what only the server knows."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fangxian.gates.rules import Demands, Outing, PassFacts, Person, masked_plate, passages, verdict

ROOT = Path(__file__).parents[4]
CASES: dict[str, Any] = json.loads((ROOT / "field/test/cases/verdict.json").read_text("utf-8"))
AT = datetime.fromisoformat(CASES["at"])


def _ago(hours: float | None) -> datetime | None:
    return None if hours is None else AT - timedelta(hours=hours)


def _span(number: float | None, unit: str) -> timedelta | None:
    return None if number is None else timedelta(**{unit: number})


def _demands(said: dict[str, Any]) -> Demands:
    outing = said["outing"]
    return Demands(
        needs_pass=said["pass"],
        outing=Outing(
            people=outing["people"],
            every=timedelta(days=outing["every_d"]),
            lasts=timedelta(hours=outing["lasts_h"]),
        ),
        test_within=_span(said["test_within_h"], "hours"),
        temperature_max=said["temperature_max"],
        mask=said["mask"],
        interval=_span(said["interval_min"], "minutes"),
        most_a_day=said["most_a_day"],
        same_passage=timedelta(minutes=said["reset_minutes"]),
    )


def _person(said: dict[str, Any]) -> Person:
    held = said.pop("pass")
    return Person(
        tested_at=_ago(said.pop("tested_h_ago")),
        passed_at=_ago(said.pop("passed_h_ago")),
        held=held and PassFacts(**held),
        **said,
    )


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["name"])
def test_the_office_says_what_the_phone_says(case: dict[str, Any]) -> None:
    gate = case.get("demands", {})
    demands = None if gate is None else _demands(CASES["demands"] | gate)
    person = _person(CASES["seen"] | case.get("seen", {}))

    said = verdict(person, demands, AT)

    assert (said.word, said.rule) == (case["verdict"], case["rule"])


def test_scans_close_together_are_one_passage() -> None:
    times = [AT + timedelta(minutes=minutes) for minutes in (40, 0, 4, 8, 60)]

    found = passages(times, timedelta(minutes=5))

    assert found == [AT, AT + timedelta(minutes=40), AT + timedelta(minutes=60)]


def test_a_plate_is_masked_so_that_only_two_cars_in_a_queue_can_be_told_apart() -> None:
    assert masked_plate("青A·12345") == "青A***45"
    assert masked_plate("青 a 1234 5") == "青A***45"
    assert masked_plate("A1") == "***"
