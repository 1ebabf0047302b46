"""What is typed about residents. Rules are not here: the verbs have them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Area
from fangxian.people.models import Consent, Need, Resident

_Choices = Sequence[tuple[str, str | Promise]]
AGES: dict[str, tuple[int, int | None]] = {
    "0-2": (0, 2),
    "3-6": (3, 6),
    "7-17": (7, 17),
    "18-59": (18, 59),
    "60-79": (60, 79),
    "80-": (80, None),
}
"""Age bands of the list's filter: nursery, kindergarten, school, working age, old, very old."""


class _Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs
        )


def _choose(form: forms.Form, field: str, nothing: str | Promise, choices: _Choices) -> None:
    chosen = form.fields[field]
    assert isinstance(chosen, forms.ChoiceField)  # noqa: S101 - as declared
    chosen.choices = [("", nothing), *choices]


def _indented(areas: Iterable[Area]) -> _Choices:
    return [
        (area.path, ("" if area.level == Area.Level.SUBDISTRICT else "\u2003") + area.name)
        for area in areas
    ]


class FilterForm(forms.Form):
    """The bar above the list."""

    q = forms.CharField(
        label=_("Name, identity number or phone"),
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"autocomplete": "off"}),
    )
    area = forms.ChoiceField(label=_("Area"), required=False)
    need = forms.ChoiceField(label=_("Special need"), required=False)
    ages = forms.ChoiceField(label=_("Age"), required=False)
    record = forms.ChoiceField(
        label=_("Record"),
        required=False,
        choices=[("", _("All records")), ("met", _("met, not yet registered"))],
    )

    def __init__(self, *args: Any, areas: Iterable[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "area", _("All areas"), _indented(areas))
        _choose(self, "need", _("All residents"), Need.Kind.choices)
        bands = [(band, band.replace("-", "–") if last else f"{first}+")
                 for band, (first, last) in AGES.items()]  # fmt: skip
        _choose(self, "ages", _("All ages"), bands)


class ParticularsForm(forms.Form):
    """Who somebody is."""

    name = forms.CharField(
        label=_("Name"), max_length=50, widget=forms.TextInput(attrs={"data-no-draft": ""})
    )
    identity_type = forms.ChoiceField(
        label=_("Type of document"), choices=Resident.IdentityType.choices
    )
    identity = forms.CharField(
        label=_("Number of the document"),
        required=False,
        max_length=30,
        help_text=_("Leave empty if there is none to see."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-no-draft": ""}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "data-no-draft": ""}),
    )
    sex = forms.ChoiceField(
        label=_("Sex"), choices=Resident.Sex.choices, initial=Resident.Sex.UNKNOWN
    )
    birth_date = _Day(
        label=_("Date of birth"),
        required=False,
        help_text=_("An identity card tells it, and the sex."),
    )


class DoorForm(forms.Form):
    """Where somebody lives, as it stands on the door."""

    community = forms.ChoiceField(label=_("Community"))
    compound = forms.CharField(label=_("Housing estate"), required=False, max_length=60)
    building = forms.CharField(label=_("Building"), max_length=30)
    unit = forms.CharField(label=_("Stairwell"), required=False, max_length=30)
    door = forms.CharField(label=_("Door"), max_length=30)
    since = _Day(label=_("Lives there since"), required=False)

    def __init__(self, *args: Any, communities: Iterable[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [(area.path, area.name) for area in communities]
        _choose(self, "community", _("Choose a community"), places)
        if len(places) == 1:
            self.initial["community"] = places[0][0]


class NewForm(ParticularsForm, DoorForm):
    """Somebody new: who, and where."""

    field_order = (
        "name", "identity_type", "identity", "phone", "sex", "birth_date",
        "community", "compound", "building", "unit", "door", "since",
    )  # fmt: skip


class CorrectionForm(ParticularsForm):
    """What is left empty stays as it is; what is recorded is shown masked only."""

    no_phone = forms.BooleanField(label=_("Has no phone any more"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=100)

    def __init__(self, data: QueryDict | None = None, *, resident: Resident) -> None:
        super().__init__(
            data,
            initial={
                "identity_type": resident.identity_type,
                "sex": resident.sex,
                "birth_date": resident.birth_date,
            },
        )
        for field in ("name", "identity", "phone"):
            known = getattr(resident, field)
            self.fields[field].required = False
            self.fields[field].help_text = ""
            self.fields[field].widget.attrs["placeholder"] = str(known) if known else "—"


class NeedsForm(forms.Form):
    """The needs somebody has now; what is no longer ticked has ended."""

    needs = forms.MultipleChoiceField(
        label=_("Special needs"),
        choices=Need.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class DeathForm(forms.Form):
    on = forms.DateField(label=_("Day of death"), widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.ChoiceField(label=_("Who says so"), choices=Resident.DeathSource.choices)


class ConsentForm(forms.Form):
    purpose = forms.CharField(label=_("Purpose"), max_length=60)
    basis = forms.ChoiceField(label=_("Legal basis"), choices=Consent.Basis.choices)


class ProxyForm(forms.Form):
    """Somebody registered who acts for a resident."""

    who = forms.CharField(
        label=_("Identity number or phone of who acts"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-no-draft": ""}),
    )
    relation = forms.CharField(
        label=_("Relation"), max_length=30, help_text=_("Mother, carer, neighbour, …")
    )


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("List"),
        help_text=_("Excel (.xlsx) or CSV in UTF-8 or GB18030."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
    )
    area = forms.ChoiceField(label=_("The list belongs to"), required=False)
    add_dwellings = forms.BooleanField(
        label=_("Add dwellings that are missing"),
        required=False,
        help_text=_("Otherwise such rows are reported and not taken."),
    )

    def __init__(
        self, *args: Any, areas: Iterable[Area], may_add: bool, whole: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "area", whole, _indented(areas))
        if not may_add:
            del self.fields["add_dwellings"]


class FindForm(forms.Form):
    """One field for whatever somebody shows or says; a hand scanner types into it."""

    q = forms.CharField(
        label=_("Identity number, phone, name or code"),
        max_length=4096,
        widget=forms.SearchInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class RevokeForm(forms.Form):
    reason = forms.CharField(label=_("Why it is withdrawn"), max_length=200)


class CommunityForm(forms.Form):
    area = forms.ChoiceField(label=_("Community"))

    def __init__(self, *args: Any, communities: Iterable[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "area", _("choose"), [(area.path, area.name) for area in communities])
