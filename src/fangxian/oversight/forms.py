from django import forms
from django.utils.translation import gettext_lazy as _


class ProposalForm(forms.Form):
    reason = forms.CharField(
        label=_("Why now?"),
        max_length=200,
        help_text=_("It stands in the signed record. Name no person."),
    )
