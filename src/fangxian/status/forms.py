from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.status.models import Status
from fangxian.status.swept import WORDS


class StatusFilter(forms.Form):
    colour = forms.ChoiceField(
        label=_("Colour"), choices=[("", _("all")), *Status.Colour.choices], required=False
    )


class SweptFilter(forms.Form):
    standing = forms.TypedChoiceField(
        label=_("Found"),
        choices=[("", _("all")), *((int(one), words) for one, words in WORDS.items())],
        coerce=int,
        empty_value=None,
        required=False,
    )


class ObjectionForm(forms.Form):
    ground = forms.ChoiceField(label=_("Which reason does not hold?"))
    text = forms.CharField(
        label=_("Why not?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: moved out on 20 August; was not there. Name no other person."),
    )


class DecisionForm(forms.Form):
    uphold = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("yes", _("Uphold: the evidence does not count for this person")),
            ("no", _("Reject")),
        ],
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The person will read them. Name no other person."),
    )


class OwnForm(forms.Form):
    code = forms.CharField(
        label=_("Your code"),
        max_length=600,
        help_text=_("What stands under the square on your card or sheet, or what it reads."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    last_four = forms.CharField(
        label=_("Last four signs of your identity number"),
        max_length=4,
        min_length=4,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
