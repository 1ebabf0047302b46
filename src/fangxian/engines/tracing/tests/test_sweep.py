"""The sweep finds exactly whom the rule finds; stopped, it goes on; what is wrong is refused."""

import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.engines.tracing import town
from fangxian.engines.tracing.sweep import (
    CASES,
    RISKS,
    DuckDB,
    Progress,
    Rules,
    Standing,
    SweepFailed,
    read_cases,
    read_risks,
    sweep,
    visits_in,
    write_visits,
)
from fangxian.engines.tracing.tests import towns
from fangxian.engines.tracing.tests.towns import DAY_ONE, MINUTE_ONE, RULES, Visit


@contextmanager
def duckdb(folder: Path) -> Iterator[DuckDB]:
    engine = DuckDB(memory="256MiB", threads=1, spill=folder / "spill")
    try:
        yield engine
    finally:
        engine.close()


visits = st.builds(
    lambda place, person, began, lasted, evidence: (place, person, began, began + lasted, evidence),
    st.integers(1, 3),
    st.integers(1, 5),
    st.one_of(st.integers(0, 3 * 1440 - 1), st.integers(1400, 1480)),
    st.one_of(st.integers(0, 90), st.integers(0, 2000)),
    st.integers(1, 4),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    there=st.lists(visits, min_size=1, max_size=40),
    windows=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 4000), st.integers(0, 3000))),
    tolerance=st.sampled_from([0, 5, 15, 1500]),
    close_minutes=st.sampled_from([None, 15, 60]),
    at_once=st.sampled_from([3, 4_000_000]),
)
def test_the_sweep_finds_exactly_whom_the_rule_finds(
    there: list[Visit],
    windows: list[tuple[int, int, int]],
    tolerance: int,
    close_minutes: int | None,
    at_once: int,
) -> None:
    rules = Rules(tolerance=tolerance, close_minutes=close_minutes)
    cases = towns.cases(
        *((n, who, since, since + span) for n, (who, since, span) in enumerate(windows, start=1))
    )
    with TemporaryDirectory() as name, duckdb(Path(name)) as engine:
        folder = towns.write(Path(name) / "visits", there)
        out = Path(name) / "out"

        sweep(engine, visits=folder, cases=cases, out=out, rules=rules, meetings_at_once=at_once)

        assert towns.answers(out, "contacts") == towns.by_brute_force(there, cases, rules)


def test_a_made_up_town_of_a_week_is_swept_as_the_rule_says(tmp_path: Path) -> None:
    there: list[Visit] = []
    for n in range(7):
        day = town.visits_of_day(DAY_ONE + timedelta(days=n), people=60, seed=3)
        write_visits(tmp_path / "visits", DAY_ONE + timedelta(days=n), day)
        there += [
            (
                row["place"],
                row["person"],
                row["began"] - MINUTE_ONE,
                row["ended"] - MINUTE_ONE,
                row["evidence"],
            )
            for row in day.to_pylist()
        ]
    cases = town.cases_of(DAY_ONE + timedelta(days=6), people=60, cases=8, days=7)

    with duckdb(tmp_path) as engine:
        figures = sweep(
            engine, visits=tmp_path / "visits", cases=cases, out=tmp_path / "out", rules=RULES
        )

    expected = towns.by_brute_force(there, cases, RULES)
    assert towns.answers(tmp_path / "out", "contacts") == expected
    assert figures.contacts == len(expected) > 100
    assert figures.visits == len(there)


def test_a_person_stands_where_the_weightiest_reason_puts_them(tmp_path: Path) -> None:
    market, hall, corner = 1, 2, 3
    there = [
        (market, 10, 600, 700, 3),  # the case
        (market, 20, 600, 660, 3),  # an hour together: close
        (market, 30, 695, 800, 3),  # five minutes together: general …
        (hall, 30, 900, 960, 3),  # … but an hour in a high-risk area
        (market, 40, 700, 705, 3),
        (hall, 50, 2000, 2010, 4),
        (corner, 60, 600, 700, 3),  # nobody else was here
    ]
    risks = pa.Table.from_pylist(
        [{"area": 7, "place": hall, "level": 3, "since": MINUTE_ONE, "until": MINUTE_ONE + 9000}],
        schema=RISKS,
    )
    with duckdb(tmp_path) as engine:
        sweep(
            engine,
            visits=towns.write(tmp_path / "visits", there),
            cases=towns.cases((1, 10, 0, 1440)),
            risks=risks,
            out=tmp_path / "out",
            rules=RULES,
        )

    standings = {row[0]: Standing(row[1]) for row in towns.answers(tmp_path / "out", "status")}
    assert standings == {
        10: Standing.CASE,
        20: Standing.CLOSE,
        30: Standing.EXPOSED_HIGH,
        40: Standing.GENERAL,
        50: Standing.EXPOSED_HIGH,
    }
    reasons = {row[0]: row[3] for row in towns.answers(tmp_path / "out", "status")}
    assert reasons[30] == 2
    exposures = towns.answers(tmp_path / "out", "exposures")
    assert [row[:5] for row in exposures] == [(30, 7, 3, 1, 60), (50, 7, 3, 1, 10)]


