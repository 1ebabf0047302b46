"""The register's lists as .xlsx."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import IO, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import today
from fangxian.kernel.sheets import by_chunks, labels, write
from fangxian.people import queries, rules
from fangxian.people.columns import template_headers
from fangxian.people.models import Need, Resident

KEPT = timedelta(days=1)
"""How long a written list waits to be taken away."""


def residents(
    viewer: Actor, rows: QuerySet[Resident], file: IO[bytes], progress: Callable[[int], None]
) -> int:
    """Write a list of residents, masked; how many.

    progress   called after some thousand rows each, with how many were written
    """
    header = [
        _("number"), _("name"), _("type of document"), _("identity number"), _("phone"), _("sex"),
        _("age"), _("place"), _("special needs"),
    ]  # fmt: skip
    return write(file, header, _masked(viewer, rows, progress), title=_("Residents"))


def _masked(
    viewer: Actor, rows: QuerySet[Resident], progress: Callable[[int], None]
) -> Iterator[Sequence[Any]]:
    day, comma, written = today(), _(", "), 0
    kinds, sexes, documents = labels(Need.Kind, Resident.Sex, Resident.IdentityType)

    def shown(chunk: list[Resident]) -> Iterator[list[Any]]:
        nonlocal written
        places = queries.places(viewer, (one.area_path for one in chunk))
        needs = queries.needs_by_resident(viewer, [one.id for one in chunk])
        for one in chunk:
            yield [
                one.number,
                one.name,
                documents[one.identity_type] if one.identity else "",
                one.identity,
                one.phone,
                sexes[one.sex],
                rules.age_at(one.birth_date, day) if one.birth_date else "",
                places.get(one.area_path, ""),
                comma.join(kinds[kind] for kind in needs.get(one.id, [])),
            ]
        written += len(chunk)
        progress(written)

    return by_chunks(rows, shown)


def template(file: IO[bytes]) -> None:
    """An empty list with all the columns that an import understands."""
    write(file, template_headers(), [], title=_("Residents"))


def refused_rows(
    header: Sequence[str], refused: Iterable[tuple[int, Sequence[str], Sequence[Any]]]
) -> bytes:
    """The rows that were not taken, as they came, with line and reasons in front."""
    file = io.BytesIO()
    rows = ([line, _("; ").join(reasons), *cells] for line, reasons, cells in refused)
    write(file, [_("Line"), _("Reason"), *header], rows, title=_("Rows not taken"), verbatim=True)
    return file.getvalue()
