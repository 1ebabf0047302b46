"""The poster at which people check in by their own phone."""

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Area
from fangxian.areas.queries import names_of
from fangxian.kernel import clock, paper
from fangxian.kernel.access import Actor
from fangxian.workforce.checking_in import door_code

_WORDS: dict[str, str | Promise] = {
    "title": _("Check in here"),
    "about": _(
        "Everybody who lives here and works elsewhere, every unit that helps here: scan, write"
        " your name and telephone, and keep the receipt. Your unit gets the same one."
    ),
    "no_phone": _("Without a phone: tell somebody of the community, who enters it for you."),
    "exercise": _("Exercise"),
}


def poster(actor: Actor, area: Area, address: str) -> bytes:
    """A PDF of one page in both languages.

    address   under which the page of the poster is reached from outside, ending with "/"
    """
    link = f"{address}{door_code(area.path)}"
    words: dict[str, str] = {}
    for name, word in _WORDS.items():
        said = []
        for language in ("zh-hans", "en"):
            with translation.override(language):
                said.append(str(word))
        words[name] = "\n".join(dict.fromkeys(said))
    return paper.page(
        "workforce/poster.typ",
        {
            "place": names_of(actor, [area.path])[area.path],
            "qr": paper.qr(link),
            "link": link,
            "exercise": clock.moved() or settings.MODE == "demo",
            "words": words,
        },
    )
