"""`fangxian people`: the register from the command line."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from fangxian.areas.queries import area_by_code
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Refusal
from fangxian.people.actions import import_residents
from fangxian.people.models import ImportRun


def people(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fangxian people", description="The register of residents.")
    actions = parser.add_subparsers(dest="what", required=True)
    take = actions.add_parser("import", help="take a list (.xlsx or CSV) into the register")
    take.add_argument("file", type=Path)
    take.add_argument("--area", required=True, help="division code that the list belongs to")
    take.add_argument("--add-dwellings", action="store_true", help="add doors that are missing")
    take.add_argument("--errors", type=Path, help="where to write the rows that were not taken")
    take.add_argument("--language", default="zh-hans", choices=["zh-hans", "en"])
    options = parser.parse_args(argv)
    try:
        return _import(options)
    except Refusal as refusal:
        print(refusal.message, file=sys.stderr)
        return 1


def _import(options: argparse.Namespace) -> int:
    area = area_by_code(PLAYBOOK, options.area)
    run = import_residents(
        replace(PLAYBOOK, within=area.path),
        options.file.read_bytes(),
        options.file.name,
        area_path=area.path,
        add_dwellings=options.add_dwellings,
        language=options.language,
        progress=lambda run: print(
            f"\r{run.rows_read:,} of {run.rows_in_all:,} rows", end="", flush=True
        ),
    )
    if run.state == ImportRun.State.REFUSED:
        print(run.reason, file=sys.stderr)
        return 1
    print(
        f"\n{run.rows_taken:,} taken, {run.rows_known:,} known already,"
        f" {run.rows_refused:,} refused, {run.offers:,} possible duplicates."
    )
    if run.errors:
        where = options.errors or options.file.with_name(options.file.stem + ".refused.xlsx")
        where.write_bytes(run.refused_rows())
        print(f"Rows that were not taken: {where}")
    return 0
