"""Somebody in the set is always found; somebody else almost never."""

import os
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from fangxian.engines.codes import sets

DAY = date(2022, 9, 2)


@given(st.sets(st.binary(min_size=8, max_size=8), max_size=40))
def test_whoever_was_put_in_is_found(pseudonyms: set[bytes]) -> None:
    keys = [sets.person_key(one) for one in pseudonyms]

    said = sets.document(keys, day=DAY, salt=bytes(16))

    assert all(sets.holds(said, key) for key in keys)
    assert said["count"] <= len(keys)


def test_an_empty_set_holds_nobody() -> None:
    said = sets.document([], day=DAY, salt=sets.new_salt())

    assert not sets.holds(said, sets.identity_key("11010519491231002X"))


def test_identity_numbers_are_found_in_either_case() -> None:
    said = sets.document([sets.identity_key("11010519491231002x")], day=DAY, salt=bytes(16))

    assert sets.holds(said, sets.identity_key("11010519491231002X"))


def test_two_days_have_nothing_in_common() -> None:
    keys = [sets.person_key(os.urandom(8)) for _ in range(100)]

    today = sets.document(keys, day=DAY, salt=sets.new_salt())
    tomorrow = sets.document(keys, day=DAY, salt=sets.new_salt())

    assert today["hashes"] != tomorrow["hashes"]


def test_others_are_taken_for_one_of_them_as_rarely_as_is_said() -> None:
    """With entries of 4 bytes no test could see it: so many are looked up in so large a set that
    a handful must match, and no more."""
    size, look_ups = 100_000, 100_000
    hashed = {sets.entry(bytes(16), b"p:%d" % n) for n in range(size)}

    found = sum(sets.entry(bytes(16), b"o:%d" % n) in hashed for n in range(look_ups))

    expected = sets.false_match_rate(size) * look_ups
    assert round(expected, 1) == 2.3
    assert found <= 12  # five times what is expected: less likely than 1 in 10,000


def test_ten_thousand_people_take_forty_kilobytes() -> None:
    said = sets.document(
        [sets.person_key(n.to_bytes(8)) for n in range(10_000)], day=DAY, salt=bytes(16)
    )

    assert len(said["hashes"]) < 54_000
