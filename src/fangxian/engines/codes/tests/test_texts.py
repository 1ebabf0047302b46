"""A signed text is good, or refused for one reason; nothing else can happen."""

import struct
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import base45
import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fangxian.engines.codes import BadCode, Claims, Kind, TrustList, issue, read
from fangxian.engines.codes.cose import pack
from fangxian.engines.codes.tests import make
from fangxian.engines.codes.tests.make import NOON, payload, signed

KEY = make.key()
OTHER = make.key(8)


def trouble(text: str, trust: TrustList | None = None, **how: Any) -> str:
    with pytest.raises(BadCode) as refused:
        read(text, trust or KEY.trust(), how.pop("at", NOON), **how)
    return refused.value.trouble


@given(
    kind=st.sampled_from(list(Kind)),
    initials=st.text(max_size=12),
    days=st.integers(1, 400),
    more=st.dictionaries(
        st.integers(-30, -4),
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20)
        | st.binary(max_size=20) | st.lists(st.integers(), max_size=3),
        max_size=4,
    ),
)  # fmt: skip
def test_what_was_signed_is_read_again(
    kind: Kind, initials: str, days: int, more: dict[int, Any]
) -> None:
    more = {k: v for k, v in more.items() if not _too_big(v)}
    said = make.claims(
        kind=kind, initials=initials, expires_at=NOON + timedelta(days=days), more=more
    )

    assert read(issue(said, KEY), KEY.trust(), NOON) == said


def _too_big(value: object) -> bool:
    numbers = value if isinstance(value, list) else [value]
    return any(isinstance(n, int) and not -(2**64) <= n < 2**64 for n in numbers)


@given(at=st.integers(0, 10_000), sign=st.sampled_from("0123456789ABCDEFGHIJ $%*+-./:"))
def test_no_changed_text_is_believed(at: int, sign: str) -> None:
    text = issue(make.claims(), KEY)
    at = 4 + at % (len(text) - 4)
    changed = text[:at] + sign + text[at + 1 :]

    if changed == text:
        return
    try:
        said = read(changed, KEY.trust(), NOON)
    except BadCode:
        return
    assert said == make.claims()  # zlib has more than one way to say the same; the message held


@given(cut=st.integers(0, 10_000))
def test_no_truncated_text_is_believed(cut: int) -> None:
    text = issue(make.claims(), KEY)

    assert trouble(text[: cut % len(text)]) in {"malformed", "too_large"}


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: pack(b, prefix="FX1:")))
def test_garbage_is_refused_and_breaks_nothing(text: str) -> None:
    assert trouble(text) in {"malformed", "unknown_key", "forged"}


@given(st.binary(max_size=120))
@example(b"`")
@example(b"\x87\x01\x02\x03\x04\x05\x06\x07")
def test_a_signed_payload_of_garbage_breaks_nothing(said: bytes) -> None:
    assert trouble(signed(said)) in {"malformed", "wrong_kind"}


def test_the_key_of_somebody_else_forges_nothing() -> None:
    assert trouble(signed(payload(), sign=OTHER.sign)) == "forged"


def test_a_key_that_is_not_in_the_list_is_unknown() -> None:
    text = issue(make.claims(), OTHER)

    assert trouble(text) == "unknown_key"


def test_a_key_that_has_ended_is_unknown() -> None:
    text = issue(make.claims(), KEY)
    ended = KEY.trust(not_after=NOON - timedelta(minutes=10))

    assert trouble(text, ended) == "unknown_key"


def test_a_code_is_good_until_it_expires_and_the_clocks_leeway_over() -> None:
    text = issue(make.claims(expires_at=NOON), KEY)

    assert read(text, KEY.trust(), NOON + timedelta(seconds=300)).kind is Kind.PERSON
    assert trouble(text, at=NOON + timedelta(seconds=301)) == "expired"


def test_a_code_of_tomorrow_is_not_yet_good() -> None:
    text = issue(make.claims(not_before=NOON + timedelta(days=1)), KEY)

    assert trouble(text) == "not_yet_valid"


def test_whose_code_expired_is_still_told() -> None:
    text = issue(make.claims(expires_at=NOON - timedelta(days=1)), KEY)

    with pytest.raises(BadCode) as refused:
        read(text, KEY.trust(), NOON)

    assert isinstance(refused.value.claims, Claims)
    assert refused.value.claims.subject == bytes(range(8))


def test_a_key_signs_only_what_it_is_for() -> None:
    text = issue(make.claims(kind=Kind.PASS, subject=b"1"), KEY)

    assert trouble(text, KEY.trust(use="p")) == "wrong_kind"
    assert trouble(text, kinds=[Kind.PERSON]) == "wrong_kind"
    assert trouble(signed(payload(m1="z"))) == "wrong_kind"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FX1:",
        "HC1:" + issue(make.claims(), KEY)[4:],
        issue(make.claims(), KEY)[4:],
        issue(make.claims(), KEY).lower(),
        "FX1:ABC",
        "FX1:" + base45.b45encode(b"not compressed").decode(),
        issue(make.claims(), KEY) + "00",
    ],
)
def test_what_is_no_text_of_ours_is_malformed(text: str) -> None:
    assert trouble(text) == "malformed"


