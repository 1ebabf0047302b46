"""Paper: PDF from a template of a room, with our own fonts, the same on every machine.

A template is `<room>/paper/<name>.typ` (Typst); what it shows comes as JSON, never pasted into its
text, so nobody's name is read as a command. Shared pieces are in `kernel/paper.typ`. The fonts are
cut out of Noto Sans SC by tools/fonts.py and hold every sign of GBK; the machine's are not used.
"""

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import segno
import typst
from barcode import Code128
from barcode.writer import SVGWriter

HOUSE = Path(__file__).parents[1]
FONTS = Path(__file__).with_name("fonts")


class FontsMissing(Exception):  # noqa: N818 - it says what is the matter
    """The fonts for paper were not cut: `make setup`, or `python tools/fonts.py`."""


def page(
    template: str, data: Mapping[str, Any], *, form: Literal["pdf", "png", "svg"] = "pdf"
) -> bytes:
    """The pages of a template (`people/cards.typ`) filled with data that JSON can hold.

    form   png gives the first page alone, for looking at
    """
    if not any(FONTS.glob("*.ttf")):
        raise FontsMissing(str(FONTS))
    room, name = template.split("/")
    made = typst.compile(
        str(HOUSE / room / "paper" / name),
        root=str(HOUSE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format=form,
        ppi=144.0 if form == "png" else None,
    )
    first = made[0] if isinstance(made, list) else made
    return bytes(first or b"")


def qr(text: str, *, level: Literal["L", "M", "Q", "H"] = "M", border: int = 4) -> str:
    """A QR code as SVG, to be embedded in a page or in paper.

    The mask is given, for choosing the best of eight takes twenty times as long and signed texts
    are as good as noise under any.
    """
    code = segno.make_qr(text, error=level, mask=3, boost_error=False)
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", border=border, xmldecl=False, svgns=True, omitsize=True, nl=False)
    return drawn.getvalue().decode()


def code128(text: str, *, height: float = 10, module: float = 0.3) -> str:
    """A Code 128 barcode as SVG, without its text; sizes in mm."""
    drawn = io.BytesIO()
    options = {"module_height": height, "module_width": module, "write_text": False}
    Code128(text, writer=SVGWriter()).write(drawn, options | {"quiet_zone": 10 * module})
    whole = drawn.getvalue().decode()
    # As attributes, for pages allow no inline styles.
    return re.sub(r'style="fill:(\w+);?"', r'fill="\1"', whole[whole.index("<svg") :])
