"""Refuse lock files that name a host or a place on somebody's disk, or leave a hash out."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMES_A_PLACE = re.compile(r"https?:|file:|@ |--index-url|--find-links|^\s*/|/home/|/root/")


def faults_of(lock: Path) -> list[str]:
    faults = []
    text = lock.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if NAMES_A_PLACE.search(line):
            faults.append(f"{lock.name}:{number}: names a host or a path: {line.strip()}")
    pins = re.findall(r"^[\w.-]+==[^\n]*(?:\n {4}[^\n]*)*", text, re.MULTILINE)
    bare = [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin]
    faults += [f"{lock.name}: no hash for {pin}" for pin in bare]
    return faults


def main() -> int:
    faults = [
        fault for lock in sorted(ROOT.glob("requirements*.lock")) for fault in faults_of(lock)
    ]
    npm = ROOT / "field" / "package-lock.json"
    if '"resolved"' in npm.read_text(encoding="utf-8"):
        faults.append(f"field/{npm.name}: names a registry; see field/.npmrc")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
