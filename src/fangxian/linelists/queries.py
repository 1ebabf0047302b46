"""Line lists, and chains of transmission as values to draw and to count."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime

from fangxian.cases.queries import cases_visible_to, get_case
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.errors import NotYours
from fangxian.linelists.errors import NoSuchLineList
from fangxian.linelists.models import CaseLink, Entry, LineList, Link, Setting
from fangxian.linelists.rules import Chain, Figures, Onset, Place, drawn, figures

_READERS = {Duty.INVESTIGATE, Duty.COMMAND}


def _must_read(viewer: Actor) -> None:
    if not _READERS & viewer.duties:
        raise NotYours(str(Duty.INVESTIGATE.label))


def lists_visible_to(viewer: Actor) -> QuerySet[LineList]:
    """Newest first, without what they hold."""
    _must_read(viewer)
    rows = LineList.objects.filter(area_path__startswith=viewer.within)
    return rows.defer("upload", "refused", "samples").order_by("-created_at", "-id")


def get_list(viewer: Actor, list_id: UUID, *, for_change: bool = False) -> LineList:
    _must_read(viewer)
    rows = LineList.objects.filter(area_path__startswith=viewer.within)
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(id=list_id).first()
    if found is None:
        raise NoSuchLineList(list_id)
    return found


def entries_of(viewer: Actor, list_id: UUID) -> QuerySet[Entry]:
    """In the order of the file."""
    found = get_list(viewer, list_id)
    return found.entries.order_by("line", "id")


def links_of(viewer: Actor, list_id: UUID) -> QuerySet[Link]:
    """In the order of the file: of a list of contacts, or of all lists about these cases."""
    found = get_list(viewer, list_id)
    of_these = Q(list=found) | Q(list__about=found)
    return (
        Link.objects.filter(of_these).select_related("infector", "infectee").order_by("line", "id")
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chain with what a drawing needs.

    labels     what each node is called
    settings   of each link, and how many links have each
    """

    chain: Chain[UUID]
    places: Sequence[Place[UUID]]
    figures: Figures
    labels: dict[UUID, str]
    settings: dict[tuple[UUID, UUID], Setting]
    unsure: frozenset[tuple[UUID, UUID]]

    @property
    def by_setting(self) -> list[tuple[str, int]]:
        counted = Counter(self.settings.values())
        return [(str(Setting(one).label), n) for one, n in counted.most_common()]


def chain_of_list(viewer: Actor, list_id: UUID) -> Drawn:
    """The chain of a line list and of every list of contacts about it."""
    found = get_list(viewer, list_id)
    cases = found.about or found
    people = list(cases.entries.order_by("line"))
    links = {
        (one.infector_id, one.infectee_id): Setting(one.setting)
        for one in links_of(viewer, cases.id)
        if one.infector_id
    }
    chain = Chain(
        {one.id: Onset(one.onset_from, one.onset_until) for one in people},
        list(links),
    )
    return Drawn(
        chain,
        drawn(chain),
        figures(chain),
        {one.id: one.key for one in people},
        links,
        frozenset(),
    )


def chain_of_cases(viewer: Actor) -> Drawn:
    """The chain of the viewer's own cases, as investigators judged it."""
    cases = list(cases_visible_to(viewer).exclude(state="withdrawn").order_by("reported_at", "id"))
    known = {case.id for case in cases}
    links = [
        one
        for one in CaseLink.objects.filter(infectee__in=known).order_by("at", "id")
        if one.infector_id in known
    ]
    chain = Chain(
        {
            # Without an onset the specimen says where to draw somebody, and no interval is counted.
            case.id: Onset(case.onset_on, case.onset_on or localtime(case.specimen_at).date())
            for case in cases
        },
        [(one.infector_id, one.infectee_id) for one in links],
    )
    return Drawn(
        chain,
        drawn(chain),
        figures(chain),
        {case.id: case.code for case in cases},
        {(one.infector_id, one.infectee_id): Setting(one.setting) for one in links},
        frozenset((one.infector_id, one.infectee_id) for one in links if not one.sure),
    )


def own_links(viewer: Actor) -> list[CaseLink]:
    """Who infected whom among the viewer's own cases, newest first."""
    known = cases_visible_to(viewer).values("id")
    rows = CaseLink.objects.filter(infectee__in=known, infector__in=known)
    return list(rows.select_related("infector", "infectee").order_by("-at", "-id"))


def links_of_case(viewer: Actor, case_id: UUID) -> list[CaseLink]:
    """Who infected this case, and whom it infected, oldest first."""
    case = get_case(viewer, case_id)
    about = Q(infectee=case.id) | Q(infector=case.id)
    rows = CaseLink.objects.filter(about).select_related("infector", "infectee")
    return list(rows.order_by("at", "id"))


def rows_as_they_came(viewer: Actor, list_id: UUID) -> Iterator[list[str]]:
    """Every row that was taken, cell for cell, in the order of the file."""
    found = get_list(viewer, list_id)
    rows = (found.entries if found.kind == LineList.Kind.CASES else found.links).order_by("line")
    last = None
    for row in rows.iterator(chunk_size=2000):
        if row.line != last:  # one row may name several infectors
            yield json.loads(row.said.reveal())
        last = row.line
