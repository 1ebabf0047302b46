"""One's own sheet on paper: what a person without a phone holds in hand, and shows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.kernel import clock, paper
from fangxian.kernel.access import Actor
from fangxian.kernel.ledger import record
from fangxian.measures import printing as papers
from fangxian.people import queries as people
from fangxian.resident import queries
from fangxian.resident.events import OwnSheetMade

_SHOWN = 8


@transaction.atomic
def own_sheet(actor: Actor, person_id: UUID, *, language: str) -> bytes:
    """The sheet as a PDF: what binds, until when, tests, whom to call, what was asked for."""
    person = people.get_resident(actor, person_id)
    with translation.override(language):
        page = paper.page("resident/sheet.typ", _data(actor, person_id, language))
    record(OwnSheetMade(subject_id=person.id, area_path=person.area_path), actor=actor)
    return page


def _data(actor: Actor, person_id: UUID, language: str) -> dict[str, Any]:
    brief = queries.own_brief(actor, person_id)
    return {
        "lang": language[:2],
        "exercise": clock.moved(),
        "name": brief.name,
        "place": brief.place,
        "printed": _time(clock.now()),
        "free": not brief.bindings,
        "bindings": [_binding(one) for one in brief.bindings],
        "tests": [
            {"when": _time(one.taken_at), "code": one.barcode, "what": _found(one.finding)}
            for one in brief.tests[:_SHOWN]
        ],
        "owed": [
            {"when": _time(one.due_at), "what": str(one.reason)} for one in brief.owed[:_SHOWN]
        ],
        "responsible": [
            {
                "role": str(one.role_words),
                "name": one.name,
                "phone": one.duty_phone or "—",
                "organisation": one.organisation,
            }
            for one in brief.responsible[:_SHOWN]
        ],
        "requests": [
            {
                "code": one.code,
                "state": str(one.get_state_display()),
                "what": str(one.get_category_display()),
                "when": _time(one.raised_at),
            }
            for one in brief.requests[:_SHOWN]
        ],
        "words": _words(),
    }


def _binding(one: queries.Binding) -> dict[str, Any]:
    source = _("Source: %(title)s") % {"title": one.source} if one.source else ""
    if source and one.unsure:
        source += " · " + _("not verified")
    return {
        "title": " · ".join(filter(None, [one.title, one.code])),
        "ends": _("reviewed from") if one.kind == "risk_area" else _("until"),
        "until": _time(one.until) if one.until else _("until it is lifted"),
        "since": _time(one.since),
        "why": " ".join(filter(None, [one.place, one.ground])),
        "cause": one.cause,
        "rule": " · ".join(filter(None, [one.rule, one.key, one.length, source])),
        "duties": list(one.duties),
    }


def _found(finding: str) -> str:
    return {
        "": _("result awaited"),
        "negative": _("negative"),
        "positive": _("positive"),
        "pool": _("shared sample positive, to be explained"),
    }[finding]


def _words() -> dict[str, str]:
    return {
        "title": _("My sheet"),
        "exercise": _("Exercise"),
        "printed": _("Printed"),
        "emergency": _("In an emergency"),
        "care": _(
            "In an emergency, in labour, or for regular treatment such as dialysis, you may leave "
            "at any time: call 120 or tell your community. Nobody may refuse this, whatever your "
            "code, an order or a missing test."
        ),
        "binds": _("What binds me, and why"),
        "nothing": _("Nothing binds you: no order, no risk area around your home."),
        "since": _("since"),
        "why": _("Ground"),
        "cause": _("Cause"),
        "rule": _("Rule"),
        "duties": _("What is asked of you"),
        "tests": _("My tests"),
        "owed": _("Tests still to be taken"),
        "untested": _("None on record."),
        "responsible": _("Who is there for me"),
        "uncovered": _("Nobody is named for your building yet. Call your community, or 12345."),
        "requests": _("What I asked for"),
        "object": _("If you disagree"),
        "objecting": papers.how_to_object(),
        "call": _("Questions, goods, medicine: your community's office, or 12345"),
    }


def _time(moment: datetime) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M}"
