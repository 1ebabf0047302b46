from django import forms
from django.utils.translation import gettext_lazy as _


class UnmaskForm(forms.Form):
    field = forms.ChoiceField(
        label=_("What to show"),
        choices=[
            ("identity", _("Identity number")),
            ("phone", _("Phone")),
            ("name", _("Name")),
        ],
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=100,
        help_text=_("Your name, the time and this purpose are kept and shown to the person."),
    )
