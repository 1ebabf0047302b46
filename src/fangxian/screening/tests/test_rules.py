"""Places, next actions and links: plain values."""

from uuid import uuid4

import pytest

from fangxian.screening import rules


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ("陕西省西安市雁塔区", "西安 雁塔"),
        ("西安雁塔明德门小区8号楼", "西安 雁塔 明德门"),
        ("西安市，雁塔区", "西安市 雁塔区"),
    ],
)
def test_a_place_lies_in_a_published_one_that_it_names_step_by_step(
    said: str, published: str
) -> None:
    assert rules.lies_in(said, rules.words_of(published))


@pytest.mark.parametrize("said", ["西安市碑林区", "咸阳市", "雁塔"])
def test_another_place_does_not(said: str) -> None:
    assert not rules.lies_in(said, rules.words_of("西安 雁塔"))


def test_what_is_only_on_the_way_there_is_not_exact_enough() -> None:
    words = rules.words_of("西安 雁塔 明德门")

    assert rules.is_wider("西安", words)
    assert rules.is_wider("陕西省西安市雁塔区", words)
    assert not rules.is_wider("西安市碑林区", words)
    assert not rules.is_wider("西安雁塔明德门", words)


def test_a_list_is_never_evidence_enough() -> None:
    for weak in ("list", "lives_here", "asked"):
        assert not rules.may_be_ordered_at_once(weak, ["list", "lives_here", "asked", "told"])
    assert rules.may_be_ordered_at_once("told", ["told"])
    assert rules.strongest(["list", "told", "declared"]) == "told"


def test_one_next_action_for_each_state() -> None:
    def after(calls: int, *channels: str) -> str:
        return rules.next_action("to_reach", calls=calls, channels=channels, calls_before_visit=2)

    assert after(0, "phone", "visit") == "call"
    assert after(2, "phone", "visit") == "visit"
    assert after(0, "visit") == "visit"
    assert after(0, "declaration") == "call"


def test_a_households_link_opens_its_own_door_in_its_own_campaign_only() -> None:
    key, campaign = b"k" * 32, uuid4()
    token = rules.household_token(key, campaign, 4711)

    assert rules.door_of_token(key, campaign, token) == 4711
    assert rules.door_of_token(key, campaign, token.lower()) == 4711
    assert rules.door_of_token(key, uuid4(), token) is None
    assert rules.door_of_token(b"x" * 32, campaign, token) is None
    for nonsense in ("", "-", "4711", "4711-", "99999999999-AAAAAA", "四-AAAAAA"):
        assert rules.door_of_token(key, campaign, nonsense) is None


def test_the_same_person_gets_the_same_provisional_id() -> None:
    one = rules.provisional_id(b"\xff" * 16)

    assert one == rules.provisional_id(b"\xff" * 16)
    assert one.version == 8
