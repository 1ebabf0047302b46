"""Stories: a later edition of the division table meets a tree that people already live in."""

from pathlib import Path

import pytest

from fangxian.areas.actions import decide_changes, import_edition
from fangxian.areas.editions import read_table
from fangxian.areas.errors import (
    ChangeIsAmbiguous,
    ChangeIsDecided,
    CodeInUse,
    DistrictNotListed,
    NotADivisionTable,
    OlderEdition,
    ParentNotThere,
)
from fangxian.areas.models import Area, EditionChange
from fangxian.areas.queries import left_behind, open_changes
from fangxian.areas.tests import make
from fangxian.areas.tests.make import PLANNER_HE
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.models import Event

pytestmark = pytest.mark.django_db

AS_IT_WAS = (
    ("630105", "城北区"),
    ("630105001", "朝阳街道办事处"),
    ("630105002", "小桥大街街道办事处"),
    ("630105001001", "朝阳社区居民委员会"),
    ("630105001002", "山川社区居民委员会"),
    ("630105001200", "北园村委会"),
    ("630105002001", "建设巷社区居民委员会"),
    ("630105002002", "新世纪社区居民委员会"),
)


def changed(**becomes: tuple[str, str] | None) -> tuple[tuple[str, str], ...]:
    """The table as it was, with some codes' rows replaced (`c630105…=`) or, by None, left out."""
    rows = [becomes.get(f"c{code}", (code, name)) for code, name in AS_IT_WAS]
    return tuple(row for row in rows if row is not None)


def propose(*rows: tuple[str, str], edition: int = 2021, was: str = "") -> list[EditionChange]:
    code = next(code for code, _name in rows if len(code) == 6)
    return import_edition(PLANNER_HE, make.table(*rows), district=code, edition=edition, was=was)[2]


def test_an_empty_district_is_filled_at_once() -> None:
    root = make.district()

    assert Area.objects.filter(path__startswith=root.path).count() == 8
    assert root.parent is not None
    assert root.parent.name == "西宁市"
    assert not open_changes(PLANNER_HE).exists()
    assert Event.objects.get(kind="areas.edition_imported").facts["added"] == 10


def test_the_same_table_again_says_nothing_new() -> None:
    make.district()

    assert propose(*AS_IT_WAS) == []


def test_another_form_of_a_committees_name_keeps_the_community() -> None:
    make.district()
    before = make.area("630105001001")

    [change] = propose(*changed(c630105001001=("630105001001", "朝阳社区居委会")))
    decide_changes(PLANNER_HE, [change.id], accept=True)

    assert (change.kind, change.why) == ("renamed", "same_code")
    assert make.area("630105001001").id == before.id
    assert make.area("630105001001").name == "朝阳社区居委会"


def test_a_district_that_hands_out_all_codes_anew_keeps_every_identity() -> None:
    make.district()
    ids = dict(Area.objects.filter(level="community").values_list("name", "id"))

    # Old codes come back on other places, which only the names tell apart.
    changes = propose(
        *changed(
            c630105001=("630105002", "朝阳街道办事处"),
            c630105002=("630105001", "小桥大街街道办事处"),
            c630105001001=("630105002002", "朝阳社区居委会"),
            c630105001002=("630105002001", "山川社区居委会"),
            c630105001200=("630105002200", "北园村民委员会"),
            c630105002001=("630105001002", "建设巷社区居委会"),
            c630105002002=("630105001001", "新世纪社区居委会"),
        )
    )
    decide_changes(PLANNER_HE, [change.id for change in changes], accept=True)

    assert {change.kind for change in changes} == {"recoded"}
    assert make.area("630105002002").id == ids["朝阳社区居民委员会"]
    assert make.area("630105002001").id == ids["山川社区居民委员会"]
    assert make.area("630105001001").id == ids["新世纪社区居民委员会"]
    assert make.area("630105001001").parent == make.area("630105001")
    assert Area.objects.filter(level="community", ended_at=None).count() == 5


def test_codes_that_change_hands_are_decided_together_or_not_at_all() -> None:
    make.district()
    changes = propose(
        *changed(
            c630105001001=("630105001002", "朝阳社区居民委员会"),
            c630105001002=("630105001001", "山川社区居民委员会"),
        )
    )

    with pytest.raises(CodeInUse):
        decide_changes(PLANNER_HE, [changes[0].id], accept=True)
    decide_changes(PLANNER_HE, [change.id for change in changes], accept=True)

    assert make.area("630105001001").name == "山川社区居民委员会"


