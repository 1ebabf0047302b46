"""Lists that leave as .xlsx."""

import io
import zipfile
from contextlib import closing

import pytest
from django.db import connection
from django.http import FileResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import TooManyRows
from fangxian.kernel.http import Request
from fangxian.kernel.ledger import record_many, told
from fangxian.kernel.models import Event
from fangxian.kernel.tests import make

pytestmark = pytest.mark.django_db


def request() -> Request:
    asked = RequestFactory().get("/", {"export": "xlsx"})
    asked.actor = make.actor(within="1/")  # type: ignore[attr-defined]
    return asked  # type: ignore[return-value]


def sent(answer: FileResponse) -> list[list[object]]:
    file = answer.file_to_stream
    cells = make.sheet_of(answer)
    assert file is not None
    file.close()
    return cells


def test_what_leaves_is_on_record_and_runs_nothing() -> None:
    rows: list[list[object]] = [
        ["=1+1", 12, None],
        ["@SUM(A1)", 0.5, "+86"],
        ["王**", 3, "630105198301011234"],
    ]

    with override("en"):
        answer = sheets.download(request(), sheets.List.CASES, ["Name", "Age", "-"], iter(rows))

    assert sent(answer) == [
        ["Name", "Age", "'-"],
        ["'=1+1", 12, ""],
        ["'@SUM(A1)", 0.5, "'+86"],
        ["王**", 3, "630105198301011234"],
    ]
    assert "Cases" in answer["Content-Disposition"]
    event = Event.objects.get()
    assert (event.area_path, event.facts) == ("1/", {"list": "cases", "rows": 3})
    with override("zh-hans"):
        assert told(event, area="") == "导出全部区域的“病例”列表，共3行"


def test_a_list_says_it_was_narrowed_only_to_what_its_reader_sees() -> None:
    for path in ("1/2/", "7/"):
        sent(sheets.download(request(), sheets.List.CASES, ["Name"], [], area_path=path))

    assert list(Event.objects.order_by("seq").values_list("area_path", flat=True)) == ["1/2/", "1/"]


def test_names_are_looked_up_some_thousand_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_ROWS_AT_ONCE", 4)
    record_many([make.knock(n) for n in range(10)], actor=PLAYBOOK)
    chunks: list[int] = []

    def shown(chunk: list[Event]) -> list[list[str]]:
        chunks.append(len(chunk))
        return [[event.kind] for event in chunk]

    with CaptureQueriesContext(connection) as asked:
        rows = list(sheets.by_chunks(Event.objects.order_by("seq"), shown))

    assert (len(rows), chunks) == (10, [4, 4, 2])
    assert len(asked) == 2


def test_more_than_a_sheet_can_hold_is_refused_and_not_on_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    record_many([make.knock(n) for n in range(3)], actor=PLAYBOOK)

    with pytest.raises(TooManyRows):
        list(sheets.by_chunks(Event.objects.order_by("seq"), lambda chunk: [[] for _ in chunk]))
    with pytest.raises(TooManyRows):
        sheets.download(request(), sheets.List.EVENTS, ["What"], [["a"]] * 3)

    assert not Event.objects.filter(kind="kernel.list_exported").exists()


def test_rows_that_were_refused_are_given_back_as_they_came() -> None:
    file = io.BytesIO()

    count = sheets.write(file, ["Name"], [["=1+1"]], title="Rows", verbatim=True)

    assert (count, file.getvalue()[:2]) == (1, b"PK")


def test_a_copy_says_whose_it_is() -> None:
    with override("en"):
        answer = sheets.download(request(), sheets.List.CASES, ["Name"], iter([["王**"]]))

    with closing(answer):
        package = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    for part in ("xl/worksheets/sheet1.xml", "docProps/core.xml"):
        assert "Every export is on record" in package.read(part).decode()
