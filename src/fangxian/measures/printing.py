"""Notices on paper: for one person, or for every door of a building in one file."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.areas.queries import names_of
from fangxian.kernel import clock, paper
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.measures.models import Order
from fangxian.measures.queries import cause_of, languages_for, rule_behind
from fangxian.people.queries import Brief, brief
from fangxian.protocol import vocabulary
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import Rules
from fangxian.sampling.queries import calls_visible_to

_EMERGENCY = "120"
_HOTLINE = "12345"


def notices(
    viewer: Actor, orders: Sequence[Order], *, language: str = "", receipt: bool = False
) -> bytes:
    """A PDF with a page an order, each in the language given, or else in the person's own.

    receipt   with a list at the end in which everybody signs
    """
    pages = _Pages(viewer, orders)
    given = language if language in dict(settings.LANGUAGES) else ""
    data: dict[str, Any] = {
        "notices": [pages.notice(order, given or pages.language_of(order)) for order in orders],
        "receipt": [pages.line(order) for order in orders] if receipt else [],
        "words": {},
        "exercise": clock.moved(),
    }
    with translation.override(given or settings.LANGUAGE_CODE):
        data["words"] = {
            "receipt": _("Who has received a notice"),
            "exercise": _("Exercise"),
            "receipt-about": _("Sign beside your number. Whoever was not met stays open."),
            "number": _("Number"),
            "place": _("Place"),
            "name": _("Name"),
            "signature": _("Signature"),
            "when": _("Date and time"),
        }
    return paper.page("measures/notice.typ", data)


class _Pages:
    """What the pages of many orders say, read in a handful of statements."""

    def __init__(self, viewer: Actor, orders: Sequence[Order]) -> None:
        self._viewer = viewer
        self._people = brief(viewer, {order.resident_id for order in orders})
        self._places = names_of(PLAYBOOK, {order.area_path for order in orders})
        self._languages = languages_for(viewer, {order.resident_id for order in orders})
        self._tests: dict[UUID, list[datetime]] = defaultdict(list)
        owed = calls_visible_to(PLAYBOOK).filter(about_id__in=[order.id for order in orders])
        for call in owed.exclude(state="cancelled").order_by("due_at"):
            self._tests[call.about_id].append(call.due_at)
        self._causes: dict[tuple[UUID, str], str] = {}
        self._rules = Rules()

    def language_of(self, order: Order) -> str:
        return self._languages.get(order.resident_id, settings.LANGUAGE_CODE)

    def line(self, order: Order) -> dict[str, str]:
        return {
            "code": order.code,
            "place": self._places[order.area_path],
            "name": self._name(order),
        }

    def notice(self, order: Order, language: str) -> dict[str, Any]:
        with translation.override(language):
            pack = self._rules.in_force(clock.now(), order.area_path)
            return {
                "lang": language[:2],
                "code": order.code,
                "place": self._places[order.area_path],
                "measure": order.get_kind_display(),
                "until": _time(order.ends_at),
                "lines": list(self._lines(order, language)),
                "duties": duties(order.kind, pack, tested=bool(self._tests[order.id])),
                "care": _(
                    "In an emergency, in labour, or for regular treatment such as dialysis, you "
                    "may leave at any time: call 120 or tell your community. Nobody may refuse "
                    "this, whatever your code, this order or a missing test."
                ),
                "call": whom_to_call(),
                "object": how_to_object(),
                "words": {
                    "title": _("Notice of a health measure"),
                    "measure": _("Measure"),
                    "until": _("Until"),
                    "duties": _("What is asked of you"),
                    "care": _("If you need care"),
                    "call": _("Whom to call"),
                    "object": _("If you disagree"),
                    "received": _("Received by"),
                    "signature": _("Signature"),
                    "when": _("Date and time"),
                    "exercise": _("Exercise"),
                },
            }

    def _name(self, order: Order) -> str:
        person: Brief | None = self._people.get(order.resident_id)
        return person.name if person else "—"

    def _lines(self, order: Order, language: str) -> Iterable[dict[str, str]]:
        rule = rule_behind(self._viewer, order)
        yield _line(_("Name"), self._name(order))
        yield _line(_("Ground"), order.get_subject_display())
        yield _line(_("Cause"), self._cause(order, language))
        yield _line(
            _("Rule"),
            f"{rule.title if rule else ''} · {order.pack} · {order.rule}".strip(" ·"),
            rule.note if rule else "",
        )
        if rule and rule.number:
            source = _("Source: %(title)s") % {"title": rule.number.source.title}
            if rule.number.grade == "unverified":
                source = f"{source} · {_('not verified')}"
            yield _line(_("How long"), vocabulary.figure(rule.number), source)
        yield _line(
            _("Counted from"), _time(order.counted_from), str(rule.count_from) if rule else ""
        )
        yield _line(_("From"), _time(order.starts_at))
        if tests := self._tests[order.id]:
            days = dict.fromkeys(f"{localtime(due):%m-%d}" for due in tests)
            yield _line(_("Test days"), vocabulary.between_words().join(days))

    def _cause(self, order: Order, language: str) -> str:
        key = (order.because_id, language)
        if key not in self._causes:
            self._causes[key] = cause_of(self._viewer, order.because_id) or "—"
        return self._causes[key]


def duties(kind: str, pack: Pack, *, tested: bool) -> list[str]:
    """What an order asks of the person, in sentences; numbers are those of the pack in force."""
    asked = {
        Order.Kind.HOLD: [_("Stay where you are until the retest is known.")],
        Order.Kind.HOSPITAL: [_("Follow what the doctors say; they decide on your discharge.")],
        Order.Kind.CENTRAL_QUARANTINE: [
            _("Stay in your room; open the door only to staff, and wear a mask when you do."),
            _("Nobody visits. Things may be brought and are left at the door."),
        ],
        Order.Kind.HOME_QUARANTINE: [
            _("Stay at home, in a room of your own where there is one. Nobody visits."),
            _("Daily goods are brought to the door; waste is fetched there."),
        ],
        Order.Kind.HOME_MONITORING: [
            _("Stay at home. For what must be done outside, ask your community first."),
        ],
        Order.Kind.SELF_MONITORING: [_("You may go out. Avoid gatherings and wear a mask.")],
    }[Order.Kind(kind)]
    people = pack.people
    if kind not in {Order.Kind.HOLD, Order.Kind.HOSPITAL}:
        asked.append(
            _("Take your temperature %(times)s times a day; from %(fever)s on call at once.")
            % {
                "times": people.temperatures_per_day.whole,
                "fever": vocabulary.figure(people.fever_from),
            }
        )
        asked.append(
            _("Call at once, too, for: %(symptoms)s.")
            % {"symptoms": vocabulary.listed(vocabulary.SYMPTOMS, people.symptoms)}
        )
    if tested:
        asked.append(_("Be tested on the days named above; somebody comes or calls you."))
    return asked


def whom_to_call() -> list[str]:
    return [
        _("Emergency: %(number)s") % {"number": _EMERGENCY},
        _("Questions, goods, medicine: your community's office, or %(number)s")
        % {"number": _HOTLINE},
    ]


def how_to_object() -> str:
    return _(
        "Tell your community worker, or call 12345, in your own words. Somebody else than issued "
        "this order decides, with reasons. If you are right, the order ends. It ends on the day "
        "named above unless a longer term is decided with a reason that you are told."
    )


def _line(label: str, text: str, small: str = "") -> dict[str, str]:
    return {"label": label, "text": text, "small": small}


def _time(moment: datetime) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M}"