# Stopped and started again

SMALL: list[Visit] = [
    (place, person, 1440 * day + 60 * place + person, 1440 * day + 60 * place + 90, 3)
    for day in range(4)
    for place in range(1, 6)
    for person in range(1, 30)
]
SMALL_CASES = towns.cases((1, 1, 0, 5000), (2, 7, 1440, 4000))


def _ask(folder: Path, out: str = "out") -> list[tuple[int, ...]]:
    with duckdb(folder) as engine:
        sweep(
            engine,
            visits=folder / "visits",
            cases=SMALL_CASES,
            out=folder / out,
            rules=RULES,
        )
    return towns.answers(folder / out, "contacts")


def test_a_sweep_that_was_stopped_goes_on_with_the_day_it_stopped_at(tmp_path: Path) -> None:
    towns.write(tmp_path / "visits", SMALL)
    whole = _ask(tmp_path, "whole")

    class Stopped(Exception):  # noqa: N818
        pass

    def stop(progress: Progress) -> None:
        if progress.what == "meetings" and progress.on == "2022-09-03":
            raise Stopped

    with duckdb(tmp_path) as engine, pytest.raises(Stopped):
        sweep(
            engine,
            visits=tmp_path / "visits",
            cases=SMALL_CASES,
            out=tmp_path / "out",
            rules=RULES,
            progress=stop,
        )
    first = tmp_path / "out" / "meetings" / "day=2022-09-01" / "part.parquet"
    written = first.stat().st_mtime_ns

    assert _ask(tmp_path) == whole
    assert first.stat().st_mtime_ns == written


def test_a_disk_that_fills_leaves_nothing_half_done_and_the_sweep_goes_on(tmp_path: Path) -> None:
    """The limit on file sizes is real: the write fails in the middle of the third question."""
    towns.write(tmp_path / "visits", SMALL)
    whole = _ask(tmp_path, "whole")
    stays = max(path.stat().st_size for path in (tmp_path / "whole" / "stays").glob("*/*.parquet"))
    meetings = [
        path.stat().st_size for path in (tmp_path / "whole" / "meetings").glob("*/*.parquet")
    ]
    assert stays < min(meetings)
    script = f"""
        import resource
        from pathlib import Path
        from fangxian.engines.tracing.tests.test_sweep import _ask
        resource.setrlimit(resource.RLIMIT_FSIZE, ({min(meetings) - 1},) * 2)
        _ask(Path({str(tmp_path)!r}))
    """

    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 1
    assert "Make room and start the same sweep again" in ran.stderr.splitlines()[-1]
    out = tmp_path / "out"
    assert (out / "stays" / "day=2022-09-01").is_dir()
    assert not list((out / "meetings").glob("*/*")) if (out / "meetings").exists() else True
    assert not [path for path in out.rglob(".*") if path.is_dir()]

    assert _ask(tmp_path) == whole


def test_a_folder_that_holds_another_sweep_is_left_alone(tmp_path: Path) -> None:
    towns.write(tmp_path / "visits", SMALL)
    _ask(tmp_path)
    with duckdb(tmp_path) as engine, pytest.raises(SweepFailed) as refused:
        sweep(
            engine,
            visits=tmp_path / "visits",
            cases=towns.cases((1, 2, 0, 5000)),
            out=tmp_path / "out",
            rules=RULES,
        )

    assert refused.value.code == "another_sweep"


# What is wrong is refused before anything is written


def _refused(folder: Path) -> SweepFailed:
    with pytest.raises(SweepFailed) as refused:
        _ask(folder)
    assert not (folder / "out").exists()
    return refused.value


