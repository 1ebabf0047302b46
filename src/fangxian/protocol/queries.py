"""Which rules hold. They bind everybody, so `in_force` asks for no viewer."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Length

from fangxian.kernel.access import Actor
from fangxian.protocol.errors import NoPackInForce, PackWasAltered
from fangxian.protocol.models import Adoption
from fangxian.protocol.packs import Pack, load_pack
from fangxian.protocol.rules import this_and_above


def in_force(at: datetime, area_path: str) -> Pack:
    """The pack whose rules bind the area at that moment.

    The deepest area with an adoption decides, even against a later one for an area around it: a
    district that adopted its own rules keeps them until it adopts others. Of several for the same
    area the latest that has begun holds.

    Costs one look-up in the database, so that an adoption made by another process counts at once;
    the pack itself is read once in the life of the process. Raises `NoPackInForce`, and
    `PackWasAltered` when the file no longer says what was adopted.
    """
    adoption = (
        Adoption.objects.filter(area_path__in=this_and_above(area_path), from_at__lte=at)
        .order_by(Length("area_path").desc(), "-from_at")
        .first()
    )
    if adoption is None:
        raise NoPackInForce(area_path)
    return pack_of(adoption)


class Rules:
    """`in_force` for a batch of many rows: reads the adoptions once, then asks no more.

    Keep one only as long as the transaction of the batch.
    """

    def __init__(self) -> None:
        self._adoptions = list(Adoption.objects.order_by(Length("area_path").desc(), "-from_at"))
        self._packs: dict[object, Pack] = {}

    def in_force(self, at: datetime, area_path: str) -> Pack:
        """Raises `NoPackInForce`, and `PackWasAltered`."""
        around = set(this_and_above(area_path))
        for adoption in self._adoptions:
            if adoption.area_path in around and adoption.from_at <= at:
                if adoption.pk not in self._packs:
                    self._packs[adoption.pk] = pack_of(adoption)
                return self._packs[adoption.pk]
        raise NoPackInForce(area_path)


def pack_of(adoption: Adoption) -> Pack:
    pack = load_pack(adoption.stamp)
    if pack.fingerprint != adoption.fingerprint:
        raise PackWasAltered(adoption.stamp)
    return pack


@dataclass(frozen=True, slots=True)
class Region:
    """Where one pack binds: an area without the deeper ones that have rules of their own."""

    path: str
    without: tuple[str, ...]
    pack: Pack


def regions(viewer: Actor, at: datetime) -> list[Region]:
    """All rules that bind somewhere in the viewer's area at that moment."""
    adopted: dict[str, Adoption] = {}
    for adoption in adoptions_that_concern(viewer).filter(from_at__lte=at):
        adopted.setdefault(adoption.area_path, adoption)  # the latest comes first
    return [
        Region(
            path,
            tuple(one for one in adopted if one != path and one.startswith(path)),
            pack_of(adoption),
        )
        for path, adoption in adopted.items()
    ]


def adoptions_that_concern(viewer: Actor) -> QuerySet[Adoption]:
    """Adoptions for the viewer's area, the areas inside it and those around it, latest first."""
    around = Adoption.objects.filter(area_path__in=this_and_above(viewer.within))
    inside = Adoption.objects.filter(area_path__startswith=viewer.within)
    return (around | inside).order_by("-from_at", "-id")