def test_a_community_that_changed_subdistrict_takes_its_doors_along() -> None:
    make.district()
    door = make.dwelling(make.area("630105001002"))

    [change] = propose(*changed(c630105001002=("630105002003", "山川社区居民委员会")))
    decide_changes(PLANNER_HE, [change.id], accept=True)

    assert change.kind == "moved"
    door.refresh_from_db()
    assert door.path.startswith(make.area("630105002").path)


def test_the_residents_of_an_ended_community_are_still_found_there() -> None:
    make.district()
    door = make.dwelling(make.area("630105001002"))

    [change] = propose(*changed(c630105001002=None))
    decide_changes(PLANNER_HE, [change.id], accept=True)

    ended = Area.objects.get(code="630105001002")
    assert change.kind == "ended"
    assert ended.ended_at is not None
    assert Area.objects.get(id=door.id).path.startswith(ended.path)
    assert [area.level for area in left_behind(PLANNER_HE)] == ["grid"]
    fact = Event.objects.get(kind="areas.area_ended")
    decided = Event.objects.get(kind="areas.edition_change_decided")
    assert (fact.subject_id, fact.because_id) == (ended.id, decided.id)


def test_a_new_community_is_added_to_its_new_subdistrict_in_one_decision() -> None:
    make.district()

    changes = propose(*AS_IT_WAS, ("630105400", "生物科技产业园"), ("630105400498", "虚拟社区"))
    with pytest.raises(ParentNotThere):
        decide_changes(PLANNER_HE, [c.id for c in changes if c.level == "community"], accept=True)
    decide_changes(PLANNER_HE, [change.id for change in changes], accept=True)

    assert {change.kind for change in changes} == {"new"}
    assert make.area("630105400").level == "subdistrict"
    assert make.area("630105400498").parent == make.area("630105400")


def test_a_village_that_may_have_become_a_community_is_asked_about() -> None:
    make.district()
    village = make.area("630105001200")

    ended, doubt = sorted(
        propose(*changed(c630105001200=("630105001003", "北园社区居委会"))),
        key=lambda change: change.kind,
        reverse=True,
    )
    with pytest.raises(ChangeIsAmbiguous):
        decide_changes(PLANNER_HE, [doubt.id], accept=True)
    decide_changes(PLANNER_HE, [doubt.id], accept=True, means=village.id)

    assert (doubt.kind, doubt.why) == ("ambiguous", "another_kind_of_committee")
    assert make.area("630105001003").id == village.id
    ended.refresh_from_db()
    assert ended.state == "superseded"
    assert make.area("630105001003").ended_at is None


def test_an_ambiguous_row_may_be_declared_new() -> None:
    make.district()
    changes = propose(*changed(c630105001200=("630105001003", "北园社区居委会")))
    doubt = next(change for change in changes if change.kind == "ambiguous")

    decide_changes(PLANNER_HE, [doubt.id], accept=True, is_new=True)

    assert make.area("630105001003").id != make.area("630105001200").id


def test_two_communities_of_one_name_are_not_guessed_apart() -> None:
    make.district()
    rows = [*AS_IT_WAS, ("630105002003", "朝阳社区居民委员会")]
    [change] = propose(*rows)
    decide_changes(PLANNER_HE, [change.id], accept=True)

    # Both lose their codes and their subdistricts at once.
    moved = {"630105001001": "630105003001", "630105002003": "630105003002"}
    changes = propose(
        *[(moved.get(code, code), name) for code, name in rows],
        ("630105003", "马坊街道办事处"),
        edition=2022,
    )

    doubts = [change for change in changes if change.kind == "ambiguous"]
    assert [change.why for change in doubts] == ["several_of_this_name"] * 2
    assert all(len(change.candidates) == 2 for change in doubts)


def test_a_rejected_change_is_not_proposed_again_by_the_same_edition() -> None:
    make.district()
    later = changed(c630105001001=("630105001001", "向阳社区居委会"))
    [change] = propose(*later)

    decide_changes(PLANNER_HE, [change.id], accept=False)

    assert make.area("630105001001").name == "朝阳社区居民委员会"
    assert propose(*later) == []
    assert len(propose(*later, edition=2022)) == 1


