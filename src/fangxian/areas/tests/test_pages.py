"""The doors: what the pages show, refuse and cost."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fangxian.areas.actions import end_area, import_edition
from fangxian.areas.commands import areas as areas_command
from fangxian.areas.models import Area, EditionChange
from fangxian.areas.tests import make
from fangxian.areas.tests.make import PLANNER_HE
from fangxian.areas.tests.test_editions import AS_IT_WAS, changed, write
from fangxian.areas.tests.test_outlines import DEMO, built, collection
from fangxian.kernel.access import Duty
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests.make import sheet_of

pytestmark = pytest.mark.django_db
Queries = Callable[[int], Any]


def signed_in(within: str = "", *duties: Duty) -> Client:
    account = Account.objects.create(
        username=f"he{Account.objects.count()}", area_path=within, duties=[d.value for d in duties]
    )
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(account)
    return client


def test_browsing_begins_at_ones_own_area_and_goes_down() -> None:
    root = make.district()
    client = signed_in(root.path)

    page = client.get(reverse("areas:tree")).content.decode()

    assert "城北区" in page
    assert "朝阳街道办事处" in page
    assert reverse("areas:changes") not in page
    below = client.get(reverse("areas:area_at", args=[make.area("630105001").path]))
    assert "山川社区居民委员会" in below.content.decode()


def test_what_an_area_consists_of_is_exported_and_on_record() -> None:
    root = make.district()
    Area.objects.filter(code="630105002").update(name="=1+1")

    rows = sheet_of(signed_in(root.path).get(reverse("areas:tree"), {"export": "xlsx"}))

    assert rows == [
        ["Name", "Level", "Division code", "State"],
        ["朝阳街道办事处", "subdistrict", "630105001", "in use"],
        ["'=1+1", "subdistrict", "630105002", "in use"],
    ]
    event = Event.objects.get(kind="kernel.list_exported")
    assert (event.area_path, event.facts) == (root.path, {"list": "areas", "rows": 2})


def test_an_empty_tree_says_how_to_fill_it() -> None:
    assert "fangxian areas import" in signed_in().get(reverse("areas:tree")).content.decode()


def test_a_place_outside_ones_area_does_not_exist() -> None:
    make.district()
    client = signed_in(make.area("630105001").path, Duty.MANAGE_AREAS)

    answer = client.get(reverse("areas:area", args=[make.area("630105002").id]))

    assert answer.status_code == 404


def test_an_area_with_many_sites_costs_no_more_questions(
    django_assert_max_num_queries: Queries,
) -> None:
    root = make.district()
    built(root)
    client = signed_in(root.path, Duty.MANAGE_AREAS)
    client.get(reverse("areas:tree"))

    with django_assert_max_num_queries(14):
        page = client.get(reverse("areas:area", args=[root.id])).content.decode()

    assert "采样点" in page
    second = client.get(reverse("areas:area", args=[root.id]) + "?sites=broken")
    assert second.status_code == 422
    here = client.get(reverse("areas:area", args=[root.id]) + "?export=xlsx&list=sites")
    header, *rows = sheet_of(here)
    assert header == ["Name", "Kind", "Place", "Capacity"]
    assert "采样点" in rows[0][0]
    told = Event.objects.get(kind="kernel.list_exported").facts
    assert told == {"list": "sites", "rows": len(rows)}


def test_an_area_is_renamed_and_ended_from_its_page() -> None:
    root = make.district()
    client = signed_in(root.path, Duty.MANAGE_AREAS)
    community = make.area("630105001001")

    client.post(reverse("areas:rename", args=[community.id]), {"name": "向阳社区"})
    client.post(reverse("areas:end", args=[community.id]))

    community.refresh_from_db()
    assert community.name == "向阳社区"
    assert community.ended_at is not None
    refused = client.post(reverse("areas:rename", args=[community.id]), {"name": ""})
    assert refused.status_code == 422


def test_changes_are_listed_and_decided() -> None:
    root = make.district()
    import_edition(
        PLANNER_HE,
        make.table(
            *changed(
                c630105001001=("630105001001", "朝阳社区居委会"),
                c630105001200=("630105001003", "北园社区居委会"),
                c630105002001=None,
            )
        ),
        district="630105",
        edition=2021,
    )
    client = signed_in(root.path, Duty.MANAGE_AREAS)

    page = client.get(reverse("areas:changes")).content.decode()
    _header, *rows = sheet_of(client.get(reverse("areas:changes"), {"export": "xlsx"}))
    assert {row[0] for row in rows} >= {"renamed", "no longer listed", "ambiguous"}
    assert page.count("朝阳社区居委会") == 1
    assert "北园村委会" in page
    assert "朝阳街道 北园村" in page
    doubt = EditionChange.objects.get(kind="ambiguous")
    assert (
        client.post(reverse("areas:decide"), {"change": doubt.id, "accept": "yes"}).status_code
        == 409
    )
    assert (
        client.post(
            reverse("areas:decide"), {"change": doubt.id, "accept": "yes", "means": "rubbish"}
        ).status_code
        == 409
    )
    village = make.area("630105001200")
    client.post(reverse("areas:decide"), {"change": doubt.id, "accept": "yes", "means": village.id})
    client.post(reverse("areas:decide"), {"every": "on", "accept": "yes"})

    assert make.area("630105001003").id == village.id
    assert make.area("630105001001").name == "朝阳社区居委会"
    assert Area.objects.get(code="630105002001").ended_at is not None
    after = client.get(reverse("areas:changes")).content.decode()
    assert "No changes wait" in after
    assert "建设巷社区居民委员会" in after
    assert client.post(reverse("areas:decide"), {"accept": "perhaps"}).status_code == 422


def test_changes_are_for_those_who_manage_areas() -> None:
    root = make.district()

    assert signed_in(root.path).get(reverse("areas:changes")).status_code == 403


def test_what_stands_in_an_ended_area_is_placed_elsewhere() -> None:
    root = make.district()
    community, home = make.area("630105001001"), make.area("630105001002")
    [grid] = make.below(community, "grid", "第一网格")
    end_area(PLANNER_HE, community.id)
    client = signed_in(root.path, Duty.MANAGE_AREAS)

    assert "第一网格" in client.get(reverse("areas:changes")).content.decode()
    client.post(reverse("areas:move", args=[grid.id]), {"to": home.id})

    grid.refresh_from_db()
    assert grid.path.startswith(home.path)
    assert "第一网格" not in client.get(reverse("areas:changes")).content.decode()
    assert client.post(reverse("areas:move", args=[grid.id]), {"to": "x"}).status_code == 422


# The map


@pytest.mark.parametrize("layer", ["grids", "subdistricts", "communities", "district", "context"])
def test_a_layer_of_the_map_is_sent_once(
    layer: str, django_assert_max_num_queries: Queries
) -> None:
    root = make.district()
    built(root)
    client = signed_in(root.path)
    url = reverse(f"areas:map_{layer}")

    first = client.get(url)
    with django_assert_max_num_queries(3):
        second = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert first["Content-Type"] == "application/geo+json"
    assert json.loads(first.content)["type"] == "FeatureCollection"
    assert (second.status_code, second.content) == (304, b"")
    Area.objects.filter(level="grid").update(name="别的网格")
    if layer == "grids":
        changed = client.get(url, headers={"If-None-Match": first["ETag"]})
        assert changed.status_code == 200


def test_a_grid_of_the_map_says_what_it_is() -> None:
    root = make.district()
    built(root)

    answer = signed_in(root.path).get(reverse("areas:map_grids"))

    features = json.loads(answer.content)["features"]
    grid = Area.objects.get(code="630105002002001")
    said = next(f["properties"] for f in features if f["properties"]["id"] == str(grid.id))
    assert said["name"] == "新世纪01"
    assert said["name_en"] == "Grid 002-002-001"
    assert (said["number"], said["level"]) == (grid.number, 0)
    assert said["url"] == reverse("areas:area", args=[grid.id])
    assert said["origin"] == "generated"


def test_a_community_officer_sees_their_grids_in_the_outline_of_the_district() -> None:
    root = make.district()
    built(root)
    client = signed_in(make.area("630105001001").path)

    grids = json.loads(client.get(reverse("areas:map_grids")).content)["features"]
    district = json.loads(client.get(reverse("areas:map_district")).content)["features"]

    own = Area.objects.filter(level="grid", parent__code="630105001001").count()
    assert len(grids) == own
    assert [feature["properties"]["name"] for feature in district] == ["城北区"]


# The commands


def test_two_editions_are_imported_at_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    older, later = DEMO / "divisions-2016.csv", DEMO / "divisions-2021.csv"

    assert areas_command(["import", str(older), "--district", "630105", "--edition", "2016"]) == 0
    assert "76 areas added" in capsys.readouterr().out
    taken = ["import", str(later), "--district", "630105", "--edition", "2021"]
    assert areas_command([*taken, "--decide", "accept-all"]) == 0

    out = capsys.readouterr().out
    assert "9 changes accepted: new 4, renamed 5." in out
    assert Area.objects.filter(level="community", ended_at=None).count() == 70
    assert make.area("630105003001").name == "西杏园社区居民委员会"
    assert make.area("630105400").name == "生物科技产业园"


def test_bad_rows_are_printed_with_their_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("63", "青海省", ""), ("6301", "西宁市", "63")]
    rows += [(code, name, code[:-3]) for code, name in AS_IT_WAS]
    rows[2] = ("630105", "城北区", "6301")
    rows.append(("630105009001", "走失社区", "630105009"))
    file = write(tmp_path, "all.csv", "code,name,parent", *(",".join(row) for row in rows))

    code = areas_command(["import", str(file), "--district", "630105", "--edition", "2021"])

    said = capsys.readouterr()
    assert code == 1
    assert "all.csv:12: 630105009001 走失社区: the parent is not listed" in said.err
    assert "10 areas added" in said.out


def test_changes_and_outlines_at_the_console(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.district()
    import_edition(
        PLANNER_HE,
        make.table(*changed(c630105001001=("630105001001", "向阳社区居委会"))),
        district="630105",
        edition=2021,
    )
    strays = tmp_path / "strays.geojson"
    strays.write_text(json.dumps(collection(({"code": "999999"}, None))), encoding="utf-8")

    assert areas_command(["changes"]) == 0
    assert "renamed    630105001001 朝阳社区居民委员会 → 630105001001 向阳社区居委会" in (
        capsys.readouterr().out
    )
    outlines = str(DEMO / "outlines.geojson")
    assert areas_command(["outlines", outlines, "--district", "630105"]) == 0
    assert areas_command(["outlines", str(strays), "--district", "630105"]) == 1
    assert "feature 1: 999999: this is no polygon" in capsys.readouterr().err
