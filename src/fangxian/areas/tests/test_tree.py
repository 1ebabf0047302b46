"""The tree: adding, renaming, moving and ending places, and all that hangs on their paths."""

import uuid

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from fangxian.areas import rooting
from fangxian.areas.actions import (
    add_areas,
    add_sites,
    close_site,
    end_area,
    move_area,
    recode_area,
    rename_area,
)
from fangxian.areas.errors import (
    AreaHasEnded,
    AreaInsideItself,
    AreaNotFit,
    CodeInUse,
    NameMissing,
    NotADivisionCode,
)
from fangxian.areas.jobs import settle_move
from fangxian.areas.models import Area, Boundary, Compound, EditionChange, Site
from fangxian.areas.queries import (
    ancestors_of,
    area_at,
    area_by_code,
    area_of_level,
    areas_by_numbers,
    children_of,
    enclosing,
    get_area,
    names_of,
    nearest_sites,
    site_by_number,
    sites_by_numbers,
    sites_of_kind,
)
from fangxian.areas.rules import (
    NewArea,
    NewSite,
    numbers_on,
    parent_path,
    path_below,
    paths_to,
    step,
)
from fangxian.areas.tests import make
from fangxian.areas.tests.make import PLANNER_HE
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.models import Account, Event

pytestmark = pytest.mark.django_db


# Paths


@given(st.integers(0, 2**31))
def test_a_step_is_the_number_in_base_36(number: int) -> None:
    assert int(step(number), 36) == number


def test_a_negative_number_has_no_step() -> None:
    with pytest.raises(ValueError, match="negative"):
        step(-1)


@given(st.lists(st.integers(0, 2**31), min_size=1, max_size=10))
def test_a_path_says_every_number_on_the_way(numbers: list[int]) -> None:
    path = ""
    for number in numbers:
        assert parent_path(path_below(path, number)) == path
        path = path_below(path, number)

    assert numbers_on(path) == numbers
    assert paths_to(path)[-1] == path
    assert all(path.startswith(one) for one in paths_to(path))


# Growing


def test_an_area_is_known_by_its_path_from_the_first_moment() -> None:
    community = (make.district(), make.area("630105001001"))[1]

    door = make.dwelling(community)

    assert door.path.startswith(community.path)
    assert area_at(PLANNER_HE, door.path) == door
    assert door.path.endswith(f"/{step(door.number)}/")
    added = Event.objects.filter(kind="areas.area_added").order_by("seq")
    assert [event.facts["level"] for event in added] == [
        "grid",
        "building",
        "unit",
        "floor",
        "dwelling",
    ]


@pytest.mark.parametrize(
    ("level", "name", "code", "refusal"),
    [
        ("unit", "1单元", "", AreaNotFit),
        ("grid", "  ", "", NameMissing),
        ("grid", "一" * 61, "", NameMissing),
        ("grid", "第一网格", "630105001001", NotADivisionCode),
        ("building", "1号楼", "630105001001001", NotADivisionCode),
    ],
)
def test_what_cannot_stand_in_a_community(
    level: str, name: str, code: str, refusal: type[Exception]
) -> None:
    make.district()

    with pytest.raises(refusal):
        add_areas(
            PLANNER_HE,
            make.area("630105001001").id,
            [NewArea(level=level, name=name, code=code)],
        )


def test_a_code_belongs_to_one_place_at_a_time() -> None:
    make.district()
    subdistrict = make.area("630105001")

    with pytest.raises(CodeInUse):
        add_areas(
            PLANNER_HE,
            subdistrict.id,
            [NewArea(level="community", name="新村社区", code="630105001001")],
        )


def test_only_those_who_manage_areas_here_change_them() -> None:
    root = make.district()
    community = make.area("630105001001")

    with pytest.raises(NotFound):
        rename_area(make.officer(make.area("630105002").path), community.id, "别名")
    nobody = make.officer(root.path)
    nobody = type(nobody)(id=nobody.id, within=root.path, duties=frozenset())
    with pytest.raises(NotYours):
        rename_area(nobody, community.id, "别名")
    with pytest.raises(NotYours):
        add_areas(make.officer(root.path), None, [NewArea(level="province", name="甘肃省")])


# Changing


