"""Gates on paper: a pass, posters of venues, and the list for a gate without a phone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Site
from fangxian.areas.queries import names_of
from fangxian.gates import signed
from fangxian.gates.models import Pass, Venue
from fangxian.kernel import clock, paper
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.people import queries as people

Word = str | Promise

_EXERCISE: Word = _("Exercise")
_PASS: dict[str, Word] = {
    "number": _("Number"),
    "from": _("Valid from"),
    "until": _("Valid until"),
    "where": _("For the gates of"),
    "plate": _("Plate"),
    "exercise": _EXERCISE,
}
_ABOUT_PASS: Word = _(
    "Show it at the gate with your code or card. It names nobody. In an emergency you need no pass:"
    " the gate lets you through. You may object to being turned back at the community's office, or"
    " by telephone 12345."
)
_POSTER: dict[str, Word] = {"title": _("Venue code"), "scan": _("Please scan when you come in")}
_ABOUT_POSTER: Word = _(
    "No phone? Show a card or identity card, and somebody scans it for you. What is noted: that you"
    " were here, and when; only to find contacts of a case. A scan of this poster alone restricts"
    " nobody."
)
_LIST: dict[str, Word] = {
    "title": _("Who may pass here"),
    "pass": _("Pass"),
    "initials": _("Name (to compare)"),
    "kind": _("Kind"),
    "until": _("Valid until"),
    "out": _("Out"),
    "back": _("Back"),
    "good": _("Good until"),
    "digest": _("Check number of this list"),
    "exercise": _EXERCISE,
}
_ABOUT_LIST: Word = _(
    "In an emergency let everybody through, and write it down. A line that was added by hand is not"
    " covered by the check number. Hand the list back at the end of the shift."
)


def pass_paper(viewer: Actor, held: Pass) -> bytes:
    """A PDF of one pass."""
    data = {
        "kind": _both(Pass.Kind(held.kind).label, between="\n"),
        "code": held.code,
        "from": _time(held.valid_from),
        "until": _time(held.valid_to),
        "where": names_of(viewer, [held.area_path])[held.area_path],
        "plate": held.plate,
        "purpose": held.purpose,
        "qr": paper.qr(signed.pass_code(held)),
        "words": _words(_PASS) | {"about": _both(_ABOUT_PASS, between="\n")},
        "exercise": clock.moved(),
    }
    return paper.page("gates/pass.typ", data)


def posters(viewer: Actor, venues: Sequence[Venue]) -> bytes:
    """A PDF with a poster a page."""
    data = {
        "posters": [
            {
                "name": venue.site.name,
                "number": signed.venue_number(venue.site),
                "qr": paper.qr(signed.poster_code(venue.site), level="H"),
            }
            for venue in venues
        ],
        "words": _words(_POSTER | {"exercise": _EXERCISE})
        | {"about": _both(_ABOUT_POSTER, between="\n")},
        "exercise": clock.moved(),
    }
    return paper.page("gates/posters.typ", data)


def list_lines(held: Sequence[Pass]) -> list[dict[str, str]]:
    """What the printed list says of each pass; an entry and exit pass has its whole household."""
    of_household = people.initials_by_household(
        PLAYBOOK, [one.household_id for one in held if one.household_id]
    )
    of_person = people.initials_of(PLAYBOOK, [one.resident_id for one in held if one.resident_id])
    lines = []
    for one in held:
        names = (
            of_household.get(one.household_id, [])
            if one.household_id
            else [of_person.get(one.resident_id, "")]
            if one.resident_id
            else [one.plate]
        )
        lines.append(
            {
                "code": one.code,
                "initials": "、".join(names),
                "kind": _both(Pass.Kind(one.kind).label),
                "until": _time(one.valid_to),
            }
        )
    return lines


def gate_list(
    viewer: Actor,
    site: Site,
    lines: Sequence[dict[str, str]],
    *,
    digest: bytes,
    until: datetime,
) -> bytes:
    """A PDF of who may pass, with the check number of what it says."""
    at = clock.now()
    code = signed.list_code(site, digest=digest, lines=len(lines), at=at, until=until)
    data: dict[str, Any] = {
        "gate": site.name,
        "lines": list(lines),
        "digest": signed.check_number(digest),
        "qr": paper.qr(code),
        "until": _time(until),
        "printed": f"{_time(at)} {viewer.name}",
        "words": _words(_LIST) | {"about": _both(_ABOUT_LIST, between="\n")},
        "exercise": clock.moved(),
    }
    return paper.page("gates/list.typ", data)


def _time(moment: datetime) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M}"


def _words(words: dict[str, Word]) -> dict[str, str]:
    return {name: _both(word) for name, word in words.items()}


def _both(word: Word, *, between: str = " ") -> str:
    """Whoever reads it reads one of the two languages."""
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said.append(str(word))
    return between.join(dict.fromkeys(said))
