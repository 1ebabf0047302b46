"""Signed codes: what signing and verifying cost on the server and in a browser's engine, how large
a text is, how often a set takes one person for another, and how long a building's cards take.

    make bench BENCH=codes
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import segno
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.figures import figure, note
from fangxian.engines.codes import Claims, Kind, TrustedKey, TrustList, issue, read, sets
from fangxian.kernel import paper

HOUSE = Path(__file__).parents[1]
NOON = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)
KID = b"8 bytes!"
READER = """
import { Codes } from "./src/phone/codes.ts";
import { readFileSync } from "node:fs";
const { texts, keys, at } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const codes = new Codes(() => keys, () => new Date(at));
for (const text of texts.slice(0, 50)) await codes.read(text);
const started = performance.now();
for (const text of texts) await codes.read(text);
console.log((performance.now() - started) / texts.length);
"""


class Key:
    """A key of the benchmark's own."""

    kid = KID

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def trust(self) -> TrustList:
        point = self.private.public_key().public_numbers()
        x, y = point.x.to_bytes(32), point.y.to_bytes(32)
        return TrustList((TrustedKey(kid=KID, x=x, y=y, use="p", not_before=NOON),))


def claims(number: int) -> Claims:
    return Claims(
        kind=Kind.PERSON,
        district="630105",
        subject=number.to_bytes(8),
        initials="王**",
        issued_at=NOON,
        not_before=NOON,
        expires_at=NOON + timedelta(days=30),
    )


def cpu(work: Callable[[], object], times: int) -> float:
    """Microseconds of this process, each; the best of five."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _n in range(times):
            work()
        best = min(best, (time.process_time() - started) / times)
    return best * 1e6


def in_the_phones_engine(texts: list[str], key: Key) -> float:
    """Milliseconds a text, in the JavaScript engine of the tests."""
    point = key.trust().keys[0]
    known = [
        {"kid": _url(KID), "x": _url(point.x), "y": _url(point.y), "use": "p", "not_after": None}
    ]
    asked = {"texts": texts, "keys": known, "at": NOON.timestamp() * 1000}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(asked, file)
        file.flush()
        made = subprocess.run(
            ["node", "--input-type=module-typescript", "-", file.name],
            input=READER,
            cwd=HOUSE / "field",
            env=os.environ,
            capture_output=True,
            text=True,
            check=True,
        )
    return float(made.stdout)


def _url(data: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(data).decode().rstrip("=")


def false_matches(size: int, look_ups: int) -> tuple[float, float]:
    """Found, and expected, among strangers looked up in a set."""
    salt = sets.new_salt()
    inside = {sets.entry(salt, b"p:%d" % n) for n in range(size)}
    found = sum(sets.entry(salt, b"o:%d" % n) in inside for n in range(look_ups))
    return found, sets.false_match_rate(size) * look_ups


def cards(count: int, key: Key) -> bytes:
    words = ["title", "name", "spoken", "until", "void", "cut", "handing", "exercise", "about"]
    shown = [
        {
            "qr": paper.qr(issue(claims(n), key)),
            "initials": "王**",
            "spoken": "C7K2 M9Q4",
            "until": "2022-10-02 12:00",
            "door": f"3号楼2单元{n}",
        }
        for n in range(count)
    ]
    data = {
        "cards": shown,
        "words": dict.fromkeys(words, "个人码 Personal code"),
        "place": "朝阳社区",
    }
    return paper.page("people/cards.typ", data | {"printed": "-", "exercise": False})


def main() -> None:
    key = Key()
    trust = key.trust()
    texts = [issue(claims(n), key) for n in range(500)]
    figure("codes.sign_us", cpu(lambda: issue(claims(1), key), 300), "µs", against="one core")
    figure(
        "codes.verify_us", cpu(lambda: read(texts[0], trust, NOON), 300), "µs", against="one core"
    )
    figure("codes.verify_js_ms", in_the_phones_engine(texts, key), "ms", against="100 ms")
    figure("codes.text_signs", len(texts[0]), "signs", against="4096")
    version = int(segno.make_qr(texts[0], error="M", boost_error=False).version)
    figure("codes.qr_version", version, "", against="10")
    note("Looking 2,000,000 strangers up in a set of 200,000 …")
    found, expected = false_matches(200_000, 2_000_000)
    figure("codes.false_matches", found, "of 2,000,000", against=f"{expected:.0f} expected")
    ten_thousand = len(
        sets.document((b"%d" % n for n in range(10_000)), day=NOON.date(), salt=bytes(16))["hashes"]
    )
    figure("codes.set_kb", ten_thousand / 1024, "KiB for 10,000 people", against="256 KiB")
    started = time.perf_counter()
    made = cards(400, key)
    figure("codes.cards_400_s", time.perf_counter() - started, "s", against="20 s")
    figure("codes.cards_400_kb", len(made) / 1024, "KiB", against="4096 KiB")


if __name__ == "__main__":
    main()
