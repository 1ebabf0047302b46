"""What residents fill in. Few fields, large, with words that anybody uses."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Area
from fangxian.kernel.ids import new_id

_LONGEST = 1000


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("Your mobile number"),
        max_length=20,
        help_text=_("The one that your community has of you."),
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the message"),
        max_length=12,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code"}
        ),
    )


class BirthDateForm(forms.Form):
    birth_date = forms.DateField(
        label=_("Date of birth"),
        help_text=_("Eight digits: year, month, day. For example 19510307."),
        input_formats=["%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "bday"}),
    )


class CardForm(BirthDateForm):
    card = forms.CharField(
        label=_("Number on your card or sheet"),
        max_length=600,
        help_text=_("Eight signs, for example C7K2 M9Q4. Your community can tell it to you, too."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    field_order = ("card", "birth_date")


class EmergencyForm(forms.Form):
    """Nothing in it must be filled in: an empty one is an emergency, too."""

    what = forms.ChoiceField(
        label=_("What is the matter?"),
        choices=[
            (
                "life_threatening",
                _("Danger to life: no breath, chest pain, heavy bleeding, fainted"),
            ),
            ("labour", _("Labour, or something wrong in pregnancy")),
            ("other_care", _("Ill or hurt, must see a doctor today")),
            ("regular_treatment", _("Dialysis, chemotherapy or another treatment that is due")),
        ],
        initial="life_threatening",
        required=False,
        widget=forms.RadioSelect,
    )
    whom = forms.ChoiceField(
        label=_("For whom?"),
        choices=[("me", _("For me")), ("other", _("For somebody else"))],
        initial="me",
        required=False,
        widget=forms.RadioSelect,
    )
    phone = forms.CharField(
        label=_("Phone on which we reach you"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )
    community = forms.ChoiceField(label=_("Community"), required=False)
    words = forms.CharField(
        label=_("Where exactly, and what else should we know?"),
        max_length=_LONGEST,
        required=False,
        help_text=_("Building, stairwell, door; who it is; what was eaten or taken."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *given: Any, homes: list[Area], mine: bool = False, **named: Any) -> None:
        named.setdefault("initial", {})["id"] = new_id()
        super().__init__(*given, **named)
        chosen = [("", _("I do not know")), *((one.path, one.name) for one in homes)]
        self.fields["community"].choices = chosen  # type: ignore[attr-defined]
        if mine:
            del self.fields["community"], self.fields["whom"]

    def said(self) -> dict[str, Any]:
        """What can be read of it; what cannot is left out, for nobody is sent back here."""
        self.is_valid()
        known = self.cleaned_data
        words = known.get("words") or self.data.get("words", "")[:_LONGEST]
        return {
            "what": known.get("what") or self.data.get("what", "") or "life_threatening",
            "words": words,
            "phone": known.get("phone") or self.data.get("phone", "")[:20],
            "area_path": known.get("community") or "",
            "myself": known.get("whom") != "other",
            "id": known.get("id"),
        }


INTENTS: dict[str, list[tuple[str, Any]]] = {
    "ask": [
        ("policy", _("Rules, notices, what I may do")),
        ("testing", _("Tests and results")),
        ("code", _("My code")),
        ("quarantine", _("Quarantine or a closed building")),
        ("travel", _("Going out, coming back")),
        ("other", _("Something else")),
    ],
    "declare": [("declaration", _("Where I was, or where I come from"))],
    "help": [
        ("supplies", _("Food and daily goods")),
        ("medical", _("Medicine, a doctor, a visit")),
        ("quarantine", _("Somebody to help at home: old, young, ill, alone")),
        ("utilities", _("Water, power, gas, heating")),
        ("environment", _("Waste, disinfection")),
        ("travel", _("I must leave or come home")),
        ("complaint", _("Something went wrong: a complaint")),
        ("other", _("Something else")),
    ],
}
"""What residents come for, and the categories of requests in their own words."""


class AskForm(forms.Form):
    category = forms.ChoiceField(label=_("What is it about?"), widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Say it in your own words"),
        max_length=_LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    soon = forms.BooleanField(
        label=_("It cannot wait until tomorrow"),
        required=False,
    )
    phone = forms.CharField(
        label=_("Call me back on another number"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )
    board = forms.BooleanField(
        label=_("Neighbours and units may take it, too"),
        required=False,
        help_text=_("These words then stand on the board of the community, without your name."),
    )
    id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *given: Any, intent: str, **named: Any) -> None:
        named.setdefault("initial", {})["id"] = new_id()
        super().__init__(*given, **named)
        choices = INTENTS[intent]
        self.fields["category"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["category"].widget = forms.HiddenInput()
            self.fields["category"].initial = choices[0][0]


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=_("Why does it not hold?"),
        max_length=2000,
        help_text=_("For example: was not there; moved out on 20 August. Name no other person."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ScoreForm(forms.Form):
    score = forms.TypedChoiceField(
        label=_("How was it dealt with?"),
        coerce=int,
        choices=[
            (5, _("5 very well")),
            (4, _("4 well")),
            (3, _("3 so-so")),
            (2, _("2 badly")),
            (1, _("1 very badly")),
        ],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("What should be better?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AgainForm(forms.Form):
    words = forms.CharField(
        label=_("What is still missing?"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
