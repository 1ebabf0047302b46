"""A real cluster, one master and two workers on this machine, answers like DuckDB, row for row."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fangxian.engines.tracing import town
from fangxian.engines.tracing.sweep import (
    DuckDB,
    Spark,
    SweepFailed,
    java_home,
    sweep,
    write_visits,
)
from fangxian.engines.tracing.tests import towns
from fangxian.engines.tracing.tests.towns import DAY_ONE, RULES

NAMES = ("stays", "meetings", "contacts", "exposures", "status")


def test_a_cluster_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers here
        master = f"spark://127.0.0.1:{held.getsockname()[1]}"
        began = time.monotonic()

        with pytest.raises(SweepFailed, match="No Spark master answers") as refused:
            Spark(master=master, java=tmp_path)

    assert refused.value.code == "no_cluster"
    assert time.monotonic() - began < 10


def test_java_comes_with_the_extra_where_the_machine_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")

    home = java_home(tmp_path / "java")

    monkeypatch.undo()
    asked = [str(home / "bin" / "java"), "--add-modules=jdk.incubator.vector", "-version"]
    ran = subprocess.run(asked, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """Master and workers as on three machines: processes of their own, found by address."""
    pyspark = pytest.importorskip("pyspark")
    java = java_home(tmp_path / "java")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    master = f"spark://127.0.0.1:{port}"
    roles = {
        "master": ["master.Master", "--host", "127.0.0.1", "--port", str(port)],
        "one": ["worker.Worker", "--host", "127.0.0.1", "-c", "1", "-m", "512m", master],
        "two": ["worker.Worker", "--host", "127.0.0.1", "-c", "1", "-m", "512m", master],
    }
    environment = os.environ | {
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "JAVA_HOME": str(java),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_WORKER_DIR": str(tmp_path / "work"),
        "PYSPARK_PYTHON": sys.executable,
    }
    started = []
    log = (tmp_path / "cluster.log").open("w")
    try:
        for name, (kind, *rest) in roles.items():
            words = [f"{environment['SPARK_HOME']}/bin/spark-class"]
            words += [f"org.apache.spark.deploy.{kind}", "--webui-port", "0", *rest]
            started.append(
                subprocess.Popen(
                    words, env=environment, stdout=log, stderr=log, start_new_session=True
                )
            )
            if name == "master":
                _wait_for(port)
        yield master
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("the master did not start")


@pytest.mark.cluster
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_answers_as_duckdb_does_row_for_row(tmp_path: Path, cluster: str) -> None:
    days = [DAY_ONE + timedelta(days=n) for n in range(2)]
    for on in days:
        write_visits(tmp_path / "visits", on, town.visits_of_day(on, people=400))
    cases = town.cases_of(days[-1], people=400, cases=12, days=7)
    risks = town.risks_of(days[-1], people=400, places=5)
    spark = Spark(master=cluster, memory="512m", partitions=2, java=java_home(tmp_path / "java"))
    try:
        sweep(
            spark,
            visits=tmp_path / "visits",
            cases=cases,
            risks=risks,
            out=tmp_path / "spark",
            rules=RULES,
        )
    finally:
        spark.close()
    duckdb = DuckDB(spill=tmp_path / "spill", threads=1)
    sweep(
        duckdb,
        visits=tmp_path / "visits",
        cases=cases,
        risks=risks,
        out=tmp_path / "duckdb",
        rules=RULES,
    )

    for name in NAMES:
        mine = towns.answers(tmp_path / "duckdb", name)
        assert mine
        assert towns.answers(tmp_path / "spark", name) == mine
