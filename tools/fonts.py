"""Cut the printed pages' fonts out of Noto Sans SC: every sign of GBK, Latin, and what forms need.

People's names need GBK: 祎, 喆, 玥, 婳, 堃 and 镕 are outside GB 2312. The whole fonts are 20 MB,
the cut ones 15. They lie in src/fangxian/kernel/fonts/ (git-ignored, packed in the wheel).

    python tools/fonts.py
"""

from multiprocessing import Pool
from pathlib import Path

from fontTools import subset

HOUSE = Path(__file__).parents[1]
WHOLE = HOUSE / "field" / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
OUT = HOUSE / "src" / "fangxian" / "kernel" / "fonts"
WEIGHTS = ("400Regular", "700Bold")


def signs() -> set[int]:
    """Code points of GBK, of Latin with its accents, and of punctuation and symbols in forms."""
    pairs = (bytes([high, low]) for high in range(0x81, 0xFF) for low in range(0x40, 0xFF))
    gbk = {ord(sign) for pair in pairs for sign in pair.decode("gbk", "ignore")}
    latin = {*range(0x20, 0x7F), *range(0xA0, 0x250)}
    forms = {*range(0x2010, 0x2040), *range(0x2070, 0x20AC), *range(0x2100, 0x2150)}
    forms |= {
        *range(0x2190, 0x2200),
        *range(0x2460, 0x2474),
        *range(0x25A0, 0x2600),
        0x2713,
        0x2717,
    }
    return gbk | latin | forms | {*range(0x3000, 0x3040), *range(0xFF00, 0xFFF0)}


def cut(weight: str) -> int:
    """Write one weight; its bytes."""
    options = subset.Options(
        layout_features=["kern", "locl", "vert"],
        hinting=False,
        desubroutinize=True,
        notdef_outline=True,
    )
    source = WHOLE / weight / f"NotoSansSC_{weight}.ttf"
    font = subset.load_font(str(source), options, lazy=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=signs())
    cutter.subset(font)
    target = OUT / f"NotoSansSC-{weight[3:]}.ttf"
    subset.save_font(font, str(target), options)
    return target.stat().st_size


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with Pool(2) as pool:
        sizes = pool.map(cut, WEIGHTS)
    licence = WHOLE / "LICENSE_FONT"
    (OUT / "LICENCE.txt").write_text(licence.read_text(encoding="utf-8"), encoding="utf-8")
    print(f"Fonts for paper: {sum(sizes) / 1e6:.1f} MB, {len(signs())} signs in two weights.")


if __name__ == "__main__":
    main()
