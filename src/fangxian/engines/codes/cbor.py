"""A small, strict reader of CBOR (RFC 8949): what signed texts need, and nothing that can surprise.

Refused: indefinite lengths, a key twice in one map, more than the input holds, deep nesting, bytes
left over. A general decoder allows these, and two readers then see two things in one signed text.
"""

import struct
from typing import Any

_DEEPEST = 12


class NotCbor(ValueError):  # noqa: N818 - it says what they are
    """These bytes are not the strict CBOR that is read here."""


class Tag:
    """A value with the number that says what it is."""

    __slots__ = ("number", "value")

    def __init__(self, number: int, value: Any) -> None:
        self.number, self.value = number, value


def loads(data: bytes) -> Any:
    """The one value that these bytes are."""
    value, at = _value(data, 0, 0)
    if at != len(data):
        raise NotCbor("bytes left over")
    return value


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise NotCbor("too deep")
    major, short, number, at = _head(data, at)
    match major:
        case 0 | 1:
            found: Any = -1 - number if major else number
        case 2 | 3:
            found, at = _string(data, at, number, text=major == 3)  # noqa: PLR2004
        case 4:
            found, at = _array(data, at, number, depth)
        case 5:
            found, at = _map(data, at, number, depth)
        case 6:
            value, at = _value(data, at, depth + 1)
            found = Tag(number, value)
        case _:
            found = _simple(data, at, short, number)
    return found, at


def _head(data: bytes, at: int) -> tuple[int, int, int, int]:
    """Major type, the short count, the number it stands for, where the rest begins."""
    if at >= len(data):
        raise NotCbor("ends too early")
    major, short = data[at] >> 5, data[at] & 31
    at += 1
    if short < 24:  # noqa: PLR2004
        return major, short, short, at
    if short > 27:  # noqa: PLR2004 - reserved, or an indefinite length
        raise NotCbor("indefinite length")
    size = 1 << (short - 24)
    if at + size > len(data):
        raise NotCbor("ends too early")
    return major, short, int.from_bytes(data[at : at + size]), at + size


def _string(data: bytes, at: int, length: int, *, text: bool) -> tuple[bytes | str, int]:
    end = at + length
    if end > len(data):
        raise NotCbor("ends too early")
    part = data[at:end]
    if not text:
        return part, end
    try:
        return part.decode(), end
    except UnicodeDecodeError as error:
        raise NotCbor("no text") from error


def _array(data: bytes, at: int, length: int, depth: int) -> tuple[list[Any], int]:
    if length > len(data) - at:  # every item takes a byte at least
        raise NotCbor("ends too early")
    items = []
    for _ in range(length):
        item, at = _value(data, at, depth + 1)
        items.append(item)
    return items, at


def _map(data: bytes, at: int, length: int, depth: int) -> tuple[dict[Any, Any], int]:
    if length > len(data) - at:
        raise NotCbor("ends too early")
    found: dict[Any, Any] = {}
    for _ in range(length):
        key, at = _value(data, at, depth + 1)
        if isinstance(key, bool) or not isinstance(key, int | str | bytes):
            raise NotCbor("odd key")
        if key in found:
            raise NotCbor("a key twice")
        found[key], at = _value(data, at, depth + 1)
    return found, at


_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def _simple(data: bytes, at: int, short: int, number: int) -> Any:
    if short in _FLOATS:
        form = _FLOATS[short]
        return struct.unpack(form, data[at - struct.calcsize(form) : at])[0]
    if short not in _SIMPLE:
        raise NotCbor(f"simple value {number}")
    return _SIMPLE[short]