def test_a_long_text_is_refused_before_it_is_decoded() -> None:
    assert trouble("FX1:" + "0" * 4093) == "too_large"


def test_a_text_that_unpacks_to_megabytes_is_left_packed() -> None:
    bomb = "FX1:" + base45.b45encode(zlib.compress(bytes(1_500_000), 9)).decode()

    assert len(bomb) < 4096
    assert trouble(bomb) == "too_large"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda parts: parts,
        lambda parts: cbor2.CBORTag(18, parts),
        lambda parts: cbor2.CBORTag(61, cbor2.CBORTag(18, parts)),
    ],
)
def test_tagged_and_untagged_messages_are_read(wrap: Callable[[list[Any]], Any]) -> None:
    assert read(signed(payload(), wrap=wrap), KEY.trust(), NOON).kind is Kind.PERSON


def test_a_message_of_another_tag_is_malformed() -> None:
    assert trouble(signed(payload(), wrap=lambda parts: cbor2.CBORTag(17, parts))) == "malformed"
    assert trouble(signed(payload(), wrap=lambda parts: parts[:3])) == "malformed"
    assert trouble(signed(payload(), wrap=lambda parts: [*parts, 1])) == "malformed"
    assert trouble(signed(payload(), wrap=lambda parts: {1: parts})) == "malformed"


def test_the_key_id_may_stand_in_either_header_and_the_protected_one_counts() -> None:
    outside = signed(payload(), protected={1: -7}, unprotected={4: KEY.kid})
    both = signed(payload(), unprotected={4: b"foo"})
    wrong = signed(payload(), protected={1: -7, 4: b"foo"}, unprotected={4: KEY.kid})

    assert read(outside, KEY.trust(), NOON)
    assert read(both, KEY.trust(), NOON)
    assert trouble(wrong) == "unknown_key"
    assert trouble(signed(payload(), protected={1: -7})) == "malformed"


@pytest.mark.parametrize("algorithm", [-8, -35, -37, -257, 5, None, "ES256"])
def test_no_other_algorithm_is_taken(algorithm: object) -> None:
    text = signed(payload(), protected={1: algorithm, 4: KEY.kid})

    assert trouble(text) == "forged"


def test_a_header_that_must_be_understood_is_not_passed_over() -> None:
    text = signed(payload(), protected={1: -7, 2: [99], 4: KEY.kid, 99: 1})

    assert trouble(text) == "malformed"


@pytest.mark.parametrize("missing", ["c1", "c4", "c6", "m1", "m2"])
def test_a_text_that_leaves_something_out_is_malformed(missing: str) -> None:
    assert trouble(signed(payload(**{missing: None}))) in {"malformed", "wrong_kind"}


def test_without_a_beginning_it_begins_when_it_was_issued() -> None:
    said = read(signed(payload(c5=None)), KEY.trust(), NOON)

    assert said.not_before == said.issued_at


@pytest.mark.parametrize(
    "changed",
    [
        {"c4": 1.5},
        {"c4": "2022"},
        {"c4": True},
        {"c4": 2**70},
        {"c4": 2**40},
        {"c6": -(2**62)},
        {"c1": 630105},
        {"m2": bytes(7)},
        {"m2": "12345678"},
        {"m2": 1},
        {"m3": 7},
    ],
)
def test_claims_of_another_type_are_malformed(changed: dict[str, Any]) -> None:
    assert trouble(signed(payload(**changed))) == "malformed"


def test_two_readings_of_one_text_are_impossible() -> None:
    once = payload()
    twice = bytes([once[0] + 1]) + once[1:] + cbor2.dumps(-2) + cbor2.dumps(b"evil!!!!")
    endless = b"\xbf" + once[1:] + b"\xff"

    assert trouble(signed(twice)) == "malformed"
    assert trouble(signed(endless)) == "malformed"
    assert trouble(signed(once + b"\x00")) == "malformed"
    assert trouble(signed(b"\x81" * 40 + once)) == "malformed"
    assert trouble(signed(b"\xbb" + struct.pack(">Q", 2**60) + once[1:])) == "malformed"


def test_the_other_half_of_the_curve_is_as_good() -> None:
    """WebCrypto makes and takes signatures with a high s; so do we."""

    assert read(signed(payload(), sign=make.mirrored), KEY.trust(), NOON)


@pytest.mark.parametrize(
    "signature", [b"", bytes(64), b"\xff" * 64, bytes(63), bytes(65), b"\x30\x44" + bytes(68)]
)
def test_a_signature_of_odd_shape_breaks_nothing(signature: bytes) -> None:
    assert trouble(signed(payload(), sign=lambda _message: signature)) == "forged"
