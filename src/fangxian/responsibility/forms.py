from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.responsibility import rules
from fangxian.responsibility.models import Responsibility


def _named(roles: list[str]) -> list[tuple[str, object]]:
    return [(role, Responsibility.Role(role).label) for role in roles]


class WhoForm(forms.Form):
    who = forms.CharField(
        label=_("Who"),
        max_length=80,
        help_text=_("Name, phone number, or both if several people have the name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PersonRoleForm(WhoForm):
    role = forms.ChoiceField(label=_("As"), choices=_named(list(rules.TEAM)))
    field_order = ("role", "who")


class CoverFilter(forms.Form):
    role = forms.ChoiceField(
        label=_("Which places"), choices=_named(list(rules.PLACES)), required=False, initial="grid"
    )


class ListForm(forms.Form):
    file = forms.FileField(
        label=_("List (Excel or CSV)"),
        help_text=_("Columns: community, grid, building, stairwell, role, name, phone."),
    )
