"""The EU Digital COVID Certificate's own test vectors, read by the same code as our texts.

Only the prefix and the key id's origin differ. Two of the vectors are signed by RSA, which nobody
here signs with: their signature is checked in this file, over the bytes that our code took out.
"""

import base64
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from fangxian.engines.codes import BadCode, cbor, cose

VECTORS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("dcc.json").read_text(encoding="utf-8")
)
PS256 = -37


def those_with(verdict: str) -> list[str]:
    return [name for name, vector in VECTORS.items() if verdict in vector]


def verifies(message: bytes, certificate: bytes) -> bool:
    key = x509.load_der_x509_certificate(certificate).public_key()
    try:
        found = cose.read(message)
        if found.kid != hashlib.sha256(certificate).digest()[:8]:
            return False
        if isinstance(key, rsa.RSAPublicKey) and found.algorithm == PS256:
            padded = padding.PSS(padding.MGF1(SHA256()), 32)
            key.verify(found.signature, found.signed, padded, SHA256())
            return True
        assert isinstance(key, ec.EllipticCurvePublicKey)
        point = key.public_numbers()
        cose.verify(found, point.x.to_bytes(32), point.y.to_bytes(32))
    except (BadCode, InvalidSignature):
        return False
    return True


@pytest.mark.parametrize("name", those_with("verifies"))
def test_the_signature_is_judged_as_the_union_judged_it(name: str) -> None:
    vector = VECTORS[name]

    found = verifies(bytes.fromhex(vector["cose"]), base64.b64decode(vector["certificate"]))

    assert found is vector["verifies"], vector["about"]


@pytest.mark.parametrize("name", those_with("unpacks"))
def test_the_text_unpacks_as_the_union_expects(name: str) -> None:
    vector = VECTORS[name]

    if vector["unpacks"]:
        assert cose.unpack(vector["text"], prefix="HC1:").hex() == vector["cose"]
    else:
        with pytest.raises(BadCode):
            cose.unpack(vector["text"], prefix="HC1:")


@pytest.mark.parametrize("name", those_with("in_time"))
def test_its_time_is_read_as_the_union_reads_it(name: str) -> None:
    vector = VECTORS[name]
    at = datetime.fromisoformat(vector["at"]).timestamp()

    said = cbor.loads(cose.read(bytes.fromhex(vector["cose"])).payload)

    assert (said[6] <= at <= said[4]) is vector["in_time"], vector["about"]
