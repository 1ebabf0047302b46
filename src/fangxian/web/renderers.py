"""How form controls become HTML."""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.widgets import Select
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString


class Renderer(DjangoTemplates):
    """Django's, but for drop-down lists.

    Django renders a template for each option and another for its attributes: a list of sixty
    communities was half of what the page around it cost.
    """

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        if template_name == Select.template_name:
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: dict[str, Any]) -> SafeString:
    lines = [f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget)}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            lines.append(f'<optgroup label="{conditional_escape(group)}">')
        lines += [
            f'<option value="{conditional_escape(str(option["value"]))}"{_attributes(option)}>'
            f"{conditional_escape(str(option['label']))}</option>"
            for option in options
        ]
        if group:
            lines.append("</optgroup>")
    return SafeString("\n".join([*lines, "</select>"]))


def _attributes(of: dict[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(str(value))}"'
        for name, value in of["attrs"].items()
        if value is not False
    )
