"""The whole day, in a small district of its own, as anybody would play it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fangxian.exercise import district

PEOPLE = 6000


def demo(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, FANGXIAN_HOME=str(home), FANGXIAN_MODE="demo")
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "fangxian", "demo", "--once", "--people", str(PEOPLE)]
    return subprocess.run(
        [*command, "--lang", "en", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.day
def test_no_link_of_the_day_is_missing_and_other_rules_play_another_day(tmp_path: Path) -> None:
    home = Path(os.environ.get("FANGXIAN_HOME", tmp_path))

    played = demo(home, "--pack", "cn-10")

    assert played.returncode == 0, played.stderr
    assert "MISSING" not in played.stderr
    told = played.stdout
    for link in (
        "swabs is positive",
        "was issued: stay in place until the retest",
        "was reported in",
        "were proposed",
        "became risk area",
        "left for emergency care",
        "the hospital has taken over",
    ):
        assert link in told, link
    differences = told[told.index("cn-v9@1 → cn-10@1") :]
    assert "Close contacts: " in differences
    assert "orders: central_quarantine" in differences
    assert "0 breaks" in differences


def test_a_demonstration_refuses_a_database_that_may_hold_people(tmp_path: Path) -> None:
    environment = dict(
        os.environ, DATABASE_URL="postgresql:///fangxian?host=/nowhere", FANGXIAN_MODE="demo"
    )
    environment.pop("DJANGO_SETTINGS_MODULE", None)

    refused = subprocess.run(
        [sys.executable, "-m", "fangxian", "demo", "--once", "--lang", "en"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert refused.returncode == 1
    assert "_demo" in refused.stderr


def test_a_district_of_other_tables_is_not_taken_for_this_one(tmp_path: Path) -> None:
    table = tmp_path / "0001_initial.py"
    table.write_text("one")
    before = district.digest_of([table])

    table.write_text("two")

    assert district.digest_of([table]) != before
    assert district.template_name(5) == district.template_name(5) != district.template_name(50)


@pytest.mark.parametrize("people", [0, 3_000, district.LEAST_PEOPLE - 1])
def test_a_day_with_too_few_people_is_refused_before_anything_is_built(people: int) -> None:
    refusal = district.too_few(people)

    assert refusal is not None
    assert "--people 6000" in refusal
    assert district.too_few(district.LEAST_PEOPLE) is None
