"""Paper looks the same everywhere, holds every name, and runs nothing."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fontTools.ttLib import TTFont

from fangxian.kernel import paper

WORDS = dict.fromkeys(
    ["title", "name", "spoken", "until", "void", "cut", "handing", "exercise", "about"], "字"
)


def sheet(**card: str) -> dict[str, object]:
    one = {"qr": paper.qr("FX1:"), "initials": "王*", "spoken": "C", "until": "-", "door": "-"}
    return {"cards": [one | card], "words": WORDS, "place": "", "printed": "", "exercise": False}


def test_a_page_is_a_pdf() -> None:
    assert paper.page("people/cards.typ", sheet()).startswith(b"%PDF-")


def test_a_name_is_never_read_as_a_command() -> None:
    name = '"} #panic("read") #{ $x$ \\ <a> @b */'

    assert paper.page("people/cards.typ", sheet(initials=name)).startswith(b"%PDF-")


@pytest.mark.parametrize("font", sorted(paper.FONTS.glob("*.ttf")), ids=lambda font: font.stem)
def test_the_fonts_hold_every_sign_of_gbk(font: Path) -> None:
    with TTFont(font, lazy=True) as opened:
        known = opened.getBestCmap()

    assert {*range(0x4E00, 0x9FA6)} - known.keys() == set()
    assert [sign for sign in "祎喆玥婳堃镕·—°✓（）Ａé" if ord(sign) not in known] == []


def test_without_fonts_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paper, "FONTS", tmp_path)

    with pytest.raises(paper.FontsMissing):
        paper.page("people/cards.typ", sheet())


def test_codes_are_drawn_without_styles_of_their_own() -> None:
    for drawn in (paper.qr("FX1:ABC"), paper.code128("T0000071")):
        assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own
        assert "style=" not in drawn
