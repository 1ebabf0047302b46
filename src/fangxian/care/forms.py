from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.care.models import (
    CareTransfer,
    Escort,
    Means,
    Series,
    Visit,
    Ward,
    What,
)

Choices = list[tuple[str, str]]
_WEEK = (
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
)


class TriageForm(forms.Form):
    what = forms.ChoiceField(label=_("What for"), choices=What.choices)
    means = forms.ChoiceField(label=_("How"), choices=Means.choices)
    hospital = forms.ChoiceField(label=_("Hospital"), required=False)
    escort = forms.ChoiceField(label=_("Escort"), choices=Escort.choices)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, hospitals: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["hospital"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [("", _("not known yet")), *hospitals]


class VehicleForm(forms.Form):
    means = forms.ChoiceField(
        label=_("How"),
        choices=[choice for choice in Means.choices if choice[0] != "community_medic"],
    )
    vehicle = forms.CharField(
        label=_("Plate"),
        max_length=12,
        required=False,
        help_text=_("Only 120 may come without one."),
    )
    driver_phone = forms.CharField(label=_("Phone of the driver"), max_length=20, required=False)
    shared_because = forms.CharField(
        label=_("Two patients in one vehicle, because"),
        max_length=200,
        required=False,
        help_text=_("Leave empty: one vehicle, one patient."),
    )


class HandOverForm(forms.Form):
    hospital = forms.ChoiceField(label=_("Hospital"), required=False)
    received_by = forms.CharField(
        label=_("Who receipted"),
        max_length=60,
        required=False,
        help_text=_("Whoever took the person over, with their ward."),
    )

    def __init__(self, *args: Any, hospitals: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["hospital"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [("", _("as decided")), *hospitals]


class TurnAwayForm(forms.Form):
    hospital = forms.ChoiceField(label=_("Where to instead"), required=False)
    note = forms.CharField(label=_("What was said"), max_length=200, required=False)

    def __init__(self, *args: Any, hospitals: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["hospital"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [("", _("not known yet")), *hospitals]


class ReturnForm(forms.Form):
    means = forms.ChoiceField(
        label=_("How"),
        choices=[choice for choice in Means.choices if choice[0] in {"street_car", "own_car"}],
    )
    vehicle = forms.CharField(label=_("Plate"), max_length=12, required=False)


class CloseForm(forms.Form):
    outcome = forms.ChoiceField(label=_("What became of the person"))
    note = forms.CharField(
        label=_("Said by whom"),
        max_length=200,
        required=False,
        help_text=_("Needed where the person was not brought: nobody decides that for them."),
    )

    def __init__(self, *args: Any, left: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stays = {"treated", "not_wanted"}
        if left:
            del self.fields["note"]
        field = self.fields["outcome"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [
            choice
            for choice in CareTransfer.Outcome.choices
            if (choice[0] not in stays if left else choice[0] in stays)
        ]


class HospitalForm(forms.Form):
    site = forms.ChoiceField(label=_("Hospital"))
    area_path = forms.ChoiceField(label=_("Subdistrict"))
    contact = forms.CharField(label=_("Whom to call"), max_length=40)
    phone = forms.CharField(label=_("Number to call"), max_length=20)
    wards = forms.MultipleChoiceField(
        label=_("Wards that take people whatever their code"),
        choices=Ward.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    first = forms.BooleanField(label=_("The first to go to"), required=False, initial=True)

    def __init__(self, *args: Any, sites: Choices, places: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("site", sites), ("area_path", places)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
            field.choices = choices


class CarForm(forms.Form):
    area_path = forms.ChoiceField(label=_("Subdistrict"))
    plate = forms.CharField(label=_("Plate"), max_length=12)
    driver = forms.CharField(label=_("Driver"), max_length=40)
    phone = forms.CharField(label=_("Phone of the driver"), max_length=20)
    stretcher = forms.BooleanField(label=_("takes a stretcher"), required=False)

    def __init__(self, *args: Any, places: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area_path"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = places


class SeriesForm(forms.Form):
    kind = forms.ChoiceField(label=_("Treatment"), choices=Series.Kind.choices)
    hospital = forms.ChoiceField(label=_("Hospital"))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"),
        choices=_WEEK,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    every_days = forms.IntegerField(
        label=_("Or every how many days"), min_value=1, max_value=60, required=False
    )
    at = forms.TimeField(
        label=_("Expected there at"), widget=forms.TimeInput(attrs={"type": "time"})
    )
    first_day = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last_day = forms.DateField(
        label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    means = forms.ChoiceField(
        label=_("How"),
        choices=[choice for choice in Means.choices if choice[0] != "community_medic"],
        initial=Means.STREET_CAR,
    )
    escort = forms.ChoiceField(label=_("Escort"), choices=Escort.choices)

    def __init__(self, *args: Any, hospitals: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["hospital"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = hospitals


class VisitForm(forms.Form):
    how = forms.ChoiceField(label=_("How"), choices=Visit.How.choices, widget=forms.RadioSelect)
    found = forms.ChoiceField(
        label=_("What you found"), choices=Visit.Found.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("What is needed"),
        max_length=200,
        required=False,
        help_text=_("No diagnoses: what would help."),
    )
