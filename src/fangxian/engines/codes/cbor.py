"""A small, strict reader of CBOR (RFC 8949): what signed texts need, and nothing that can surprise.

Refused: indefinite lengths, a key twice in one map, more than the input holds, deep nesting, bytes
left over. A general decoder allows these, and two readers then see two things in one signed text.
"""

import struct
from collections.abc import Callable, Mapping
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
    if at >= len(data):
        raise NotCbor("ends too early")
    major, short = data[at] >> 5, data[at] & 31
    at += 1
    number = short
    if short >= 24:  # noqa: PLR2004
        number, at = _long(data, at, short)
    if major < 2:  # noqa: PLR2004
        return (-1 - number if major else number), at
    if major < 4:  # noqa: PLR2004
        return _string(data, at, number, text=major == 3)  # noqa: PLR2004
    if major == 7:  # noqa: PLR2004
        return _simple(data, at, short, number), at
    return _NESTED[major](data, at, number, depth)


def _long(data: bytes, at: int, short: int) -> tuple[int, int]:
    """The number in the bytes after a head, and where the rest begins."""
    if short > 27:  # noqa: PLR2004 - reserved, or an indefinite length
        raise NotCbor("indefinite length")
    size = 1 << (short - 24)
    if at + size > len(data):
        raise NotCbor("ends too early")
    return int.from_bytes(data[at : at + size]), at + size


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
        if type(key) not in _KEYS:
            raise NotCbor("odd key")
        if key in found:
            raise NotCbor("a key twice")
        found[key], at = _value(data, at, depth + 1)
    return found, at


def _tag(data: bytes, at: int, number: int, depth: int) -> tuple[Tag, int]:
    value, at = _value(data, at, depth + 1)
    return Tag(number, value), at


_KEYS = frozenset({int, str, bytes})
_NESTED: Mapping[int, Callable[[bytes, int, int, int], tuple[Any, int]]] = {
    4: _array,
    5: _map,
    6: _tag,
}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def _simple(data: bytes, at: int, short: int, number: int) -> Any:
    if short in _FLOATS:
        form = _FLOATS[short]
        return struct.unpack(form, data[at - struct.calcsize(form) : at])[0]
    if short not in _SIMPLE:
        raise NotCbor(f"simple value {number}")
    return _SIMPLE[short]
