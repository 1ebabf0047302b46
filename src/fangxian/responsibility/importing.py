"""Taking in a list of who answers for what: a bad row is told with its line, the others load."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.errors import NotYours
from fangxian.people import sheets
from fangxian.people.columns import text_of
from fangxian.people.errors import FileRefused
from fangxian.responsibility import finding, rules
from fangxian.responsibility.actions import NewResponsibility, entrust_many
from fangxian.responsibility.models import Responsibility

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "community": ("社区", "村(社区)", "村（社区）", "community"),
    "grid": ("网格", "grid"),
    "building": ("楼栋", "楼号", "building"),
    "unit": ("单元", "stairwell", "unit"),
    "role": ("角色", "职责", "包联层级", "role"),
    "name": ("姓名", "责任人", "name"),
    "phone": ("电话", "手机", "联系电话", "phone"),
}
"""Which headings mean what."""

ROLES: Mapping[str, str] = {
    "党支部": "branch",
    "支部": "branch",
    "网格长": "grid",
    "党小组": "group",
    "党小组长": "group",
    "楼栋长": "group",
    "楼长": "group",
    "单元长": "stairwell",
    "党员": "stairwell",
}
"""What the roles are called in the lists of districts."""

_MAX_ROWS = 20_000
_TITLES = 10


@dataclass(slots=True)
class Taken:
    """What became of the rows of a list; every row counts once."""

    made: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def take_in(actor: Actor, data: bytes) -> Taken:
    rows = sheets.read(data)
    if rows.total > _MAX_ROWS:
        raise FileRefused(
            _("The list has more than %(rows)d rows. Send it in parts.") % {"rows": _MAX_ROWS}
        )
    taken, wanted = Taken(), []
    for line, said in _lines(rows.rows):
        try:
            wanted.append(_read(actor, said))
        except finding.Unclear as why:
            taken.refused.append((line, str(why)))
    taken.made = len(entrust_many(actor, wanted))
    taken.known = len(wanted) - taken.made
    return taken


def _lines(rows: Iterator[tuple[int, list[sheets.Cell]]]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows under the headings. A cell left empty under a merged one means the same as above
    where it says where; it never fills in a person."""
    at: dict[str, int] = {}
    above: dict[str, str] = {}
    for read, (line, cells) in enumerate(rows):
        words = [text_of(cell).strip() for cell in cells]
        if not at:
            at = _headings(words)
            if not at and read >= _TITLES:
                break
            continue
        if sheets.is_blank(cells):
            continue
        said = {key: words[n] if n < len(words) else "" for key, n in at.items()}
        if not said.get("community"):
            said |= {key: above.get(key, "") for key in ("community",)}
        above = said
        yield line, said
    if not at:
        raise FileRefused(
            _("No row of the file names its columns. Needed are: community, role, name.")
        )


def _headings(words: list[str]) -> dict[str, int]:
    at = {
        key: n
        for key, names in COLUMNS.items()
        for n, word in enumerate(words)
        if word.lower() in names
    }
    return at if {"community", "role", "name"} <= at.keys() else {}


def _read(actor: Actor, said: Mapping[str, str]) -> NewResponsibility:
    role = ROLES.get(said["role"], said["role"])
    labels = {str(label): value for value, label in Responsibility.Role.choices}
    role = labels.get(role, role)
    if role not in rules.PLACES:
        raise finding.Unclear(
            _("“%(role)s” is no role. Write one of: %(roles)s.")
            % {
                "role": said["role"],
                "roles": "、".join(str(Responsibility.Role(one).label) for one in rules.PLACES),
            }
        )
    steps = [(level, said.get(level, "")) for level in ("grid", "building", "unit")]
    place = finding.place(actor, said["community"], steps)
    if place.level != rules.PLACES[role]:
        raise finding.Unclear(
            _("“%(role)s” does not answer for a %(level)s. Choose the role that fits the place.")
            % {"role": said["role"], "level": place.get_level_display()}
        )
    if not any(actor.may(duty, at=place.path) for duty in (Duty.KEEP_ROSTER, Duty.DISPATCH)):
        raise finding.Unclear(NotYours(str(Duty.KEEP_ROSTER.label)).message)
    who = finding.member(actor, name=said["name"], phone=said.get("phone", ""))
    return NewResponsibility(role=role, area_path=place.path, member_id=who)
