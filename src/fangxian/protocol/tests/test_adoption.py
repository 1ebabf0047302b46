"""Which rules bind whom, from when."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.protocol import errors, packs
from fangxian.protocol.actions import adopt_pack
from fangxian.protocol.models import Adoption
from fangxian.protocol.queries import adoptions_that_concern, in_force
from fangxian.protocol.rules import this_and_above
from fangxian.protocol.tests import make
from fangxian.protocol.tests.make import MORNING

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def own_packs(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A folder with the district's own packs."""
    settings.PACK_FOLDERS = [tmp_path]
    packs.load.cache_clear()
    yield tmp_path
    packs.load.cache_clear()


def test_an_adopted_pack_binds_the_area_and_all_in_it_from_then_on() -> None:
    make.adoption("cn-v9", area_path="1/2/")

    assert in_force(MORNING, "1/2/").stamp == "cn-v9@1"
    assert in_force(MORNING + HOUR, "1/2/3/9/1c/").stamp == "cn-v9@1"
    for before_or_elsewhere in ((MORNING - HOUR, "1/2/"), (MORNING, "1/"), (MORNING, "1/22/")):
        with pytest.raises(errors.NoPackInForce, match="must adopt one"):
            in_force(*before_or_elsewhere)


def test_the_latest_that_has_begun_holds() -> None:
    make.adoption("cn-v9", from_at=MORNING)
    make.adoption("cn-20", from_at=MORNING + 2 * HOUR)

    assert in_force(MORNING + HOUR, "1/2/").id == "cn-v9"
    assert in_force(MORNING + 2 * HOUR, "1/2/").id == "cn-20"


def test_the_deepest_area_decides_even_against_a_later_adoption_around_it() -> None:
    make.adoption("local-4day", area_path="1/2/", from_at=MORNING)
    make.adoption("cn-20", area_path="1/", from_at=MORNING + HOUR)

    assert in_force(MORNING + HOUR, "1/2/7/").id == "local-4day"
    assert in_force(MORNING + HOUR, "1/3/").id == "cn-20"


def test_a_pack_adopted_everywhere_binds_everywhere() -> None:
    adopt_pack(
        make.command_post(within=""), "cn-v9", area_path="", from_at=MORNING, reason="national"
    )

    assert in_force(MORNING, "").id == "cn-v9"
    assert in_force(MORNING, "5/6/").id == "cn-v9"


def test_asking_what_is_in_force_costs_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        make.adoption("cn-v9", area_path=f"1/{number}/")

    with django_assert_num_queries(1):
        in_force(MORNING, "1/7/3/9/1c/")


def test_an_adoption_is_a_fact_with_its_stamp() -> None:
    adoption = make.adoption("cn-v9@1")

    event = Event.objects.get(subject_id=adoption.id)
    assert (event.kind, event.pack) == ("protocol.pack_adopted", "cn-v9@1")
    assert event.area_path == "1/2/"
    assert event.facts["fingerprint"] == packs.load_pack("cn-v9").fingerprint
    assert (adoption.stamp, adoption.reason) == ("cn-v9@1", "notice 7")


def test_adopting_the_same_twice_changes_nothing() -> None:
    first, second = make.adoption(), make.adoption()

    assert first == second
    assert Event.objects.count() == 1


def test_an_adoption_cannot_reach_back_before_another() -> None:
    make.adoption("cn-20", from_at=MORNING)

    for from_at in (MORNING, MORNING - HOUR):
        with pytest.raises(errors.AdoptionWouldRewriteThePast, match="cn-20@1"):
            make.adoption("cn-v9", from_at=from_at)
    assert Adoption.objects.count() == 1


def test_only_who_sets_policy_there_may_adopt() -> None:
    elsewhere = make.command_post(within="1/3/")

    with pytest.raises(NotYours):
        adopt_pack(elsewhere, "cn-v9", area_path="1/2/", from_at=MORNING, reason="x")


def test_an_adoption_needs_a_reason_an_area_and_a_pack() -> None:
    chen = make.command_post(within="")

    with pytest.raises(errors.AdoptionNeedsAReason):
        adopt_pack(chen, "cn-v9", area_path="1/2/", from_at=MORNING, reason=" \n")
    with pytest.raises(errors.NotAnAreaPath):
        adopt_pack(chen, "cn-v9", area_path="1/2", from_at=MORNING, reason="x")
    with pytest.raises(errors.NoSuchPack):
        adopt_pack(chen, "cn-v12", area_path="1/2/", from_at=MORNING, reason="x")
    with pytest.raises(errors.NotAWholePack):
        adopt_pack(chen, "cn-nat-g3", area_path="1/2/", from_at=MORNING, reason="x")
    assert not Adoption.objects.exists()


def test_a_district_may_adopt_a_pack_of_its_own(own_packs: Path) -> None:
    make.pack_file(own_packs)

    make.adoption("trial")

    assert in_force(MORNING, "1/2/").stamp == "trial@1"
    assert "trial" in packs.pack_ids()


def test_a_pack_whose_text_was_changed_after_its_adoption_is_refused(own_packs: Path) -> None:
    body = '[contact]\ndetermine_secondary = true\nsource = "notice"\ngrade = "B"\n'
    make.pack_file(own_packs, "")
    make.adoption("trial")
    make.pack_file(own_packs, body)
    packs.load.cache_clear()

    with pytest.raises(errors.PackWasAltered, match="trial@1"):
        in_force(MORNING, "1/2/")


def test_a_newer_version_binds_nobody_until_it_is_adopted(own_packs: Path) -> None:
    make.pack_file(own_packs)
    make.adoption("trial")
    (own_packs / "trial.toml").rename(own_packs / "trial@1.toml")
    make.pack_file(own_packs, version="2")
    packs.load.cache_clear()

    assert in_force(MORNING, "1/2/").stamp == "trial@1"
    make.adoption("trial", from_at=MORNING + HOUR)
    assert in_force(MORNING + HOUR, "1/2/").stamp == "trial@2"


def test_a_viewer_reads_the_adoptions_that_concern_the_area() -> None:
    for area_path in ("1/", "1/2/", "1/2/3/", "1/9/", "4/"):
        adopt_pack(
            make.command_post(within=""), "cn-v9", area_path=area_path, from_at=MORNING, reason="x"
        )

    seen = adoptions_that_concern(make.command_post(within="1/2/"))

    assert {one.area_path for one in seen} == {"1/", "1/2/", "1/2/3/"}


def test_this_area_and_those_above() -> None:
    assert this_and_above("1/2/1c/") == ["1/2/1c/", "1/2/", "1/", ""]
    assert this_and_above("") == [""]


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("adoption_names_a_pack_and_version", {"pack_id": "CN v9"}),
        ("adoption_names_a_pack_and_version", {"pack_version": ""}),
        ("adoption_names_a_pack_and_version", {"fingerprint": "new"}),
        ("adoption_has_a_reason", {"reason": " "}),
        ("adoption_binds_an_area", {"area_path": "1/2"}),
    ],
)
def test_the_database_itself_refuses_impossible_adoptions(
    constraint: str, change: dict[str, str]
) -> None:
    adoption = make.adoption()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Adoption.objects.filter(id=adoption.id).update(**change)


def test_the_database_itself_refuses_two_adoptions_for_one_moment() -> None:
    make.adoption(from_at=MORNING)
    later = make.adoption("cn-20", from_at=MORNING + HOUR)

    with (
        pytest.raises(IntegrityError, match="adoption_is_one_for_each_area_and_moment"),
        transaction.atomic(),
    ):
        Adoption.objects.filter(id=later.id).update(from_at=MORNING)