def test_a_change_is_decided_once() -> None:
    make.district()
    [change] = propose(*changed(c630105001001=("630105001001", "向阳社区居委会")))
    decide_changes(PLANNER_HE, [change.id], accept=True)

    with pytest.raises(ChangeIsDecided):
        decide_changes(PLANNER_HE, [change.id], accept=False)


def test_a_newer_comparison_supersedes_the_open_one() -> None:
    make.district()
    [first] = propose(*changed(c630105001001=("630105001001", "向阳社区居委会")))

    [second] = propose(*changed(c630105001001=("630105001001", "东方社区居委会")), edition=2022)

    first.refresh_from_db()
    assert first.state == "superseded"
    assert list(open_changes(PLANNER_HE)) == [second]


def test_a_district_with_a_new_code_is_found_by_its_old_one() -> None:
    root = make.district()
    door = make.dwelling(make.area("630105001002"))

    rows = [("6301" + "16" + code[6:], name) for code, name in AS_IT_WAS]
    changes = propose(*rows, was="630105")
    decide_changes(PLANNER_HE, [change.id for change in changes], accept=True)

    assert {change.kind for change in changes} == {"recoded"}
    assert make.area("630116").id == root.id
    assert Area.objects.get(id=door.id).path.startswith(make.area("630116001002").path)


def test_an_older_edition_undoes_no_decision() -> None:
    make.district()
    propose(*AS_IT_WAS, edition=2021)

    with pytest.raises(OlderEdition):
        propose(*AS_IT_WAS, edition=2019)


def test_editions_are_decided_by_those_who_manage_the_district() -> None:
    root = make.district()
    [change] = propose(*changed(c630105001001=("630105001001", "向阳社区居委会")))

    with pytest.raises(NotYours):
        decide_changes(
            make.officer(root.path, *[]).__class__(
                id=PLANNER_HE.id, within=root.path, duties=frozenset()
            ),
            [change.id],
            accept=True,
        )
    with pytest.raises(NotFound):
        decide_changes(make.officer("zz/"), [change.id], accept=True)


# Reading the files


def write(folder: Path, name: str, *lines: str) -> Path:
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_bad_rows_are_reported_with_their_line_and_the_others_load(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "areas.csv", "code,name,cityCode,provinceCode", '630105,"城北区",6301,63'),
        write(
            tmp_path,
            "streets.csv",
            "code,name,areaCode,provinceCode,cityCode",
            '630105001,"朝阳街道",630105,63,6301',
            '630105001,"朝阳街道",630105,63,6301',
            '630105002,"",630105,63,6301',
            '630105003,"马坊街道",630104,63,6301',
        ),
        write(
            tmp_path,
            "villages.csv",
            "code,name,streetCode,provinceCode,cityCode,areaCode",
            '630105001001,"朝阳社区居委会",630105001,63,6301,630105',
            '630105009001,"走失社区居委会",630105009,63,6301,630105',
            '63010500100x,"错码社区居委会",630105001,63,6301,630105',
            '640104001001,"别处社区居委会",640104001,64,6401,640104',
        ),
    ]

    read = read_table(files, "630105")

    assert [place.code for place in read.places] == ["630105", "630105001", "630105001001"]
    assert [(row.file, row.line, row.matter) for row in read.refused] == [
        ("streets.csv", 3, "duplicate"),
        ("streets.csv", 4, "nameless"),
        ("streets.csv", 5, "wrong_parent"),
        ("villages.csv", 3, "orphan"),
        ("villages.csv", 4, "malformed"),
    ]


def test_a_development_zone_is_a_district_by_its_own_code(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "one.csv",
        "code,name,parent",
        "15,内蒙古自治区,",
        "1502,包头市,15",
        "150203,昆都仑区,1502",
        "150203001,少先路街道,150203",
        "150271000000,包头稀土高新技术产业开发区,1502",
        "150271010000,稀土路街道,150271",
        "150271010001,稀土路社区居委会,150271010",
    )

    read = read_table([file], "150271")

    assert [place.code for place in read.places] == [
        "15",
        "1502",
        "150271",
        "150271010",
        "150271010001",
    ]
    assert read.refused == ()


def test_a_file_without_codes_is_no_division_table(tmp_path: Path) -> None:
    with pytest.raises(NotADivisionTable):
        read_table([write(tmp_path, "x.csv", "name,population", "朝阳,5")], "630105")


def test_a_district_that_is_not_in_the_files_is_refused() -> None:
    with pytest.raises(DistrictNotListed):
        import_edition(PLANNER_HE, make.table(), district="630199", edition=2021)
