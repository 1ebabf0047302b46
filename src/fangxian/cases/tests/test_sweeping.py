"""The sweep as a job of the product: it proposes what the search of each case would propose."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from fangxian.areas.models import Site
from fangxian.cases.actions import find_contacts
from fangxian.cases.errors import NothingToSweep, SweepIsUnderWay
from fangxian.cases.models import Contact, Exposure, Sweep, SweepArea, Swept
from fangxian.cases.queries import (
    exposures_of,
    people_swept,
    sweeps_visible_to,
    swept_by,
)
from fangxian.cases.sweeping import carry_out_sweep, export_visits, folder_of
from fangxian.cases.sweeps import RiskBeside, ask_sweep, go_on_with_sweep, lay_risk_areas
from fangxian.cases.tests import make
from fangxian.engines.tracing.sweep import Standing
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import Hands
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account, Event
from fangxian.people.actions import merge_residents
from fangxian.people.models import Resident
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


# Risk areas beside a sweep


def _risk_beside(where: Site, **known: Any) -> RiskBeside:
    said: dict[str, Any] = {
        "risk_area_id": new_id(),
        "name": "Building 3",
        "level": "high",
        "rank": 3,
        "places": [where.area_path],
        "since": make.NOON - timedelta(days=2),
        "until": None,
    } | known
    return RiskBeside(**said)


def _guest(where: Site, **when: Any) -> Resident:
    who = people.resident()
    make.visit(who, where, **when)
    return who


def test_a_sweep_brings_back_who_was_in_a_risk_area_and_for_how_long(ma: Actor) -> None:
    _town()
    closed = make.site("药店", at=people.community())
    guest = _guest(closed, hours_ago=20, minutes=30)
    make.visit(guest, closed, hours_ago=10, minutes=15)
    early = _guest(closed, hours_ago=90, minutes=30)
    run = ask_sweep(ma)

    assert lay_risk_areas(ma, run.id, [_risk_beside(closed)]) == 1
    carry_out_sweep(ma, run.id)

    (exposed,) = exposures_of(ma, run.id, [guest.number, early.number])
    assert (exposed.person, exposed.visits, exposed.minutes) == (guest.number, 2, 45)
    assert exposed.last_at == make.NOON - timedelta(hours=10) + timedelta(minutes=15)
    (said,) = swept_by(ma, run.id, standings=[Standing.EXPOSED_HIGH])
    assert (said.person, said.last_at, said.reasons) == (guest.number, exposed.last_at, 1)


def test_a_sweep_says_of_each_person_the_weightiest_first(ma: Actor) -> None:
    _town()
    carry_out_sweep(ma, ask_sweep(ma).id)

    run = Sweep.objects.get()
    said = [one.standing for one in swept_by(ma, run.id)]
    assert said == sorted(said, reverse=True)
    assert said[:2] == [Standing.CASE, Standing.CASE]
    assert people_swept(ma, run.id)[Standing.CASE] == 2
    assert sum(people_swept(ma, run.id).values()) == run.figures["people"]


def test_a_sweep_changes_nothing_about_anybody_but_proposes(ma: Actor) -> None:
    _town()
    run = ask_sweep(ma)
    before = Event.objects.count()

    carry_out_sweep(ma, run.id)

    told = set(Event.objects.order_by("seq")[before:].values_list("kind", flat=True))
    assert told <= {"cases.contacts_proposed", "cases.sweep_ended"}
    ended = Event.objects.get(kind="cases.sweep_ended")
    assert ended.because_id == Event.objects.get(kind="cases.sweep_asked").id
    assert ended.facts["exposed"] == 0


def test_only_levels_count_that_ask_something_of_those_who_left(ma: Actor) -> None:
    _town()
    where = make.site()
    run = ask_sweep(ma)
    long_ago = make.NOON - timedelta(days=60)

    laid = lay_risk_areas(
        ma,
        run.id,
        [
            _risk_beside(where, level="low"),  # the rest of the district
            _risk_beside(where, level="unheard of"),
            _risk_beside(where, since=long_ago, until=long_ago + timedelta(days=5)),
            _risk_beside(where, level="medium", rank=2, since=long_ago),
        ],
    )

    assert laid == 1
    (area,) = run.areas.all()
    assert (area.level, area.weight) == ("medium", 2)
    assert area.since > long_ago  # no longer than the rules look back


def test_risk_areas_are_laid_beside_a_sweep_once(ma: Actor) -> None:
    _town()
    where = make.site()
    run = ask_sweep(ma)
    lay_risk_areas(ma, run.id, [_risk_beside(where)])

    assert lay_risk_areas(ma, run.id, [_risk_beside(where), _risk_beside(where)]) == 1


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"until": make.NOON - timedelta(days=9)}, "sweep_area_ends_after_it_began"),
        ({"weight": 4}, "sweep_area_is_of_a_known_weight"),
        ({"number": 1}, "sweep_area_is_once"),
    ],
)
def test_the_database_refuses_a_wrong_area(
    ma: Actor, broken: dict[str, Any], constraint: str
) -> None:
    _town()
    run = ask_sweep(ma)
    lay_risk_areas(ma, run.id, [_risk_beside(make.site())])
    said = {"number": 2, "weight": 3, "since": make.NOON, "until": make.NOON} | broken

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SweepArea.objects.create(
            sweep=run, risk_area=new_id(), name="x", level="high", places=["1/"], **said
        )


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"visits": 0}, "exposure_is_of_a_visit"),
        ({"last_at": make.NOON - timedelta(days=1)}, "exposure_ends_after_it_began"),
        ({"person": 1}, "exposure_is_once"),
    ],
)
def test_the_database_refuses_a_wrong_exposure(
    ma: Actor, broken: dict[str, Any], constraint: str
) -> None:
    _town()
    run = ask_sweep(ma)
    lay_risk_areas(ma, run.id, [_risk_beside(make.site())])
    area = run.areas.get()
    usual = {"visits": 1, "minutes": 5, "first_at": make.NOON, "last_at": make.NOON}
    Exposure.objects.create(sweep=run, area=area, person=1, **usual)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Exposure.objects.create(sweep=run, area=area, **({"person": 2} | usual | broken))


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [({"reasons": 0}, "swept_person_has_a_reason"), ({"person": 1}, "swept_person_is_once")],
)
def test_the_database_refuses_what_is_said_without_a_reason_or_twice(
    ma: Actor, broken: dict[str, Any], constraint: str
) -> None:
    _town()
    run = ask_sweep(ma)
    Swept.objects.create(sweep=run, person=1, standing=9, last_at=make.NOON, reasons=1)
    said = {"person": 2, "standing": 9, "last_at": make.NOON, "reasons": 1} | broken

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Swept.objects.create(sweep=run, **said)