def test_a_renamed_area_is_the_same_area() -> None:
    make.district()
    community = make.area("630105001001")

    rename_area(PLANNER_HE, community.id, "向阳社区")
    rename_area(PLANNER_HE, community.id, "向阳社区")

    assert make.area("630105001001").id == community.id
    [event] = Event.objects.filter(kind="areas.area_renamed")
    assert event.facts == {"was": "朝阳社区居民委员会", "becomes": "向阳社区"}


def test_the_codes_of_grids_follow_that_of_their_community() -> None:
    make.district()
    community = make.area("630105001001")
    [grid] = add_areas(
        PLANNER_HE, community.id, [NewArea(level="grid", name="01网格", code="630105001001001")]
    )

    recode_area(PLANNER_HE, community.id, "630105001009")

    grid.refresh_from_db()
    assert grid.code == "630105001009001"
    with pytest.raises(CodeInUse):
        recode_area(PLANNER_HE, community.id, "630105001002")
    with pytest.raises(NotADivisionCode):
        recode_area(PLANNER_HE, community.id, "6301050010")


def test_moving_an_area_rewrites_every_path_below_it_but_the_ledgers() -> None:
    make.district()
    community, new_home = make.area("630105001002"), make.area("630105002")
    door = make.dwelling(community)
    neighbour = make.dwelling(make.area("630105001001"))
    [point] = add_sites(
        PLANNER_HE, [NewSite(kind="sampling_point", name="山川采样点", area_id=door.id, capacity=4)]
    )
    Compound.objects.create(name="山川家园", area_path=parent_path(door.path))
    account = Account.objects.create(username="shan", area_path=community.path)
    told = Event.objects.get(subject_id=door.id).area_path
    was = community.path

    moved = move_area(PLANNER_HE, community.id, to=new_home.id)

    assert moved.path == path_below(new_home.path, community.number)
    door.refresh_from_db()
    account.refresh_from_db()
    point.refresh_from_db()
    assert door.path == moved.path + told.removeprefix(was)
    assert point.area_path == door.path
    assert Compound.objects.get().area_path == parent_path(door.path)
    assert account.area_path == moved.path
    assert Event.objects.get(subject_id=door.id, kind="areas.area_added").area_path == told
    assert get_area(PLANNER_HE, neighbour.id).path == neighbour.path
    for at in rooting.path_columns():
        with connection.cursor() as cursor:
            column = f"unnest({at.column})" if at.many else at.column
            cursor.execute(
                f"SELECT count(*) FROM (SELECT {column} AS path FROM {at.table}) AS all_of_them"
                " WHERE path LIKE %s",
                [was + "%"],
            )
            assert cursor.fetchone() == (0,), at


def test_every_column_that_holds_a_path_is_known() -> None:
    """Whoever adds a table need not think of moves; whoever hides a path from Django must."""
    known = {(at.table, at.column): at.many for at in rooting.path_columns()}
    expected = {
        (model._meta.db_table, field.column): isinstance(field, ArrayField)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if model is not Event and isinstance(getattr(field, "base_field", field), AreaPathField)
    }

    assert known == expected
    assert known["areas_area", "path"] is False
    assert ("kernel_event", "area_path") not in known


def test_an_array_of_paths_is_rewritten_in_its_order() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE held (places text[])")
        cursor.execute("INSERT INTO held VALUES ('{1/9/,1/2/,1/2/3/}'), ('{1/21/}')")
        before = rooting.path_columns
        rooting.path_columns = lambda: iter([rooting.PathColumn("held", "places", many=True)])
        try:
            changed = rooting.reroot("1/2/", "1/7/2/")
        finally:
            rooting.path_columns = before
        cursor.execute("SELECT places FROM held ORDER BY 1")

        assert cursor.fetchall() == [(["1/21/"],), (["1/9/", "1/7/2/", "1/7/2/3/"],)]
        assert changed == 1


def test_what_is_written_under_the_old_path_meanwhile_is_brought_along() -> None:
    make.district()
    community, new_home = make.area("630105001002"), make.area("630105002")
    was = community.path
    move_area(PLANNER_HE, community.id, to=new_home.id)
    late = Compound.objects.create(name="迟到家园", area_path=was)

    settle_move(str(community.id), was)
    settle_move(str(community.id), was)

    late.refresh_from_db()
    assert late.area_path == make.area("630105001002").path


