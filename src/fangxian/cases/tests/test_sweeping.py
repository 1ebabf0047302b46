"""The sweep as a job of the product: it proposes what the search of each case would propose."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from fangxian.cases.actions import find_contacts
from fangxian.cases.errors import NothingToSweep, SweepIsUnderWay
from fangxian.cases.models import Contact, Sweep
from fangxian.cases.queries import sweeps_visible_to
from fangxian.cases.sweeping import carry_out_sweep, export_visits, folder_of
from fangxian.cases.sweeps import ask_sweep, go_on_with_sweep
from fangxian.cases.tests import make
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import Hands
from fangxian.kernel.models import Account
from fangxian.people.actions import merge_residents
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

FOUND = ("resident_id", "kind", "how", "place", "evidence", "meetings", "minutes", "first_at")


@pytest.fixture(autouse=True)
def _home(noon: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make.rules()
    monkeypatch.setattr("fangxian.kernel.embedded.home", lambda: tmp_path)


@pytest.fixture
def ma() -> Actor:
    duties = [str(Duty.INVESTIGATE), str(Duty.SEE_REGISTER)]
    return Account.objects.create(username="ma", display_name="Ma", duties=duties).actor


def _town() -> list[Any]:
    """Two cases in a market of twelve, on two days."""
    everybody = [people.resident() for _ in range(12)]
    market, canteen = make.site(), make.site("食堂")
    for n, one in enumerate(everybody):
        make.visit(one, market, hours_ago=30 - n, minutes=90)
        make.visit(one, canteen, hours_ago=20 - n / 4, minutes=20)
    return [make.case(everybody[0]), make.case(everybody[7])]


def _contacts(cases: list[Any]) -> list[tuple[Any, ...]]:
    rows = Contact.objects.filter(case__in=cases)
    return sorted(rows.values_list("case_id", *FOUND), key=str)


def test_a_sweep_proposes_exactly_what_searching_each_case_proposes(ma: Actor) -> None:
    cases = _town()
    for case in cases:
        find_contacts(make.MA, case.id)
    searched = _contacts(cases)
    Contact.objects.all().delete()

    run = carry_out_sweep(ma, ask_sweep(ma).id)

    assert _contacts(cases) == searched
    assert len(searched) >= 6
    assert (run.state, run.proposed) == (Sweep.State.DONE, len(searched))
    assert run.figures["cases"] == 2
    assert run.figures["visits"] == 24
    assert not folder_of(run).exists()


def test_a_sweep_again_proposes_nobody_twice(ma: Actor) -> None:
    _town()
    carry_out_sweep(ma, ask_sweep(ma).id)

    again = carry_out_sweep(ma, ask_sweep(ma).id)

    assert again.proposed == 0


def test_the_record_that_was_merged_is_the_same_person(ma: Actor, tmp_path: Path) -> None:
    kept, old = people.resident(), people.resident(identity=None)
    make.visit(old, make.site(), hours_ago=20)
    merge_residents(people.KEEPER, kept.id, old.id, reason="one person")

    export_visits(ma, tmp_path / "x", make.NOON.replace(year=2021), make.NOON)

    (path,) = (tmp_path / "x" / "visits" / "by_person").glob("*/*.parquet")
    assert pq.read_table(path, partitioning=None)["person"].to_pylist() == [kept.number]


def test_a_sweep_without_an_open_case_is_refused(ma: Actor) -> None:
    with pytest.raises(NothingToSweep):
        ask_sweep(ma)


def test_only_one_sweep_is_under_way(ma: Actor) -> None:
    _town()
    ask_sweep(ma)
    with pytest.raises(SweepIsUnderWay):
        ask_sweep(ma)


def test_a_sweep_that_cannot_write_says_so_and_goes_on_when_it_can(
    ma: Actor, tmp_path: Path
) -> None:
    cases = _town()
    (tmp_path / "sweeps").write_text("in the way")  # no folder can be made here

    stopped = carry_out_sweep(ma, ask_sweep(ma).id)

    assert (stopped.state, stopped.reason) == (Sweep.State.STOPPED, "cannot_write")
    assert not Contact.objects.filter(case__in=cases).exists()

    (tmp_path / "sweeps").unlink()
    done = carry_out_sweep(ma, go_on_with_sweep(ma, stopped.id).id)
    assert done.state == Sweep.State.DONE
    assert Contact.objects.filter(case__in=cases).exists()


def test_spark_that_is_not_there_stops_the_sweep_with_its_reason(
    ma: Actor, settings: Any, tmp_path: Path
) -> None:
    settings.SWEEP_ENGINE = "spark"
    settings.SWEEP_MASTER = "spark://127.0.0.1:9"
    _town()

    stopped = carry_out_sweep(ma, ask_sweep(ma).id)

    assert (stopped.state, stopped.reason) == (Sweep.State.STOPPED, "no_cluster")
    assert "No Spark master answers" in stopped.said
    shutil.rmtree(folder_of(stopped))


def test_sweeps_of_elsewhere_are_not_seen(ma: Actor) -> None:
    _town()
    run = ask_sweep(ma)
    Sweep.objects.filter(id=run.id).update(area_path="1/2/")

    assert not sweeps_visible_to(make.investigator(within="1/3/")).exists()


def test_a_sweep_that_ended_has_a_time(ma: Actor) -> None:
    with (
        pytest.raises(IntegrityError, match="sweep_that_ended_has_a_time"),
        transaction.atomic(),
    ):
        Sweep.objects.create(account_id=ma.id, engine="duckdb", state=Sweep.State.DONE)


def test_the_page_asks_for_a_sweep_and_shows_how_far_it_is(ma: Actor) -> None:
    _town()
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(Account.objects.get(username="ma"))

    assert "Nothing has been swept yet" in browser.get("/cases/sweeps").content.decode()
    asked = browser.post("/cases/sweeps")

    run = Sweep.objects.get()
    assert asked.headers["Location"].endswith(str(run.id))
    Sweep.objects.update(state="running", what="meetings", on="2022-09-01", done=3, steps=12)
    page = browser.get(f"/cases/sweeps/{run.id}").content.decode()
    assert "25 %" in page
    assert "2022-09-01" in page
    carry_out_sweep(ma, run.id)
    page = browser.get(f"/cases/sweeps/{run.id}/progress").content.decode()
    assert "Decide on the contacts" in page
    assert "hx-get" not in page
    assert "Ma" in browser.get("/cases/sweeps").content.decode()
