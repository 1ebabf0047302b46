"""What is kept how long, and what an ended incident leaves behind.

Each room deletes its own; this page names them all, so that one list says what is kept. `keep`
is the word of the pack's [retention]; what has none is deleted only when the incident is over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fangxian.care.actions import forget_care
from fangxian.cases.actions import forget_interviews, forget_visits
from fangxian.gates.actions import forget_passages
from fangxian.kernel.access import Actor
from fangxian.kernel.forgetting import Gone
from fangxian.linelists.actions import forget_lists
from fangxian.people.actions import forget_codes, forget_provisional
from fangxian.quarantine.actions import forget_placements, forget_readings
from fangxian.requests.actions import forget_requests
from fangxian.rosters.actions import forget_turns
from fangxian.screening.actions import forget_campaigns
from fangxian.status.actions import forget_statuses

Forget = Callable[[Actor, datetime], Gone]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data: its words, the pack's word for how long, and the verb that deletes it."""

    label: str | Promise
    keep: str
    forget: Forget


KINDS: Mapping[str, Kind] = {
    "visits": Kind(_("who was where"), "visits", forget_visits),
    "interviews": Kind(_("what closed cases told"), "visits", forget_interviews),
    "readings": Kind(_("temperatures and symptoms"), "readings", forget_readings),
    "statuses": Kind(_("earlier status codes and objections"), "statuses", forget_statuses),
    "line_lists": Kind(_("line lists of others"), "line_lists", forget_lists),
    "turns": Kind(_("who stood at which post"), "turns", forget_turns),
    "screening": Kind(_("who was asked in screenings"), "screening", forget_campaigns),
    "placements": Kind(_("rooms, journeys and visits at doors"), "placements", forget_placements),
    "care": Kind(_("journeys to care, treatments and who was looked in on"), "care", forget_care),
    "passages": Kind(_("who passed which gate"), "passages", forget_passages),
    "provisional": Kind(
        _("people who were met and never registered"), "provisional", forget_provisional
    ),
    "requests": Kind(_("calls, requests and whistles"), "requests", forget_requests),
    "codes": Kind(_("ended personal codes"), "codes", forget_codes),
}