def test_what_moved_back_is_left_where_it_is() -> None:
    make.district()
    community, old_home = make.area("630105001002"), make.area("630105001")
    was = community.path
    move_area(PLANNER_HE, community.id, to=make.area("630105002").id)
    move_area(PLANNER_HE, community.id, to=old_home.id)

    settle_move(str(community.id), was)

    assert make.area("630105001002").path == was


def test_impossible_moves_are_refused() -> None:
    make.district()
    community = make.area("630105001001")
    door = make.dwelling(community)
    end_area(PLANNER_HE, make.area("630105002").id)

    with pytest.raises(AreaInsideItself):
        move_area(PLANNER_HE, community.id, to=door.id)
    with pytest.raises(AreaNotFit):
        move_area(PLANNER_HE, door.id, to=community.id)
    with pytest.raises(AreaHasEnded):
        move_area(PLANNER_HE, community.id, to=Area.objects.get(code="630105002").id)


def test_moving_to_where_it_is_changes_nothing() -> None:
    make.district()
    community = make.area("630105001001")

    move_area(PLANNER_HE, community.id, to=make.area("630105001").id)

    assert not Event.objects.filter(kind="areas.area_moved").exists()


def test_an_ended_area_takes_nothing_in_and_its_code_is_free() -> None:
    make.district()
    community = make.area("630105001001")

    end_area(PLANNER_HE, community.id)
    end_area(PLANNER_HE, community.id)

    assert Event.objects.filter(kind="areas.area_ended").count() == 1
    with pytest.raises(AreaHasEnded):
        make.below(community, "grid", "第一网格")
    add_areas(
        PLANNER_HE,
        make.area("630105001").id,
        [NewArea(level="community", name="朝阳社区", code="630105001001")],
    )


# Asking


def test_what_lies_outside_the_viewers_area_does_not_exist() -> None:
    make.district()
    here, elsewhere = make.area("630105001001"), make.area("630105002001")
    viewer = make.officer(make.area("630105001").path)

    assert area_by_code(viewer, here.code) == here
    assert [one.level for one in ancestors_of(viewer, here)] == ["subdistrict"]
    assert areas_by_numbers(viewer, [here.number, elsewhere.number]) == {here.number: here}
    with pytest.raises(NotFound):
        get_area(viewer, elsewhere.id)
    with pytest.raises(NotFound):
        area_at(viewer, elsewhere.path)
    with pytest.raises(NotFound):
        area_by_code(viewer, elsewhere.code)


def test_places_are_told_as_people_say_them(django_assert_num_queries: object) -> None:
    root = make.district()
    door = make.dwelling(make.area("630105002002"))
    building = Area.objects.get(level="building")
    estate = Compound.objects.create(name="祥和家园", area_path=parent_path(building.path))
    Area.objects.filter(id=building.id).update(compound=estate)
    unit, grid = parent_path(parent_path(door.path)), parent_path(building.path)

    with django_assert_num_queries(1):  # type: ignore[operator]
        names = names_of(
            PLANNER_HE,
            [root.path, grid, unit, door.path, "zzzz/", ""],
        )

    assert names == {
        root.path: "城北区",
        grid: "小桥大街街道 新世纪社区 第一网格",
        unit: "小桥大街街道 新世纪社区 祥和家园3号楼2单元",
        door.path: "小桥大街街道 新世纪社区 祥和家园3号楼2单元501室",
        "zzzz/": "zzzz/",
        "": "",
    }


def test_a_compound_is_all_its_buildings() -> None:
    make.district()
    door = make.dwelling(make.area("630105002002"))
    grid = area_of_level(PLANNER_HE, door.path, "grid")
    assert grid is not None
    [other] = make.below(grid, "building", "4号楼")
    estate = Compound.objects.create(name="祥和家园", area_path=grid.path)
    Area.objects.filter(level="building").update(compound=estate)
    building = Area.objects.get(name="3号楼")

    assert enclosing(PLANNER_HE, door.path, "compound") == sorted([building.path, other.path])
    assert enclosing(PLANNER_HE, door.path, "building") == [building.path]
    assert enclosing(PLANNER_HE, door.path, "household") == [door.path]
    assert enclosing(PLANNER_HE, grid.path, "compound") == []


def test_children_come_in_the_order_of_the_table() -> None:
    make.district()

    children = children_of(PLANNER_HE, make.area("630105001").id)

    assert [child.code[-3:] for child in children] == ["001", "002", "200"]


