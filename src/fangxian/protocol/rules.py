import re

_PATH = re.compile(r"([0-9a-z]+/)*")


def is_area_path(text: str) -> bool:
    return _PATH.fullmatch(text) is not None


def this_and_above(area_path: str) -> list[str]:
    """The area and all that contain it, deepest first; the last is "", everywhere."""
    steps = area_path.split("/")[:-1]
    return ["".join(f"{step}/" for step in steps[:n]) for n in range(len(steps), -1, -1)]
