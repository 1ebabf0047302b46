"""What is printed quicker is what Django prints."""

from uuid import UUID

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import Context, Engine
from django.test import RequestFactory
from django.utils.translation import override

from fangxian.web.renderers import Renderer

AS_DJANGO = Engine(libraries={"i18n": "django.templatetags.i18n"})
OURS = Engine(
    libraries={"i18n": "fangxian.web.templatetags.quick"},
    builtins=["fangxian.web.templatetags.quick"],
)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "text",
    [
        '{% translate "Orders" %}',
        '{% trans "Orders" %}',
        '{% translate "Orders" as word %}[{{ word }}]',
        '{% translate "100 % of <b>all</b>" %}',
        '{% translate "Orders" noop %}',
        '{% translate "Orders"|lower %}',
        "{% translate said %}",
        '{% translate "May" context "month name" %}',
        "{% url 'dashboard' %}",
        "{% url 'why' one %}",
        "{% url 'why' what=one %}",
        "{% url 'why' text %}",
        "{% url 'why' one as address %}[{{ address }}]",
        "{% url 'areas:area_at' '1/2/3/' %}",
        "{% url 'no_such_page' as address %}[{{ address }}]",
        "{% url view one %}",
    ],
)
def test_words_and_addresses_are_those_of_django(text: str, language: str) -> None:
    things = {
        "one": UUID("0182fb11-6f00-702b-be6a-ea6a0d45378d"),
        "text": "0182fb11-6f00-702b-be6a-ea6a0d45378d",
        "said": "Orders <b>",
        "view": "why",
        "request": RequestFactory().get("/"),
    }

    with override(language):
        ours = OURS.from_string("{% load i18n %}" + text).render(Context(things))
        as_django = AS_DJANGO.from_string("{% load i18n %}" + text).render(Context(things))

    assert ours == as_django


class _Form(forms.Form):
    plain = forms.ChoiceField(choices=[("", "—"), ("a&b", "<A> & B"), (1, "one")])
    grouped = forms.ChoiceField(choices=[("Group <1>", [("x", "X")]), ("y", "Y")], initial="x")
    many = forms.MultipleChoiceField(
        choices=[("p", "P"), ("q", "Q")], widget=forms.SelectMultiple(attrs={"size": 2})
    )


def _squeezed(html: str) -> str:
    return " ".join(html.split()).replace("> <", "><")


def test_drop_down_lists_are_those_of_django() -> None:
    data = {"plain": "a&b", "grouped": "y", "many": ["p", "q"]}

    for given in (None, data):
        ours = _Form(given, renderer=Renderer())
        as_django = _Form(given, renderer=DjangoTemplates())
        for field in ours.fields:
            assert _squeezed(str(ours[field])) == _squeezed(str(as_django[field]))
