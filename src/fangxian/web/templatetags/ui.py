"""The small drawn things of a page: icons, sparklines, levels, states, times."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.db.models import Model
from django.http import QueryDict
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fangxian.kernel.clock import now

register = template.Library()

RISK_WORDS = (
    gettext_lazy("Routine"),
    gettext_lazy("Low risk"),
    gettext_lazy("Medium risk"),
    gettext_lazy("High risk"),
)
_RISK_NUMBERS = {"routine": 0, "low": 1, "medium": 2, "high": 3}
_NOTHING = "—"


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; with a label it speaks, without one it is decoration."""
    href = f"{static('web/sprite.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
def spark(values: Iterable[float] | None, width: int = 88, height: int = 26) -> SafeString | str:
    """A sparkline drawn by the server; the figure it belongs to stands beside it in words."""
    points = list(values or ())
    if len(points) < 2:  # noqa: PLR2004 - a line needs two points
        return ""
    low, high = min(points), max(points)
    # The last point is a dot of radius 2, which must not be cut off at the right.
    step, rise = (width - 3) / (len(points) - 1), (height - 6) / ((high - low) or 1)
    spots = [
        f"{round(i * step, 1)} {round(height - 3 - (value - low) * rise, 1)}"
        for i, value in enumerate(points)
    ]
    line = "M" + "L".join(spots)
    x, y = spots[-1].split()
    return format_html(
        '<svg class="spark" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-hidden="true">'
        '<path class="area" d="{2}L{3} {1}L0 {1}Z"/><path class="line" d="{2}"/>'
        '<circle cx="{3}" cy="{4}" r="2"/></svg>',
        width,
        height,
        line,
        x,
        y,
    )


@register.simple_tag
def meter(percent: float | None, low: float = 80) -> SafeString | str:
    """A short bar, in the warning colour below `low` percent. Write the number beside it."""
    if percent is None:
        return ""
    share = max(0.0, min(100.0, float(percent)))
    return format_html(
        '<svg class="meter{}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="6"/>'
        '<rect class="fill" width="{}" height="6"/></svg>',
        " low" if share < low else "",
        round(share, 1),
    )


@register.simple_tag
def risk(level: int | str, label: str = "") -> SafeString:
    """A risk level, in its colour and always in words. 0..3 or routine, low, medium, high."""
    number = _RISK_NUMBERS.get(str(level))
    number = int(level) if number is None else number
    return format_html(
        '<span class="tag risk-{}">{}</span>', number, label or str(RISK_WORDS[number])
    )


@register.simple_tag
def state(tone: str, label: str) -> SafeString:
    """The state of anything that is not a risk.

    tone   open, wait, done, late, ended, or "" for none
    """
    return SafeString(f'<span class="state {escape(tone)}">{conditional_escape(label)}</span>')


_ZONE = ZoneInfo(settings.TIME_ZONE)


def _time(local: datetime, words: str) -> SafeString:
    """Nothing in it needs escaping; `format_html` would cost more than all the rest."""
    moment = f"{local:%Y-%m-%d %H:%M:%S}"
    iso = local.isoformat(timespec="seconds")
    return SafeString(f'<time datetime="{iso}" title="{moment}">{words}</time>')


@register.simple_tag
def when(moment: datetime | None, manner: str = "short") -> SafeString | str:
    """A time in the district's time zone.

    manner   short 09-02 14:05 (with the year if it is another) · time · date · long
    """
    if moment is None:
        return _NOTHING
    local = moment.astimezone(_ZONE)
    if manner == "short" and local.year != now().astimezone(_ZONE).year:
        manner = "with year"
    return _time(local, local.strftime(_MANNERS[manner]))


_MANNERS = {
    "short": "%m-%d %H:%M",
    "with year": "%Y-%m-%d %H:%M",
    "time": "%H:%M",
    "date": "%Y-%m-%d",
    "long": "%Y-%m-%d %H:%M:%S",
}


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:  # noqa: PLR2004
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@register.filter
def word(thing: Model, field: str) -> str:
    """The label of a word that is stored in a field: `{{ order|word:'kind' }}`.

    Django's `get_…_display` hashes, and so translates, every label each time; in a list of fifty
    that is a quarter of the page.
    """
    value = getattr(thing, field)
    return str(_labels(type(thing), field).get(value, value))


@cache
def _labels(model: type[Model], field: str) -> dict[Any, Any]:
    return dict(model._meta.get_field(field).flatchoices)  # type: ignore[union-attr]  # noqa: SLF001


@register.filter
def span(value: timedelta | None) -> str:
    """A length of time in words: 45 minutes, 7 days."""
    return _NOTHING if value is None else _span(value)


@register.simple_tag
def age(moment: datetime | None) -> SafeString | str:
    """How long ago, or how long until, by the kernel's clock; the time itself on hovering."""
    if moment is None:
        return _NOTHING
    gone = now() - moment
    if abs(gone) < timedelta(minutes=1):
        words = _("just now")
    elif gone > timedelta():
        words = _("%(span)s ago") % {"span": _span(gone)}
    else:
        words = _("in %(span)s") % {"span": _span(-gone)}
    return _time(moment.astimezone(_ZONE), escape(words))


@register.simple_tag(takes_context=True)
def qs(context: Context, **changes: Any) -> str:
    """The query string of this page with some values changed; None or "" removes one."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        if value in {None, ""}:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return "?" + query.urlencode()


@register.simple_tag
def figure(value: float | str | None) -> str:
    """A number with thousands separated, the same in both languages."""
    if value is None or value == "":
        return _NOTHING
    return value if isinstance(value, str) else f"{value:,}"


@register.simple_tag
def legend(counts: Iterable[tuple[int, int]]) -> SafeString:
    """Risk levels with how many grids stand at each, highest first."""
    found = dict(counts)
    rows = [(level, found.get(level, 0)) for level in (3, 2, 1, 0)]
    return format_html(
        '<ul class="legend">{}</ul>',
        format_html_join(
            "",
            '<li class="risk-{}"><i aria-hidden="true"></i>{} <b>{}</b></li>',
            ((level, RISK_WORDS[level], f"{count:,}") for level, count in rows),
        ),
    )


@register.simple_tag
def map_words() -> dict[str, Any]:
    """What the map says, for its `json_script`."""
    return {
        "levels": [str(word) for word in RISK_WORDS],
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "score": _("Score"),
        "cases7": _("Cases, 7 days"),
        "residents": _("Residents"),
        "open": _("Open this grid"),
        "close": _("Close"),
    }
