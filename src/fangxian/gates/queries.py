"""What can be asked about gates, passes and venues. The viewer comes first.

Where one person passed is not among it: that is a verb, `actions.read_scans`, for it is recorded.
"""

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from fangxian.areas.models import Site
from fangxian.areas.queries import sites_visible_to
from fangxian.engines.codes.sets import Document
from fangxian.gates import alerts, rules, scans
from fangxian.gates.asking import demands_of, pack_at
from fangxian.gates.errors import (
    NoSuchCheckpoint,
    NoSuchIncident,
    NoSuchPass,
    NoSuchQuestion,
    NoSuchShift,
    NoSuchVenue,
)
from fangxian.gates.models import (
    Checkpoint,
    Incident,
    Pass,
    Question,
    Rule,
    Scan,
    Shift,
    Venue,
)
from fangxian.gates.rules import Advice, ScanRow
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.people.rules import PersonRef
from fangxian.protocol.queries import Rules

# Checkpoints


def checkpoint_sites(viewer: Actor) -> QuerySet[Site]:
    """Open checkpoints in the order of the tree."""
    return (
        sites_visible_to(viewer)
        .filter(kind=Site.Kind.CHECKPOINT, closed_at=None)
        .order_by("area_path", "number")
    )


def get_checkpoint(viewer: Actor, site_id: UUID) -> Site:
    """The checkpoint, closed ones too."""
    site = sites_visible_to(viewer).filter(id=site_id, kind=Site.Kind.CHECKPOINT).first()
    if site is None:
        raise NoSuchCheckpoint(site_id)
    return site


def checkpoints_for(viewer: Actor) -> list[dict[str, Any]]:
    """The feed part `checkpoints`: what each gate of the viewer's area asks for."""
    batch = Rules()
    known = {row.site_id: row for row in Checkpoint.objects.filter(site__in=_gates_of(viewer))}
    found = []
    for site in checkpoint_sites(viewer):
        row = known.get(site.id)
        demands = demands_of(row.demands if row else (), pack_at(site.area_path, batch))
        found.append(
            {
                "site": str(site.id),
                "name": site.name,
                "path": site.area_path,
                "rules": rules.as_data(demands, _objection(row.objection if row else "")),
            }
        )
    return found


def _gates_of(viewer: Actor) -> QuerySet[Site]:
    return checkpoint_sites(viewer).order_by()


def _objection(where: str) -> dict[str, str]:
    """Where somebody who was turned back can object, in both languages of the product."""
    said = {}
    for short, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            said[short] = (
                _(
                    "You may object at the community's office, or by telephone 12345. At the "
                    "gate: %(where)s."
                )
                % {"where": where}
                if where
                else _("You may object at the community's office, or by telephone 12345.")
            )
    return said


def objection_at(viewer: Actor, site_id: UUID) -> str:
    """Where to object to what this gate decided, in the reader's language."""
    row = Checkpoint.objects.filter(site=site_id).first()
    with_place = _("You may object at the community's office, or by telephone 12345.")
    return f"{with_place} {row.objection}".strip() if row else with_place


def look(
    viewer: Actor,
    site_id: UUID,
    ref: PersonRef | None,
    *,
    direction: str = "out",
    pass_text: str = "",
    temperature: float | None = None,
    mask: bool | None = None,
) -> Advice:
    """The second look that a gate may ask for while it has a network. Nothing is recorded.

    The answer names nobody and gives no reason that is not the person's own business at a gate.
    """
    site = get_checkpoint(viewer, site_id)
    viewer.must(Duty.GUARD, at=site.area_path)
    row = ScanRow(
        id=new_id(),
        by=viewer,
        at=now(),
        site=site.id,
        direction="in" if direction == "in" else "out",
        verdict="pass",
        shown="code" if ref and ref.code else "identity" if ref and ref.identity else "word",
        person=ref,
        pass_text=pass_text,
        temperature=temperature,
        mask=mask,
    )
    said = scans.judged(row).said
    return Advice(verdict=said.word, rule=said.rule, reason=str(Rule(said.rule).label))


