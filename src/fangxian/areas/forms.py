from django import forms
from django.utils.translation import gettext_lazy as _


class RenameForm(forms.Form):
    name = forms.CharField(label=_("New name"), max_length=60)


class MoveForm(forms.Form):
    to = forms.UUIDField(label=_("Place in"))


class DecideForm(forms.Form):
    """Which changes, and what about them. `means` is "new" or the id of an area."""

    change = forms.UUIDField(required=False)
    every = forms.BooleanField(required=False)
    accept = forms.TypedChoiceField(choices=[("yes", _("Accept")), ("no", _("Leave as it is"))])
    means = forms.CharField(required=False, max_length=36)
