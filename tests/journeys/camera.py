"""A camera for a browser that has none: a film of one thing after another held before it."""

from collections.abc import Sequence
from pathlib import Path

import segno
from barcode.codex import Code128

WIDTH, HEIGHT = 640, 480
FRAMES_A_SECOND = 10
_WHITE, _BLACK = 235, 16
_GREY = bytes([128]) * (WIDTH * HEIGHT // 2)  # no colour: both chroma planes, a quarter each


def film(file: Path, texts: Sequence[str], *, frames: int = 7, between: int = 2) -> None:
    """Write a film (YUV4MPEG2) that shows each text as a code, with nothing in between.

    Labels (8 signs) are shown as Code 128, as they are printed; everything else as QR. The browser
    plays it over and over.
    """
    empty = bytes([_WHITE]) * (WIDTH * HEIGHT)
    with file.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_A_SECOND}:1 Ip A1:1 C420\n".encode())
        for text in texts:
            shown = _bars(text) if len(text) == len("T000007E") else _square(text)
            for picture in [shown] * frames + [empty] * between:
                out.write(b"FRAME\n")
                out.write(picture)
                out.write(_GREY)


def _square(text: str) -> bytes:
    rows = [
        [bool(dark) for dark in row] for row in segno.make(text, error="m").matrix_iter(border=4)
    ]
    scale = (HEIGHT - 40) // len(rows)
    return _picture(
        [[dark for dark in row for _ in range(scale)] for row in rows for _ in range(scale)]
    )


def _bars(text: str) -> bytes:
    line = [sign == "1" for sign in Code128(text).build()[0]]
    return _picture([[dark for dark in line for _ in range(3)]] * 160)


def _picture(rows: Sequence[Sequence[bool]]) -> bytes:
    """In the middle of a white page."""
    left, top = (WIDTH - len(rows[0])) // 2, (HEIGHT - len(rows)) // 2
    blank = bytes([_WHITE]) * WIDTH
    lines = [blank] * top
    known: dict[int, bytes] = {}  # rows repeat
    for row in rows:
        if id(row) not in known:
            body = bytes(_BLACK if dark else _WHITE for dark in row)
            known[id(row)] = (
                bytes([_WHITE]) * left + body + bytes([_WHITE]) * (WIDTH - left - len(body))
            )
        lines.append(known[id(row)])
    lines += [blank] * (HEIGHT - len(lines))
    return b"".join(lines)
