"""Texts with what is to be found in them, for the reader on the phone: field/test/codes.json.

`python -m fangxian.engines.codes.tests.written` writes the file anew; test_written.py sees to it
that the file is what the reader of the server finds.
"""

import base64
import json
import zlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import base45
import cbor2

from fangxian.engines.codes import BadCode, Kind, TrustList, issue, read, sets
from fangxian.engines.codes.cose import pack
from fangxian.engines.codes.tests import make
from fangxian.engines.codes.tests.make import KEY, NOON, claims, payload, signed

FILE = Path(__file__).parents[5] / "field" / "test" / "codes.json"

OTHER = make.key(8)
ENDED = make.key(9)
DOCUMENTS = make.key(10)
PERSONS_ONLY = make.key(11)
TRUST = TrustList(
    (
        KEY.trusted(),
        ENDED.trusted(not_after=NOON - timedelta(days=1)),
        DOCUMENTS.trusted(use="d"),
        PERSONS_ONLY.trusted(use="p"),
    )
)


def texts() -> dict[str, str]:
    good = issue(claims(), KEY)
    bomb = base45.b45encode(zlib.compress(bytes(1_500_000), 9)).decode()
    store = zlib.compressobj(0)
    stored = base45.b45encode(store.compress(cose_of(good)) + store.flush()).decode()
    return {
        "a person": good,
        "a pass": issue(claims(kind=Kind.PASS, subject=41, more={-4: "supplies", -5: "1/2/"}), KEY),
        "a test": issue(claims(kind=Kind.TEST, subject="T0000071", more={-4: 1, -5: None}), KEY),
        "a venue": issue(claims(kind=Kind.VENUE, subject=bytes(16), initials=""), KEY),
        "a name in another script": issue(claims(initials="阿****·"), KEY),
        "a key for persons": issue(claims(), PERSONS_ONLY),
        "packed without compression": f"FX1:{stored}",
        "packed with much to repeat": issue(claims(more={-4: "防线" * 700}), KEY),
        "untagged": signed(payload(), wrap=lambda parts: parts),
        "tagged twice": signed(
            payload(), wrap=lambda parts: cbor2.CBORTag(61, cbor2.CBORTag(18, parts))
        ),
        "key id outside": signed(payload(), protected={1: -7}, unprotected={4: KEY.kid}),
        "key id in both, the outer wrong": signed(payload(), unprotected={4: b"foo"}),
        "high s": signed(payload(), sign=make.mirrored),
        "no beginning": signed(payload(c5=None)),
        "floats inside": signed(payload(m4=[1.5, 1e300, 0.1, True, None, -1, 2**40, b"x"])),
        "other tag": signed(payload(), wrap=lambda parts: cbor2.CBORTag(17, parts)),
        "three parts": signed(payload(), wrap=lambda parts: parts[:3]),
        "key id in both, the inner wrong": signed(
            payload(), protected={1: -7, 4: b"foo"}, unprotected={4: KEY.kid}
        ),
        "no key id": signed(payload(), protected={1: -7}),
        "another algorithm": signed(payload(), protected={1: -37, 4: KEY.kid}),
        "no algorithm": signed(payload(), protected={4: KEY.kid}),
        "critical header": signed(payload(), protected={1: -7, 2: [99], 4: KEY.kid, 99: 1}),
        "somebody else's signature": signed(payload(), sign=OTHER.sign),
        "signature of zeros": signed(payload(), sign=lambda _message: bytes(64)),
        "signature too short": signed(payload(), sign=lambda _message: bytes(63)),
        "unknown key": issue(claims(), OTHER),
        "ended key": issue(claims(), ENDED),
        "signed by the key of documents": issue(claims(kind=Kind.TEST, subject=1), DOCUMENTS),
        "a pass by a key for persons": issue(claims(kind=Kind.PASS, subject=1), PERSONS_ONLY),
        "unknown kind": signed(payload(m1="z")),
        "expired": issue(claims(expires_at=NOON - timedelta(hours=1)), KEY),
        "expired within leeway": issue(claims(expires_at=NOON - timedelta(minutes=4)), KEY),
        "of tomorrow": issue(claims(not_before=NOON + timedelta(days=1)), KEY),
        "a key twice": signed(twice()),
        "without end": signed(b"\xbf" + payload()[1:] + b"\xff"),
        "bytes left over": signed(payload() + b"\x00"),
        "too deep": signed(payload(m4=[[[[[[[[[[[[[[]]]]]]]]]]]]]])),
        "too many": signed(b"\xbb" + bytes([16] * 8) + payload()[1:]),
        "no text": signed(payload()[:-1] + b"\x07"),
        "claims that are a list": signed(cbor2.dumps([1, 2, 3, 4, 5, 6, 7])),
        "claims that are a text": signed(cbor2.dumps("")),
        "short pseudonym": signed(payload(m2=bytes(7))),
        "time in fractions": signed(payload(c4=1.5)),
        "time beyond time": signed(payload(c4=2**40)),
        "no expiry": signed(payload(c4=None)),
        "no issuer": signed(payload(c1=None)),
        "prefix of another": "HC1:" + good[4:],
        "lower case": good.lower(),
        "cut": good[:-3],
        "one sign wrong": good[:40] + ("A" if good[40] != "A" else "B") + good[41:],
        "something after it": good + "00",
        "checksum wrong": "FX1:" + base45.b45encode(zlib.compress(b"x")[:-1] + b"\x00").decode(),
        "not packed": "FX1:" + base45.b45encode(b"not compressed").decode(),
        "nothing": "FX1:",
        "unpacks to megabytes": f"FX1:{bomb}",
        "too long": "FX1:" + "0" * 4093,
        "signed garbage": pack(b"\x00\x01\x02", prefix="FX1:"),
    }


