"""All cases against all visits of an incident, from Parquet to Parquet, in bounded memory.

    write_visits, read_cases, read_risks   what goes in (layout.py)
    stays, meetings, contacts, …           what is asked, written once in Ibis (questions.py)
    DuckDB, Spark                          who answers; the same rows, to the last one
    sweep                                  asks day by day, and goes on where it was stopped

The rule is that of `fangxian.engines.tracing.met_by`, at whole minutes. Nothing here knows a
person's name: people and places are numbers, times are minutes since 1970 in UTC.
"""

from fangxian.engines.tracing.sweep.engines import DuckDB, Engine, Spark, java_home
from fangxian.engines.tracing.sweep.errors import SweepFailed, WrongVisits
from fangxian.engines.tracing.sweep.layout import (
    CASES,
    RISKS,
    VISITS,
    cannot_write,
    days_of,
    read_cases,
    read_risks,
    visits_in,
    write_visits,
)
from fangxian.engines.tracing.sweep.run import Figures, Progress, Rules, rows_of, sweep
from fangxian.engines.tracing.sweep.standing import Standing

__all__ = [
    "CASES",
    "RISKS",
    "VISITS",
    "DuckDB",
    "Engine",
    "Figures",
    "Progress",
    "Rules",
    "Spark",
    "Standing",
    "SweepFailed",
    "WrongVisits",
    "cannot_write",
    "days_of",
    "java_home",
    "read_cases",
    "read_risks",
    "rows_of",
    "sweep",
    "visits_in",
    "write_visits",
]