def test_parquet_of_another_schema_is_refused_naming_file_and_column(tmp_path: Path) -> None:
    towns.write(tmp_path / "visits", SMALL)
    path = tmp_path / "visits" / "by_place" / "day=2022-09-02" / "visits.parquet"
    rows = pq.read_table(path, partitioning=None).drop_columns(["evidence"])
    pq.write_table(rows.set_column(2, "began", rows["began"].cast(pa.int64())), path)

    refusal = _refused(tmp_path)

    assert refusal.code == "wrong_file"
    assert "column “began” is int64, not int32; column “evidence” is missing" in str(refusal)


def test_something_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    towns.write(tmp_path / "visits", SMALL)
    (tmp_path / "visits" / "by_person" / "day=2022-09-02" / "visits.parquet").write_text("hello")

    assert "no readable Parquet file" in str(_refused(tmp_path))


def test_visits_of_others_that_end_before_they_begin_are_refused(tmp_path: Path) -> None:
    towns.write(tmp_path / "visits", SMALL)
    backwards = towns.table([(1, 1, 100, 40, 3), (1, 1, 100, 140, 3)])
    for copy in ("by_place", "by_person"):
        pq.write_table(backwards, tmp_path / "visits" / copy / "day=2022-09-01" / "visits.parquet")

    refusal = _refused(tmp_path)

    assert refusal.code == "wrong_visits"
    assert "1 visits end before they begin" in str(refusal)


def test_backward_visits_are_not_written_either(tmp_path: Path) -> None:
    with pytest.raises(SweepFailed, match="end before they begin"):
        write_visits(tmp_path, DAY_ONE, towns.table([(1, 1, 100, 40, 3)]))

    assert not list(tmp_path.rglob("*.parquet"))


def test_a_visit_in_the_folder_of_another_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SweepFailed, match="did not begin on 2022-09-01"):
        write_visits(tmp_path, DAY_ONE, towns.table([(1, 1, 2000, 2040, 3)]))


def test_two_copies_that_differ_are_refused(tmp_path: Path) -> None:
    towns.write(tmp_path / "visits", SMALL)
    shutil.rmtree(tmp_path / "visits" / "by_person" / "day=2022-09-02")

    assert "two copies of the visits of 2022-09-02 differ" in str(_refused(tmp_path))


def test_an_empty_folder_holds_no_visits(tmp_path: Path) -> None:
    with pytest.raises(SweepFailed, match="there are no visits here"):
        visits_in(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("case_id,person,since\n1,2,3\n", "column “until” is missing"),
        ("case_id,person,since,until\n1,x,3,4\n", "line 2"),
        ("case_id,person,since,until\n1,2,9,4\n", "row 1 ends before it begins"),
        ("case_id,person,since,until\n1,2,2022-09-01T10:00,4\n", "does not say its time zone"),
        ("case_id,person,since,until\n1,2,3,4\n1,2,3,4\n", "case 1 is there more than once"),
        ("case_id,person,since,until\n1,99999999999,3,4\n", "too large"),
    ],
)
def test_a_list_of_cases_that_is_wrong_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SweepFailed, match=said):
        read_cases(path)


def test_cases_may_come_with_times_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(
        "case_id,person,since,until\n1,2,1970-01-01T08:10+08:00,1970-01-01T01:00Z\n",
        encoding="utf-8",
    )

    assert read_cases(path).to_pylist() == [{"case_id": 1, "person": 2, "since": 10, "until": 60}]


def test_a_level_that_no_risk_area_has_is_refused(tmp_path: Path) -> None:
    row = {"area": 1, "place": 1, "level": 9, "since": 0, "until": 1}
    pq.write_table(pa.Table.from_pylist([row], schema=RISKS), tmp_path / "risks.parquet")

    with pytest.raises(SweepFailed, match="level 9"):
        read_risks(tmp_path / "risks.parquet")


def test_no_case_at_all_is_an_answer_too(tmp_path: Path) -> None:
    towns.write(tmp_path / "visits", SMALL)
    with duckdb(tmp_path) as engine:
        figures = sweep(
            engine,
            visits=tmp_path / "visits",
            cases=CASES.empty_table(),
            out=tmp_path / "out",
            rules=RULES,
        )

    assert (figures.contacts, figures.people) == (0, 0)
    assert json.loads((tmp_path / "out" / "sweep.json").read_text())["figures"]["contacts"] == 0
