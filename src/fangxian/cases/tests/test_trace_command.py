"""`fangxian trace`, as somebody with a terminal uses it."""

import re
from pathlib import Path

import pytest

from fangxian.cases.commands import trace
from fangxian.cases.tests import make
from fangxian.engines.tracing.tests import towns
from fangxian.kernel.clock import Hands
from fangxian.people.tests import make as people


def test_a_made_up_town_is_swept_and_the_second_time_nothing_is_left_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ["town", "--people", "300", "--days", "5", "--cases", "6", "--out", str(tmp_path / "t")]
    assert trace(made) == 0
    asked = ["sweep", "--visits", str(tmp_path / "t/visits"), "--threads", "1"]
    asked += ["--cases", str(tmp_path / "t/cases.parquet"), "--out", str(tmp_path / "a")]

    assert trace(asked) == 0
    first = towns.answers(tmp_path / "a", "contacts")
    assert trace(asked) == 0

    assert first == towns.answers(tmp_path / "a", "contacts")
    said = capsys.readouterr()
    assert re.search(r"6 cases against 4,\d{3} visits of 5 days in .* contacts", said.out)
    assert "stays" in said.err


def test_what_is_wrong_is_said_and_the_exit_code_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cases.csv").write_text("case_id,person,since,until\n", encoding="utf-8")
    asked = ["sweep", "--visits", str(tmp_path), "--out", str(tmp_path / "a")]
    asked += ["--cases", str(tmp_path / "cases.csv")]

    assert trace(asked) == 1
    assert "there are no visits here" in capsys.readouterr().err
    assert trace([*asked, "--pack", "cn-v99"]) == 1
    assert "cn-v99" in capsys.readouterr().err
    assert trace([*asked, "--engine", "spark", "--master", "spark://127.0.0.1:9"]) == 1
    assert "No Spark master answers" in capsys.readouterr().err


@pytest.mark.django_db
def test_visits_and_cases_leave_the_database_as_numbers(
    noon: Hands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.rules()
    ill = people.resident()
    make.visit(ill, make.site(), hours_ago=20)
    make.case(ill)
    asked = ["export", "--since", "2022-09-01", "--until", "2022-09-03", "--out", str(tmp_path)]

    assert trace(asked) == 0
    assert "Visits of 1 days and 1 open cases" in capsys.readouterr().out
    swept = ["sweep", "--visits", str(tmp_path / "visits"), "--out", str(tmp_path / "a")]
    assert trace([*swept, "--cases", str(tmp_path / "cases.parquet")]) == 0
    assert "1 cases against 1 visits" in capsys.readouterr().out
