"""Ordinary packs and actors for tests."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.protocol import overlay
from fangxian.protocol.actions import adopt_pack
from fangxian.protocol.errors import Fault, PackIsFaulty
from fangxian.protocol.models import Adoption
from fangxian.protocol.packs import Guide, Pack, read_document

MORNING = datetime(2022, 9, 2, 0, 0, tzinfo=UTC)

HEADER = """\
[pack]
id = "{id}"
version = "{version}"
kind = "protocol"
title = {{ zh = "试", en = "Trial" }}
effective_from = 2022-09-01
jurisdiction = "CN"
extends = ["{extends}"]
source = "notice"
grade = "B"

[sources]
notice = {{ title = "Notice 7 of the district" }}

"""


def command_post(*, within: str = "1/") -> Actor:
    return Actor(id=new_id(), within=within, duties=frozenset({Duty.SET_POLICY}), name="Chen")


def adoption(
    pack: str = "cn-v9", *, area_path: str = "1/2/", from_at: datetime = MORNING
) -> Adoption:
    return adopt_pack(command_post(), pack, area_path=area_path, from_at=from_at, reason="notice 7")


def pack_file(
    folder: Path,
    body: str = "",
    *,
    extends: str = "cn-v9@1",
    name: str = "trial",
    version: str = "1",
) -> Path:
    """A district's own pack over the ninth edition."""
    path = folder / f"{name}.toml"
    header = HEADER.format(id=name.partition("@")[0], version=version, extends=extends)
    path.write_text(header + body, encoding="utf-8")
    return path


def read(path: Path) -> Pack | Guide:
    return read_document(overlay.read(path), [*overlay.folders(), path.parent])


def faults(path: Path) -> list[Fault]:
    try:
        read(path)
    except PackIsFaulty as refusal:
        return list(refusal.faults)
    return []


def changed(folder: Path, pack: str, changes: Mapping[str, str], *, name: str = "") -> Path:
    """A copy of a shipped pack with some of its text replaced."""
    text = (overlay.SHIPPED / f"{pack}.toml").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / f"{name or pack}.toml"
    path.write_text(text, encoding="utf-8")
    return path