# Venues


def venue_sites(viewer: Actor, *, below: str = "") -> QuerySet[Site]:
    """Open sites that are venues, with or without a code."""
    return sites_visible_to(viewer).filter(
        kind=Site.Kind.VENUE, closed_at=None, area_path__startswith=below
    )


def venues_without_code(viewer: Actor, *, below: str = "") -> QuerySet[Site]:
    """Venues that have not signed up, in the order of the tree."""
    signed = Venue.objects.filter(site=OuterRef("id"), closed_at=None)
    return venue_sites(viewer, below=below).filter(~Exists(signed)).order_by("area_path", "number")


def venues_with_code(viewer: Actor, *, below: str = "") -> QuerySet[Venue]:
    return (
        Venue.objects.filter(
            area_path__startswith=viewer.within, closed_at=None, site__closed_at=None
        )
        .filter(area_path__startswith=below)
        .select_related("site")
        .order_by("area_path", "site")
    )


def get_venue(viewer: Actor, site_id: UUID, *, for_change: bool = False) -> Venue:
    rows = Venue.objects.filter(area_path__startswith=viewer.within).select_related("site")
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(site=site_id).first()
    if found is None:
        raise NoSuchVenue(site_id)
    return found


def venues_for(viewer: Actor) -> list[dict[str, Any]]:
    """The feed part `venues`: doors at which somebody of this area may scan visitors."""
    return [
        {"site": str(venue.site_id), "name": venue.site.name, "kind": venue.kind}
        for venue in venues_with_code(viewer)
    ]


# The alert set


def alerts_for(viewer: Actor) -> Document:
    """The feed part `alerts`: today's salted hashes of whom gates refer to the table.

    The same for everybody, whatever their area: a person may come to any gate. It says no name and
    no reason.
    """
    viewer.must(Duty.GUARD)
    return alerts.todays()


# Shifts


def shifts_visible_to(viewer: Actor) -> QuerySet[Shift]:
    return Shift.objects.filter(area_path__startswith=viewer.within)


def get_shift(viewer: Actor, shift_id: UUID, *, for_change: bool = False) -> Shift:
    rows = shifts_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=shift_id).first()
    if found is None:
        raise NoSuchShift(shift_id)
    return found


def scanned_in(viewer: Actor, shift: Shift) -> dict[str, int]:
    """How many were scanned in a shift, by verdict."""
    rows = Scan.objects.filter(shift=shift.id).order_by().values("verdict")
    found = dict(rows.annotate(number=Count("id")).values_list("verdict", "number"))
    return {str(word): found.get(word, 0) for word in Scan.Verdict}


# Passes


def passes_visible_to(viewer: Actor) -> QuerySet[Pass]:
    return Pass.objects.filter(area_path__startswith=viewer.within)


def get_pass(viewer: Actor, pass_id: UUID, *, for_change: bool = False) -> Pass:
    rows = passes_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=pass_id).first()
    if found is None:
        raise NoSuchPass(pass_id)
    return found


# Incidents, queues, questions


def incidents_visible_to(viewer: Actor) -> QuerySet[Incident]:
    return Incident.objects.filter(area_path__startswith=viewer.within)


def get_incident(viewer: Actor, incident_id: UUID, *, for_change: bool = False) -> Incident:
    rows = incidents_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=incident_id).first()
    if found is None:
        raise NoSuchIncident(incident_id)
    return found


def questions_visible_to(viewer: Actor) -> QuerySet[Question]:
    """For those who may read scans: a question is about somebody's."""
    must_read_scans(viewer)
    return Question.objects.filter(area_path__startswith=viewer.within)


def get_question(viewer: Actor, question_id: UUID, *, for_change: bool = False) -> Question:
    rows = questions_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=question_id).first()
    if found is None:
        raise NoSuchQuestion(question_id)
    return found


def must_read_scans(viewer: Actor) -> None:
    if Duty.AUDIT not in viewer.duties:
        viewer.must(Duty.INVESTIGATE)
