"""Identity: UUIDv7 for machines, short codes with a check character for mouths and labels."""

import os
from uuid import UUID

from fangxian.kernel.clock import now

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_VALUE = {sign: value for value, sign in enumerate(ALPHABET)}
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", " ": None, "-": None})
_DIGITS = 6


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): sorts by time of birth; may equally be made on a phone."""
    milliseconds = int(now().timestamp() * 1000)
    bits = int.from_bytes(os.urandom(10))
    high, low = bits >> 68, bits & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def code(kind: str, number: int) -> str:
    """The short code of thing `number` of a kind: kind letter, six signs, one check character.

    `code("T", 7)` is "T000007" plus its check character. Raises `ValueError` below 0 and above
    32**6 - 1.
    """
    if not 0 <= number < len(ALPHABET) ** _DIGITS:
        raise ValueError(f"a short code holds numbers below {len(ALPHABET) ** _DIGITS}")
    signs = ""
    for _ in range(_DIGITS):
        number, value = divmod(number, len(ALPHABET))
        signs = ALPHABET[value] + signs
    return kind + signs + ALPHABET[_check(signs)]


def read_code(kind: str, text: str) -> int | None:
    """The number behind a short code as somebody typed or said it; None if it cannot be right.

    Case, blanks, hyphens and the usual misreadings (O for 0, I for 1) are forgiven. One wrong
    sign, or two neighbours swapped, is always noticed.
    """
    signs = text.strip().upper()
    if not signs.startswith(kind):
        return None
    signs = signs[len(kind) :].translate(_MISREAD)
    if len(signs) != _DIGITS + 1 or any(sign not in _VALUE for sign in signs):
        return None
    if _check(signs[:-1]) != _VALUE[signs[-1]]:
        return None
    number = 0
    for sign in signs[:-1]:
        number = number * len(ALPHABET) + _VALUE[sign]
    return number


def _check(signs: str) -> int:
    """Damm's scheme over the field of 32 elements: interim = 2 (interim + value).

    Damm, H. M. (2004), "Total anti-symmetrische Quasigruppen", dissertation, Marburg.
    """
    interim = 0
    for sign in signs:
        interim = (interim ^ _VALUE[sign]) << 1
        if interim & 0b100000:
            interim ^= 0b100101  # x^5 + x^2 + 1 is irreducible over GF(2)
    return interim
