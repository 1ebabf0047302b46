"""What is printed with the list for a gate without a phone."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fangxian.gates import signed
from fangxian.gates.tests import make
from fangxian.kernel import signing
from fangxian.kernel.clock import now

pytestmark = pytest.mark.django_db


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_code_of_a_list_is_signed_and_says_what_the_list_is() -> None:
    gate, at = make.gate(), now()
    digest = signed.list_digest([{"code": "P000007E"}], gate=gate.number, until=at)

    code = signed.list_code(gate, digest=digest, lines=1, at=at, until=at + timedelta(hours=12))

    kid, text, signature = (_bytes(part) for part in code.removeprefix("FXL:").split("."))
    assert json.loads(text) == {
        "list": {
            "gate": gate.name,
            "site": str(gate.id),
            "at": int(at.timestamp()),
            "until": int((at + timedelta(hours=12)).timestamp()),
            "lines": 1,
            "check": signed.check_number(digest),
        }
    }
    [key] = [known for known in signing.trust_list().keys if known.kid == kid]
    point = b"\x04" + key.x + key.y
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    halves = (int.from_bytes(signature[at : at + 32]) for at in (0, 32))
    public.verify(encode_dss_signature(*halves), text, ec.ECDSA(SHA256()))


def test_the_check_number_is_read_in_fours() -> None:
    assert signed.check_number(bytes(range(32))).startswith("0001 0203 0405 0607")
