from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.gates.models import Demand, Pass, Venue

_ANY = [("", _("all"))]
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class CheckpointForm(forms.Form):
    demands = forms.MultipleChoiceField(
        label=_("What is asked here"),
        choices=Demand.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The numbers are those of the rules in force. Ask for no more than is needed."),
    )
    objection = forms.CharField(
        label=_("Where to object, besides the community's office"),
        max_length=120,
        required=False,
        help_text=_("Such as a telephone number. It is said to whoever is turned back."),
    )


class PassFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("State"),
        choices=[*_ANY, *Pass.State.choices, ("expired", _("run out"))],
        required=False,
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[*_ANY, *Pass.Kind.choices], required=False)
    search = forms.CharField(label=_("Number of the pass, or plate"), max_length=20, required=False)


class PassForm(forms.Form):
    """The area is chosen among those that the viewer may issue for."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Pass.Kind.choices)
    plate = forms.CharField(
        label=_("Plate"),
        max_length=12,
        required=False,
        help_text=_("Of a vehicle pass. It is kept masked."),
    )
    valid_from = forms.DateTimeField(label=_("Valid from"), widget=_MOMENT)
    valid_to = forms.DateTimeField(label=_("Valid until"), widget=_MOMENT)
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=60,
        required=False,
        help_text=_("It stands on the pass. Write no name and no illness."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("The holder can read it. Write no other person's name."),
    )


class SettleForm(forms.Form):
    how = forms.CharField(
        label=_("What was done"), max_length=200, help_text=_("Write no person's name.")
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(label=_("How it came about"), max_length=200)


class SignUpForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind of venue"), choices=Venue.Kind.choices)
    screen = forms.BooleanField(
        label=_("It has a screen at the door that shows a changing code"), required=False
    )


class DriveForm(forms.Form):
    due_at = forms.DateTimeField(label=_("Every venue has a code by"), widget=_MOMENT)


class ListForm(forms.Form):
    hours = forms.IntegerField(
        label=_("Good for how many hours"), min_value=1, max_value=72, initial=12
    )


class ReadForm(forms.Form):
    """A purpose before anybody reads where somebody passed."""

    purpose = forms.CharField(
        label=_("What you need it for"),
        max_length=60,
        help_text=_("It is recorded with your name, and the person may ask who read this."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].widget.attrs["autofocus"] = True
