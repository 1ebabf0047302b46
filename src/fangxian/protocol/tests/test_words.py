"""What changes for people, in words, and what a pack says."""

import pytest

from fangxian.protocol.packs import load, load_pack
from fangxian.protocol.words import differences, everything_said, measure_in_words, show


def changes(before: str, after: str, lang: str = "en") -> list[str]:
    return differences(load(before), load(after), lang)


def test_what_the_twenty_items_changed() -> None:
    found = changes("cn-v9", "cn-20")

    assert found[0] == (
        "Close contacts: 7 days in central quarantine (tests on days 1, 2, 3, 5, 7) + "
        "3 days of home monitoring (test on day 3) → "
        "5 days in central quarantine (tests on days 1, 2, 3, 5) + "
        "3 days in home quarantine (tests on days 1, 3)."
    )
    assert "Contacts of contacts are no longer determined." in found
    assert (
        "People who left a medium-risk area: 7 days in home quarantine (tests on days 1, 4, 7) "
        "→ no measure." in found
    )
    assert "Home of a case: High-risk area: compound → High-risk area: stairwell." in found
    assert (
        "High-risk area, release: becomes Medium-risk area after: 7 days without a new infection; "
        "everybody negative in the screening of day 7 → "
        "becomes Low-risk area after: 5 days without a new infection." in found
    )


def test_what_the_ten_items_changed() -> None:
    found = changes("cn-20", "cn-10")

    assert any(line.endswith("→ 5 days in home quarantine (test on day 5).") for line in found)
    assert "Temporary lockdown: allowed → forbidden in any form." in found
    assert (
        "Until the retest: the members stay in place and the compound is held → "
        "the members stay in place." in found
    )
    assert "Infected people, released at: new: 35 Ct." in found
    assert not any("residents tested" in line for line in found)


def test_what_class_b_changed_is_told_once_for_each_thing() -> None:
    found = changes("cn-10", "cn-bb")

    assert "Close contacts are no longer determined." in found
    assert "High-risk area: no longer. It was: stay at home, door-to-door service." in found
    assert not any("onset" in line or "declared for" in line for line in found)


def test_going_back_is_told_too() -> None:
    found = changes("cn-20", "cn-v9")

    assert "Contacts of contacts are determined from now on." in found
    assert "Contacts of contacts: new: 7 days in home quarantine (tests on days 1, 4, 7)." in found


def test_the_local_example_changes_two_figures_and_a_colour_and_nothing_else() -> None:
    assert changes("cn-v9", "local-4day") == [
        "Looked for before onset: 2 days → 4 days.",
        "Looked for before the specimen, without symptoms: 2 days → 4 days.",
        "lives in a medium or high-risk area: new: yellow.",
    ]


@pytest.mark.parametrize("pack", ["cn-v8", "cn-v9", "cn-20", "cn-10", "cn-bb", "cn-nat-g3"])
def test_nothing_changes_from_a_pack_to_itself(pack: str) -> None:
    assert changes(pack, pack) == []


def test_no_measure_is_said_as_such() -> None:
    assert measure_in_words(load_pack("cn-20").measure("secondary_contact")) == "no measure"


def test_a_shown_pack_carries_grades_sources_notes_and_conflicts() -> None:
    text = "\n".join(show(load("cn-v9"), "en"))

    assert "cn-v9@1  COVID-19 prevention and control protocol, 9th edition" in text
    assert "Builds on: cn-nat-g3@1." in text
    assert "Transfer of a close contact: 8 hours  [C " in text
    assert "elsewhere: 12 hours  [C " in text
    assert "Held at the longest: 24 hours  [unverified " in text
    assert "https://www.163.com/dy/article/HB2O19DG0514TRJ8.html" in text


def test_words_of_an_overlay_are_shown_with_who_said_them() -> None:
    said = {line.key: line for line in everything_said(load("cn-20"))}

    secondary, household = said["contact.determine_secondary"], said["contact.household_is_close"]
    assert "二十条" in secondary.rests_on[0].source.title
    assert "济宁" in household.rests_on[0].source.title


def test_what_was_withdrawn_is_shown_with_who_withdrew_it() -> None:
    text = "\n".join(show(load("cn-20"), "en"))

    assert "Withdrawn: measures.secondary_contact  [A " in text


def test_everything_said_has_its_own_key() -> None:
    for pack in ("cn-v8", "cn-v9", "cn-20", "cn-10", "cn-bb", "who-2022", "cn-nat-g1"):
        keys = [line.key for line in everything_said(load(pack))]

        assert len(keys) == len(set(keys)), pack


def test_chinese_readers_read_chinese() -> None:
    assert changes("cn-v9", "cn-20", "zh-hans")[:2] == [
        (
            "密切接触者：集中隔离 7 天（第 1、2、3、5、7 天检测） + "
            "居家健康监测 3 天（第 3 天检测） → "
            "集中隔离 5 天（第 1、2、3、5 天检测） + 居家隔离 3 天（第 1、3 天检测）。"
        ),
        "不再判定密接的密接。",
    ]