def cose_of(text: str) -> bytes:
    return zlib.decompress(base45.b45decode(text[4:]))


def twice() -> bytes:
    once = payload()
    return bytes([once[0] + 1]) + once[1:] + cbor2.dumps(-2) + cbor2.dumps(b"evil!!!!")


def found_in(text: str) -> dict[str, Any]:
    """What the server's reader finds, in a form that JSON can hold."""
    try:
        said = read(text, TRUST, NOON)
    except BadCode as bad:
        return {"trouble": bad.trouble}
    subject = said.subject.hex() if isinstance(said.subject, bytes) else said.subject
    return {
        "kind": str(said.kind),
        "issuer": said.district,
        "number": subject,
        "initials": said.initials,
        "issued_at": int(said.issued_at.timestamp()),
        "starts_at": int(said.not_before.timestamp()),
        "expires_at": int(said.expires_at.timestamp()),
        "more": sorted(said.more),
    }


def trust() -> list[dict[str, Any]]:
    def b64(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    return [
        {
            "kid": b64(key.kid),
            "x": b64(key.x),
            "y": b64(key.y),
            "use": "trust" if key.use == "d" else key.use,
            "not_after": int(key.not_after.timestamp()) if key.not_after else None,
        }
        for key in TRUST.keys
    ]


def looked_up() -> dict[str, Any]:
    """A set of 500, with some who are in it and some who are not."""
    inside = [sets.person_key(n.to_bytes(8)) for n in range(500)]
    inside += [sets.identity_key("63010519830101123X"), sets.person_key(bytes(range(8)))]
    return {
        "document": sets.document(inside, day=date(2022, 9, 2), salt=bytes(range(16))),
        "inside": [
            {"code": issue(claims(), KEY)},
            {"code": issue(claims(expires_at=NOON - timedelta(days=9)), KEY)},
            {"identity": "63010519830101123x", "type": "10"},
            {"provisional": "-", "name": "-", "kind": "other", "identity": "63010519830101123X"},
        ],
        "outside": [
            {"code": issue(claims(subject=b"8 bytes!"), KEY)},
            {"code": "FX1:GARBAGE"},
            {"identity": "630105198301011230", "type": "10"},
            {"resident": "01900000-0000-7000-8000-00000000aaaa"},
            {"provisional": "-", "name": "-", "kind": "other"},
        ],
    }


def whole() -> dict[str, Any]:
    return {
        "at": int(NOON.timestamp()),
        "keys": trust(),
        "texts": [
            {"name": name, "text": text, "found": found_in(text)} for name, text in texts().items()
        ],
        "set": looked_up(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(whole(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
