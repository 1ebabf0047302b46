"""What the district signed is known as its own; a change of keys leaves nobody outside."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fangxian.engines.codes import BadCode, Claims, Kind, cose, issue, read
from fangxian.kernel import clock, signing
from fangxian.kernel.clock import now
from fangxian.kernel.commands import codes as command

pytestmark = pytest.mark.django_db

START = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)


def text() -> str:
    claims = Claims(
        kind=Kind.PERSON,
        district="630105",
        subject=bytes(8),
        issued_at=now(),
        not_before=now(),
        expires_at=now() + timedelta(days=30),
    )
    return issue(claims, signing.signer("code"))


def test_what_is_signed_is_believed() -> None:
    assert read(text(), signing.trust_list(), now()).kind is Kind.PERSON


def test_the_first_key_is_made_once() -> None:
    first, second = signing.signer("code"), signing.signer("code")

    assert first.kid == second.kid
    assert len(signing.trust_list().keys) == 1


def test_a_document_is_verified_over_its_very_bytes() -> None:
    payload = json.dumps({"name": "keys", "body": "防线"}, ensure_ascii=False).encode()

    sent = signing.signed_document(payload)

    key = signing.trust_list().find(_unb64(sent["kid"]))
    assert key is not None
    assert key.use == "d"
    head = cose.Message(b"", cose.ES256, key.kid, b"", _unb64(sent["sig"]))
    assert len(head.signature) == 64
    assert sent["payload"].encode() == payload
    assert _verifies(payload, head.signature, key.x, key.y)
    assert not _verifies(payload + b" ", head.signature, key.x, key.y)


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _verifies(payload: bytes, signature: bytes, x: bytes, y: bytes) -> bool:
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        numbers.public_key().verify(encode_dss_signature(r, s), payload, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def test_a_document_key_signs_no_code() -> None:
    claims = read(text(), signing.trust_list(), now())

    forged = issue(claims, signing.signer("trust"))

    with pytest.raises(BadCode, match="wrong_kind"):
        read(forged, signing.trust_list(), now())


def test_a_new_key_is_announced_before_it_signs() -> None:
    with clock.playing(START) as hands:
        old = signing.signer("code").kid
        hands.forward(days=100)
        new = signing.rotate("code")

        announced = {key.kid for key in signing.trust_list().keys}
        assert announced == {old, new}
        assert signing.signer("code").kid == old
        hands.forward(days=7)
        assert signing.signer("code").kid == new


def test_codes_of_the_old_key_are_good_until_they_expire() -> None:
    with clock.playing(START) as hands:
        before = text()
        signing.rotate("code")
        hands.forward(days=6)
        last_of_old = text()
        hands.forward(days=23)
        assert read(before, signing.trust_list(), now())
        hands.forward(days=6)
        assert read(last_of_old, signing.trust_list(), now())
        hands.forward(days=90)
        assert len(signing.trust_list().keys) == 1


def test_two_rotations_in_a_row_leave_a_key_that_every_phone_knows() -> None:
    with clock.playing(START) as hands:
        first = signing.signer("code").kid
        hands.forward(days=30)
        second = signing.rotate("code")
        third = signing.rotate("code")

        assert signing.signer("code").kid == first
        hands.forward(days=7)
        assert signing.signer("code").kid in {second, third}
        assert read(text(), signing.trust_list(), now())


def test_a_leaked_key_ends_at_once_with_all_that_it_signed() -> None:
    before = text()

    new = signing.rotate("code", at_once=True)

    assert signing.signer("code").kid == new
    with pytest.raises(BadCode, match="unknown_key"):
        read(before, signing.trust_list(), now())


def test_the_operator_rotates_and_lists_the_keys(capsys: pytest.CaptureFixture[str]) -> None:
    signing.signer("code")

    assert command(["rotate", "--purpose", "code"]) == 0
    assert command(["trust"]) == 0
    assert command(["rotate", "--at-once"]) == 0

    out = capsys.readouterr().out
    assert "it signs in 7 days" in out
    assert "in use" in out
    assert "issue them again" in out


def test_phones_are_sent_the_list_with_a_key_for_documents() -> None:
    sent = signing.trust_document()

    assert {key["use"] for key in sent} == {"pxtv", "trust"}
    assert signing.trust_key() in sent
