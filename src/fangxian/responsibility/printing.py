"""Who is ours: a sheet for the stairwell door, with names and numbers to call."""

from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.areas.queries import names_of
from fangxian.kernel import clock, paper
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.responsibility.queries import responsible_for


def poster(viewer: Actor, area: Area) -> bytes:
    """A PDF of one page. Only duty numbers stand on it, never a private one."""
    people = responsible_for(viewer, area.path)
    places = names_of(PLAYBOOK, {one.area_path for one in people})
    return paper.page(
        "responsibility/poster.typ",
        {
            "title": _("Who answers for this place"),
            "place": names_of(viewer, [area.path])[area.path],
            "people": [
                {
                    "role": one.role_words,
                    "name": one.name,
                    "phone": one.duty_phone or _("through the community"),
                    "place": places[one.area_path],
                }
                for one in people
                if not one.away
            ],
            "nobody": _("Nobody is named yet. Call the hotline."),
            "emergency": _("In an emergency call 120 at once. Nobody may stop you."),
            "hotline": _("Hotline 12345, day and night"),
            "exercise": clock.moved(),
            "words": {"exercise": _("Exercise")},
        },
    )
