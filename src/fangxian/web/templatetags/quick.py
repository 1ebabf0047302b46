"""Django's own `translate` and `url`, quicker where what they are given is plain.

They stand hundreds of times in a list, and were two thirds of what a page cost: a translated word
was made into a lazy object and back again, and an address searched for anew in all patterns, in
each row. What they print is the same; whatever is not plain is left to Django. All templates have
them without asking (`settings.TEMPLATES`).
"""

from functools import cache
from typing import Any
from uuid import UUID

from django.template import Library
from django.template.base import Node, Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse_url
from django.templatetags import i18n
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

register = Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)

_SOME = UUID(int=0)


class Said(Node):
    """Words of the template itself, in the reader's language."""

    child_nodelists = ()

    def __init__(self, words: str, name: str | None) -> None:
        # Catalogues have the percent signs of templates doubled.
        self.words, self.name = words.replace("%", "%%"), name

    def render(self, context: Context) -> SafeString:
        said = mark_safe(gettext(self.words).replace("%%", "%"))  # noqa: S308 - our own words
        if self.name is None:
            return said
        context[self.name] = said
        return SafeString("")


@register.tag("translate")
@register.tag("trans")
def translate(parser: Parser, token: Token) -> Node:
    node: Any = i18n.do_translate(parser, token)
    given = node.filter_expression
    plain = isinstance(given.var.literal, str) and not given.filters
    if not plain or node.noop or node.message_context:
        return node  # type: ignore[no-any-return]
    return Said(given.var.literal, node.asvar)


class Address(Node):
    """The address of a view of a fixed name, with nothing or one UUID in it."""

    child_nodelists = ()

    def __init__(self, as_django: URLNode) -> None:
        self.as_django, self.view = as_django, str(as_django.view_name.var)
        self.arguments: list[Any] = [*as_django.args, *as_django.kwargs.values()]
        self.names = tuple(as_django.kwargs)

    def render(self, context: Context) -> SafeString:
        address = self._address(context)
        if address is None:
            return SafeString(self.as_django.render(context))
        if self.as_django.asvar is None:
            return address
        context[self.as_django.asvar] = address
        return SafeString("")

    def _address(self, context: Context) -> SafeString | None:
        values = [argument.resolve(context) for argument in self.arguments]
        if any(type(value) is not UUID for value in values):
            return None
        try:
            pattern = _pattern(self.view, len(values), self.names)
        except NoReverseMatch:
            return None
        return SafeString(pattern.replace(str(_SOME), str(values[0])) if values else pattern)


@cache
def _pattern(view: str, arguments: int, names: tuple[str, ...]) -> str:
    if names:
        return reverse(view, kwargs=dict.fromkeys(names, _SOME))
    return reverse(view, args=[_SOME] * arguments)


@register.tag("url")
def url(parser: Parser, token: Token) -> Node:
    node = parse_url(parser, token)
    fixed = not node.view_name.is_var and not node.view_name.filters
    return Address(node) if fixed and len(node.args) + len(node.kwargs) <= 1 else node
