"""Cards on paper and codes on a screen: what stands on them, and as little as possible of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from fangxian.areas.queries import names_of
from fangxian.kernel import clock, paper
from fangxian.kernel.access import Actor
from fangxian.people import codes, rules
from fangxian.people.models import PersonalCode

# Whoever is handed a card reads one of the two languages; the sheet has both.
_CARD: dict[str, str | Promise] = {
    "title": _("Personal code"),
    "name": _("Name to compare"),
    "spoken": _("Number to say"),
    "until": _("Valid until"),
    "void": _("Void after this time"),
    "cut": _("Cut off when handed out, and destroy"),
    "exercise": _("Exercise"),
}
_HANDING: str | Promise = _("Hand out at the door, to the person or the family.")
_ABOUT: str | Promise = _(
    "Show it at sampling points and gates. It counts as much as a code on a phone or an identity"
    " card. There is no health data in it. If it is lost, tell the community: it is then withdrawn."
)


def cards(actor: Actor, given: Sequence[PersonalCode], *, place: str) -> bytes:
    """A PDF with a card for each code, in the order given, eight to a sheet.

    A card bears initials, the code, and until when; where somebody lives stands on a strip that is
    cut off when the card is handed out.
    """
    texts = codes.texts(given)
    where = names_of(actor, {row.resident.area_path for row in given})
    shown = [
        {
            "qr": paper.qr(texts[row.id]),
            "initials": rules.initials(row.resident.name.reveal()),
            "spoken": codes.spoken(row),
            "until": f"{localtime(row.expires_at):%Y-%m-%d %H:%M}",
            "door": _door(where.get(row.resident.area_path, ""), place),
        }
        for row in given
    ]
    words = {name: _both(word) for name, word in _CARD.items()}
    words |= {"handing": _both(_HANDING), "about": _both(_ABOUT, between="\n")}
    data = {
        "cards": shown,
        "words": words,
        "place": place,
        "printed": f"{localtime(clock.now()):%Y-%m-%d %H:%M} {actor.name}",
        "exercise": clock.moved() or any(row.resident.synthetic for row in given),
    }
    return paper.page("people/cards.typ", data)


def _door(name: str, place: str) -> str:
    """Without what the sheet says of all of them."""
    return name.removeprefix(place).strip(" ·,，") or name


def _both(word: str | Promise, *, between: str = " ") -> str:
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said.append(str(word))
    return between.join(dict.fromkeys(said))


def on_screen(row: PersonalCode) -> Mapping[str, Any]:
    """A code for a page: drawn, with what is compared and what is said aloud."""
    return {
        "row": row,
        "qr": paper.qr(codes.texts([row])[row.id]),
        "initials": rules.initials(row.resident.name.reveal()),
        "spoken": codes.spoken(row),
    }
