"""Which words are the same, how alike they are, and what may be answered together: plain values."""

import hashlib
import re

TOGETHER = frozenset(
    {"policy", "testing", "code", "travel", "utilities", "environment", "complaint", "problem"}
)
"""Categories in which the same words are answered once. What somebody needs for themselves
(care, supplies, an emergency) is never put with another's by itself."""

_NOISE = re.compile(r"[\W_]+")


def plain(words: str) -> str:
    """The words without case, blanks and punctuation."""
    return _NOISE.sub("", words).lower()


def digest_of(words: str) -> bytes:
    return hashlib.blake2b(plain(words).encode(), digest_size=16).digest()
