"""What the shipped packs say, against the tables they were taken from."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from fangxian.protocol import overlay
from fangxian.protocol import vocabulary as v
from fangxian.protocol.errors import NoSamplingGuide, NoSuchPack, NotAWholePack
from fangxian.protocol.packs import Guide, Measure, Pack, documents, load, load_pack, pack_ids
from fangxian.protocol.tests import make

WITHOUT_ADDRESS = {
    "own-knowledge",
    "chengbei-2022",
    "care-hanzhong-2022",
    "field-report-2021",
    "pingcheng-2022",
}
CENTRAL, HOME = "central_quarantine", "home_quarantine"
WATCH, SELF = "home_monitoring", "self_monitoring"

STAGES: dict[tuple[str, str], list[tuple[str, int, tuple[int, ...]]]] = {
    ("cn-v8", "close_contact"): [(CENTRAL, 14, (1, 4, 7, 14)), (WATCH, 7, (2, 7))],
    ("cn-v9", "close_contact"): [(CENTRAL, 7, (1, 2, 3, 5, 7)), (WATCH, 3, (3,))],
    ("cn-20", "close_contact"): [(CENTRAL, 5, (1, 2, 3, 5)), (HOME, 3, (1, 3))],
    ("cn-10", "close_contact"): [(HOME, 5, (5,))],
    ("who-2022", "close_contact"): [(HOME, 14, ())],
    ("cn-v8", "secondary_contact"): [(CENTRAL, 7, (1, 4, 7))],
    ("cn-v9", "secondary_contact"): [(HOME, 7, (1, 4, 7))],
    ("cn-v8", "high_risk_leaver"): [(CENTRAL, 14, (1, 4, 7, 10, 14))],
    ("cn-v9", "high_risk_leaver"): [(CENTRAL, 7, (1, 2, 3, 5, 7))],
    ("cn-20", "high_risk_leaver"): [(HOME, 7, (1, 3, 5, 7))],
    ("cn-v8", "medium_risk_leaver"): [(HOME, 14, ())],
    ("cn-v9", "medium_risk_leaver"): [(HOME, 7, (1, 4, 7))],
    ("cn-v9", "low_risk_leaver"): [(SELF, 3, (1, 3))],
    ("cn-v8", "inbound_traveller"): [(CENTRAL, 14, ()), (WATCH, 7, ())],
    ("cn-v9", "inbound_traveller"): [(CENTRAL, 7, ()), (WATCH, 3, ())],
    ("cn-20", "inbound_traveller"): [(CENTRAL, 5, ()), (HOME, 3, ())],
    ("cn-v8", "high_risk_post"): [(HOME, 7, ())],
    ("cn-v9", "high_risk_post"): [(HOME, 7, ())],
    ("cn-20", "high_risk_post"): [(WATCH, 5, (1, 3, 5))],
    ("cn-10", "infected"): [(HOME, 7, (6, 7))],
}
NO_MEASURE = [
    ("cn-20", "secondary_contact"),
    ("cn-20", "medium_risk_leaver"),
    ("cn-10", "secondary_contact"),
    ("cn-10", "high_risk_leaver"),
    ("cn-10", "low_risk_leaver"),
    ("who-2022", "secondary_contact"),
]


def measure(pack: str, subject: str) -> Measure:
    found = load_pack(pack).measure(subject)
    assert found is not None
    return found


@pytest.mark.parametrize(("pack", "subject"), STAGES)
def test_days_and_tests_of_people_under_a_measure(pack: str, subject: str) -> None:
    stages = [
        (stage.kind, stage.span.value, stage.tests) for stage in measure(pack, subject).stages
    ]

    assert stages == STAGES[pack, subject]


@pytest.mark.parametrize(("pack", "subject"), NO_MEASURE)
def test_people_to_whom_a_pack_does_nothing(pack: str, subject: str) -> None:
    assert load_pack(pack).measure(subject) is None


def test_class_b_managed_as_b_does_nothing_to_anybody() -> None:
    pack = load_pack("cn-bb")

    assert pack.measures == {}
    assert pack.zones == {}
    assert not pack.contact.determine
    assert pack.positive_pool.hold_scope == "none"
    assert pack.zone_for_case.residence_level is None


def test_swabs_and_double_tests_follow_the_edition() -> None:
    eighth, ninth = (measure(pack, "close_contact") for pack in ("cn-v8", "cn-v9"))

    assert (eighth.swab, eighth.release_double_test) == ("nasopharyngeal", True)
    assert (ninth.swab, ninth.release_double_test) == ("oropharyngeal", False)
    assert measure("cn-10", "close_contact").swab == "oropharyngeal"
    assert ninth.count_from == "last_contact"


def test_thresholds_of_35_cycles() -> None:
    traveller, infected = measure("cn-20", "inbound_traveller"), measure("cn-10", "infected")

    assert traveller.positive_below is not None
    assert infected.release_ct is not None
    assert (traveller.positive_below.value, infected.release_ct.value) == (35, 35)


def test_in_hospital_nobody_knows_how_long() -> None:
    (stage,) = measure("cn-v9", "infected").stages

    assert stage.kind == "hospital"
    assert stage.days is None
    assert stage.span.grade == "unverified"


def test_the_window_is_two_days_and_four_in_the_local_example() -> None:
    national, local = load_pack("cn-v9").contact, load_pack("local-4day").contact

    assert national.window_before_onset.length == timedelta(days=2)
    assert {other.value for other in national.window_before_onset.also} == {4}
    assert local.window_before_onset.length == timedelta(days=4)
    assert local.window_before_specimen.length == timedelta(days=4)
    assert (local.window_before_onset.grade, local.window_before_onset.scope) == ("C", "local")
    assert local.determine_secondary


def test_the_world_health_organization_counts_a_metre_and_a_quarter_of_an_hour() -> None:
    contact = load_pack("who-2022").contact

    assert contact.close_minutes is not None
    assert contact.window_after is not None
    assert contact.near is not None
    assert (contact.near.value, contact.close_minutes.value) == (1, 15)
    assert contact.window_before_onset.length == timedelta(days=2)
    assert contact.window_after.length == timedelta(days=10)
    assert load_pack("who-2022").zones == {}


def test_levels_of_risk_area_by_edition() -> None:
    levels = {
        pack: [(zone.level, zone.unit) for zone in load_pack(pack).levels]
        for pack in ("cn-v8", "cn-v9", "cn-20", "cn-10")
    }

    assert levels == {
        "cn-v8": [("lockdown", "compound"), ("control", "area"), ("precaution", "district")],
        "cn-v9": [("high", "compound"), ("medium", "area"), ("low", "district")],
        "cn-20": [("high", "unit"), ("low", "district")],
        "cn-10": [("high", "household")],
    }


def test_a_high_risk_area_of_the_ninth_edition_comes_down_in_two_steps() -> None:
    high, medium = (load_pack("cn-v9").zones[level] for level in ("high", "medium"))

    release = high.release_from()
    assert release.days_without_new is not None
    assert release.screening_on_day is not None
    assert (release.days_without_new.value, release.screening_on_day.value) == (7, 7)
    assert (release.all_negative, release.to) == (True, "medium")
    after_high = medium.release_from("high")
    assert after_high.days_without_new is not None
    assert (after_high.days_without_new.value, after_high.to) == (3, "low")
    assert not after_high.all_negative
    assert medium.release_from(None).days_without_new == release.days_without_new


def test_a_lockdown_area_needs_all_three_conditions() -> None:
    release = load_pack("cn-v8").zones["lockdown"].release

    assert release.days_without_new is not None
    assert release.screening_within is not None
    assert release.last_contact_away is not None
    assert release.days_without_new.value == 14
    assert release.screening_within.value == 2
    assert release.last_contact_away.value == 14
    assert {other.value for other in release.days_without_new.also} == {10}


@pytest.mark.parametrize(("pack", "to"), [("cn-20", "low"), ("cn-10", None)])
def test_from_the_twenty_items_on_five_quiet_days_are_enough(pack: str, to: str | None) -> None:
    release = load_pack(pack).zones["high"].release

    assert release.days_without_new is not None
    assert (release.days_without_new.value, release.to) == (5, to)
    assert release.screening_on_day is None


def test_the_disputed_test_days_of_a_lockdown_area_are_all_there() -> None:
    days = load_pack("cn-v8").zones["lockdown"].test_days

    assert days is not None
    assert (days.on, days.grade) == ((1, 4, 7, 14), "unverified")
    assert {other.on for other in days.also} == {(1, 4, 7), (1, 3, 5, 7, 10)}


def test_neighbours_of_a_positive_pool_are_held_until_the_ten_items() -> None:
    pools = {pack: load_pack(pack).positive_pool for pack in ("cn-v8", "cn-v9", "cn-20", "cn-10")}

    scopes = {pack: pool.hold_scope for pack, pool in pools.items()}
    assert scopes == {
        "cn-v8": "compound",
        "cn-v9": "compound",
        "cn-20": "compound",
        "cn-10": "members",
    }
    assert {pool.retest_due.length for pool in pools.values()} == {timedelta(hours=6)}
    assert {pool.retest_swab for pool in pools.values()} == {"nasopharyngeal"}
    assert not load_pack("cn-10").zone_for_case.temporary_lockdown


TIME_LIMITS = {
    "report.case_network_direct": (2, "h"),
    "report.cdc_review": (2, "h"),
    "transfer.infected_to_hospital": (2, "h"),
    "investigation.core_tracks": (4, "h"),
    "investigation.first_report": (24, "h"),
    "investigation.basic_case_info": (24, "h"),
    "transfer.close_contact": (8, "h"),
    "transfer.secondary_contact": (12, "h"),
    "coordination.landed_check": (2, "h"),
    "coordination.controlled": (8, "h"),
    "coordination.other_region_data": (24, "h"),
    "flow.task_list_cycle": (10, "min"),
    "flow.task_dispatched": (30, "min"),
    "flow.movement_radius_limited": (3, "h"),
    "flow.track_traced": (10, "h"),
    "pool_positive.single_retest_done": (6, "h"),
    "sampling_point.open_after_order": (2, "h"),
    "sample.to_lab": (2, "h"),
    "result.pooled": (24, "h"),
    "result.single": (6, "h"),
    "publicity.first_release": (5, "h"),
    "publicity.first_release_latest": (24, "h"),
    "hotline.epidemic_item": (24, "h"),
    "code.person_valid": (30, "d"),
}


def test_time_limits_of_the_ninth_edition() -> None:
    limits = {
        name: (span.value, span.unit) for name, span in load_pack("cn-v9").time_limits.items()
    }

    assert limits == TIME_LIMITS


def test_the_disputed_transfer_of_contacts_carries_both_limits() -> None:
    ninth = load_pack("cn-v9").time_limits["transfer.close_contact"]

    assert load_pack("cn-v8").time_limits["transfer.close_contact"].length == timedelta(hours=12)
    assert (ninth.value, ninth.also[0].value) == (8, 12)


@pytest.mark.parametrize(
    ("pack", "small", "large"),
    [
        ("cn-v8", timedelta(days=2), timedelta(days=3)),
        ("cn-v9", timedelta(hours=24), timedelta(hours=24)),
    ],
)
def test_how_long_a_round_may_take(pack: str, small: timedelta, large: timedelta) -> None:
    guide = load_pack(pack).sampling

    assert guide.time_for(417_580) == small
    assert guide.time_for(5_000_000) == small
    assert guide.time_for(5_000_001) == large


def test_the_first_guide_gave_large_cities_up_to_five_days() -> None:
    guide = load("cn-nat-g1").sampling

    assert guide.time_for(9_000_000) == timedelta(days=5)


def test_density_staff_and_pools_of_the_third_guide() -> None:
    guide = load_pack("cn-v9").sampling

    assert (guide.people_per_point.low, guide.people_per_point.high) == (2000, 3000)
    assert (guide.people_per_table.low, guide.people_per_table.high) == (600, 800)
    assert guide.samplers_divisor.value == 360
    assert (guide.medics_per_table.value, guide.leads_per_point.value) == (2, 1)
    assert [rate.value for rate in guide.table_rates] == [60, 80, 100, 200]
    assert [size.value for size in guide.pool_sizes] == [1, 5, 10, 20]
    groups = ("quarantine", "lockdown", "control", "precaution", "close_contact", "of_no_group")
    assert [guide.pool_size(group) for group in groups] == [1, 1, 10, 20, 1, 10]


def test_the_ninth_edition_asks_more_of_chengbei_than_it_had() -> None:
    guide, people = load_pack("cn-v9").sampling, 417_580

    points = (people / guide.people_per_point.high, people / guide.people_per_point.low)
    tables = (people / guide.people_per_table.high, people / guide.people_per_table.low)

    assert [round(number) for number in (*points, *tables)] == [139, 209, 522, 696]
    assert round(people / guide.samplers_divisor.value) == 1160


def test_the_calendar() -> None:
    assert [(id_, load_pack(id_).header.effective_from) for id_ in pack_ids()] == [
        ("cn-v8", date(2021, 5, 11)),
        ("who-2022", date(2022, 1, 1)),
        ("cn-v9", date(2022, 6, 28)),
        ("local-4day", date(2022, 6, 28)),
        ("cn-20", date(2022, 11, 11)),
        ("cn-10", date(2022, 12, 7)),
        ("cn-bb", date(2023, 1, 8)),
    ]


def test_a_pack_has_its_name_in_both_languages_and_a_stamp() -> None:
    pack = load_pack("cn-v9")

    assert pack.stamp == "cn-v9@1"
    assert pack.title("zh-hans") == "新型冠状病毒肺炎防控方案（第九版）"
    assert pack.title("en") == "COVID-19 prevention and control protocol, 9th edition"
    assert load_pack(pack.stamp).fingerprint == pack.fingerprint


def test_nothing_in_a_pack_can_be_changed() -> None:
    pack = load_pack("cn-v9")

    with pytest.raises(ValueError, match="frozen"):
        pack.contact.determine = False  # type: ignore[misc]
    with pytest.raises(TypeError):
        pack.measures["close_contact"] = pack.measures["infected"]  # type: ignore[index]


def test_a_pack_nobody_knows_and_a_guide_alone_are_refused() -> None:
    with pytest.raises(NoSuchPack, match="cn-v9"):
        load_pack("cn-v12")
    with pytest.raises(NoSuchPack):
        load_pack("cn-v9@99")
    with pytest.raises(NotAWholePack):
        load_pack("cn-nat-g3")


def test_a_pack_without_a_sampling_guide_says_so() -> None:
    with pytest.raises(NoSamplingGuide, match="who-2022@1"):
        _ = load_pack("who-2022").sampling


def test_an_older_version_stays_readable_beside_the_newer(tmp_path: Path) -> None:
    make.pack_file(tmp_path, version="1", name="trial@1")
    make.pack_file(tmp_path, version="10")
    places = [*overlay.folders(), tmp_path]

    assert overlay.find("trial", places).stamp == "trial@10"
    assert overlay.find("trial@1", places).stamp == "trial@1"


@pytest.mark.parametrize("document", documents(), ids=lambda one: one.stamp)
def test_every_source_named_is_used_and_every_page_has_an_address(
    document: Pack | Guide,
) -> None:
    text = (overlay.SHIPPED / f"{document.id}.toml").read_text(encoding="utf-8")
    own = overlay.find(document.id, overlay.folders()).table.get("sources", {})
    below = [
        path.read_text(encoding="utf-8")
        for path in overlay.files_in([overlay.SHIPPED])
        if f'"{document.stamp}"' in path.read_text(encoding="utf-8")
    ]

    for name, source in own.items():
        assert any(f'source = "{name}"' in used for used in [text, *below]), name
        assert source.get("address") or name in WITHOUT_ADDRESS, name


@pytest.mark.parametrize("document", documents(), ids=lambda one: one.stamp)
def test_every_word_of_a_pack_has_a_name(document: Pack | Guide) -> None:
    assert set(document.time_limits) <= set(v.TIME_LIMITS)
    assert set(document.measures) <= set(v.SUBJECTS)
    if document.contact is not None:
        assert set(document.contact.criteria) <= set(v.CRITERIA)
    if document.sampling_guide is not None:
        assert set(document.sampling_guide.roles) <= set(v.ROLES)
        assert set(document.sampling_guide.pools) <= set(v.POOLS)
    if document.people is not None:
        symptoms = {*document.people.symptoms, *document.people.emergency_symptoms}
        assert symptoms <= set(v.SYMPTOMS)
    for routine in document.routine_testing.values():
        assert set(routine.posts) <= set(v.POSTS)
