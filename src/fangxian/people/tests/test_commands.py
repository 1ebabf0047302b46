"""`fangxian people import`: what the operator sees."""

from pathlib import Path

import pytest

from fangxian.people.commands import people
from fangxian.people.models import Resident
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db


def test_a_list_is_imported_and_its_bad_rows_written_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.dwelling(within=make.community("朝阳社区", code="630105001001"))
    file = tmp_path / "list.xlsx"
    file.write_bytes(make.sheet(make.row("王建国"), make.row("马成", door="999")))

    code = people(["import", str(file), "--area", "630105001001"])

    said = capsys.readouterr().out
    assert code == 0
    assert "1 taken, 0 known already, 1 refused" in said
    assert (tmp_path / "list.refused.xlsx").read_bytes().startswith(b"PK")
    assert Resident.objects.count() == 1


def test_a_refused_file_or_an_unknown_area_ends_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.community(code="630105001001")
    file = tmp_path / "list.csv"
    file.write_text("nothing of use\n", encoding="utf-8")

    assert people(["import", str(file), "--area", "630105001001", "--language", "en"]) == 1
    assert "must name the columns" in capsys.readouterr().err
    assert people(["import", str(file), "--area", "999"]) == 1