def test_sites_stand_in_areas_until_they_are_closed() -> None:
    make.district()
    here, there = make.area("630105001001"), make.area("630105002001")
    market, clinic, far = add_sites(
        PLANNER_HE,
        [
            NewSite(kind="venue", name="农贸市场", area_id=here.id, lat=36.65, lon=101.77),
            NewSite(kind="venue", name="诊所", area_id=here.id, lat=36.66, lon=101.77),
            NewSite(kind="venue", name="超市", area_id=there.id, lat=36.70, lon=101.70),
        ],
    )
    viewer = make.officer(make.area("630105001").path)

    assert list(sites_of_kind(viewer, "venue")) == [market, clinic]
    assert nearest_sites(PLANNER_HE, "venue", lat=36.661, lon=101.77, at_most=2) == [clinic, market]
    assert sites_by_numbers(viewer, [market.number, far.number]) == {market.number: market}
    with pytest.raises(NotFound):
        site_by_number(viewer, far.number)
    with pytest.raises(NotFound):
        close_site(viewer, far.id)
    with pytest.raises(NotFound):
        add_sites(viewer, [NewSite(kind="venue", name="超市", area_id=there.id)])
    close_site(viewer, market.id)
    close_site(viewer, market.id)
    assert list(sites_of_kind(viewer, "venue")) == [clinic]
    assert Event.objects.filter(kind="areas.site_closed").count() == 1
    end_area(PLANNER_HE, here.id)
    with pytest.raises(AreaHasEnded):
        add_sites(PLANNER_HE, [NewSite(kind="venue", name="超市", area_id=here.id)])


# What the database itself refuses


def broken(constraint: str) -> pytest.RaisesExc[IntegrityError]:
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("area_code_is_used_once_at_a_time", {"code": "630105001002"}),
        ("area_code_is_digits", {"code": "63010500100x"}),
        ("area_below_province_has_a_parent", {"parent": None}),
        ("area_coordinates_come_in_pairs_on_earth", {"lat": 36.6}),
        ("area_coordinates_come_in_pairs_on_earth", {"lat": 136.6, "lon": 101.7}),
        ("area_compound_is_of_buildings", {"compound_id": uuid.UUID(int=7)}),
        ("area_path_leads_to_one_area", {"path": "1/"}),
    ],
)
def test_what_an_area_can_never_be(constraint: str, changes: dict[str, object]) -> None:
    make.district()
    Area.objects.filter(code="63").update(path="1/")
    Compound.objects.create(id=uuid.UUID(int=7), name="家园", area_path="1/")

    with broken(constraint), transaction.atomic():
        Area.objects.filter(code="630105001001").update(**changes)


def test_a_site_holds_no_negative_number() -> None:
    make.district()
    [site] = add_sites(
        PLANNER_HE, [NewSite(kind="venue", name="超市", area_id=make.area("630105001001").id)]
    )

    with broken("site_capacity_is_not_negative"), transaction.atomic():
        Site.objects.filter(id=site.id).update(capacity=-1)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("edition_change_is_about_an_area_unless_new", {"kind": "renamed"}),
        ("edition_change_ambiguous_has_candidates", {"kind": "ambiguous"}),
        (
            "edition_change_ambiguous_has_candidates",
            {"kind": "new", "candidates": [uuid.UUID(int=1)]},
        ),
        ("edition_change_decided_has_a_time_and_a_person", {"kind": "new", "state": "accepted"}),
    ],
)
def test_what_a_change_can_never_be(constraint: str, values: dict[str, object]) -> None:
    root = make.district()

    with broken(constraint), transaction.atomic():
        EditionChange.objects.create(
            edition=2021,
            district=root,
            area_path=root.path,
            why="listed_first",
            level="community",
            **values,
        )


def test_an_area_has_one_open_change_at_a_time() -> None:
    root = make.district()
    said = {
        "edition": 2021,
        "district": root,
        "area_path": root.path,
        "kind": "renamed",
        "why": "same_code",
        "level": "community",
        "area": make.area("630105001001"),
    }
    EditionChange.objects.create(**said)

    with broken("edition_change_about_an_area_is_open_once"), transaction.atomic():
        EditionChange.objects.create(**said)


def test_an_outline_goes_with_its_area() -> None:
    make.district()
    community = make.area("630105001001")
    Boundary.objects.create(area=community, geometry={}, origin="imported", source="test")

    assert str(community.boundary) == f"{community.id} imported"
