"""Which person at work is meant by a name, a phone number or both; and which place by its names."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_of_level
from fangxian.areas.rules import stem
from fangxian.kernel.access import Actor
from fangxian.kernel.vault import blind_index
from fangxian.people.doors import plain
from fangxian.people.rules import half_width, is_phone, normal_name, normal_phone
from fangxian.workforce.queries import members_visible_to


class Unclear(Exception):  # noqa: N818 - it says what is the matter
    """Nobody, or nothing, or more than one is meant; the message says what to write instead."""


def member(viewer: Actor, *, name: str = "", phone: str = "") -> UUID:
    """The one person at work of this name and phone; either may be "". Raises `Unclear`."""
    wanted = Q()
    if name:
        wanted &= Q(name_index=blind_index("name", normal_name(name)))
    if phone:
        wanted &= Q(phone_index=blind_index("phone", normal_phone(phone))) | Q(duty_phone=phone)
    if not wanted:
        raise Unclear(_("Give a name or a phone number."))
    found = list(members_visible_to(viewer).filter(wanted).values_list("id", flat=True)[:2])
    if not found:
        raise Unclear(_("Nobody at work is called that here. Add the person to the force first."))
    if len(found) > 1:
        raise Unclear(_("Several people are called that: give the phone number as well."))
    return found[0]


def member_said(viewer: Actor, words: str) -> UUID:
    """The same for one line such as "王海峰 13800000000". Raises `Unclear`."""
    parts = half_width(words).split()
    phones = [part for part in parts if is_phone(normal_phone(part))]
    return member(
        viewer,
        name=" ".join(part for part in parts if part not in phones),
        phone=phones[0] if phones else "",
    )


def place(viewer: Actor, community: str, steps: Sequence[tuple[str, str]]) -> Area:
    """The place below a community that is named step by step: ("building", "3号楼"), …

    Empty steps are passed over. Raises `Unclear`.
    """
    text = half_width(community).replace(" ", "")
    named = [
        area
        for area in areas_of_level(viewer, "community")
        if text in {area.name, area.code} or stem(area.name)[0] == stem(text)[0]
    ]
    if len(named) != 1:
        raise Unclear(
            _("There is no community “%(name)s” in your area.") % {"name": community}
            if not named
            else _("Several communities are called “%(name)s”: give the 12-digit code instead.")
            % {"name": community}
        )
    found = named[0]
    for level, said in steps:
        if not said:
            continue
        below = areas_of_level(viewer, level, below=found.path)
        fitting = [
            area
            for area in below
            if said in {area.name, area.code} or plain(area.name) == plain(said)
        ]
        if len(fitting) != 1:
            raise Unclear(_("There is no “%(name)s” there, or more than one.") % {"name": said})
        found = fitting[0]
    return found
