"""What is typed about cases. Rules are not here: the verbs have them."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Area, Site
from fangxian.cases.models import Case, Contact, Division

_Choices = list[tuple[str, str | Promise]]


class _Moment(forms.DateTimeField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(widget=widget, **kwargs)


class _Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}), **kwargs)


class FilterForm(forms.Form):
    """The bar above the list."""

    q = forms.CharField(
        label=_("Case code"),
        required=False,
        max_length=20,
        widget=forms.SearchInput(attrs={"placeholder": "C000000"}),
    )
    classification = forms.ChoiceField(label=_("Classification"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    area = forms.ChoiceField(label=_("Area"), required=False)
    day = _Day(label=_("Reported on"), required=False)

    def __init__(self, *args: Any, areas: Iterable[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices, everything in (
            ("classification", Case.Classification.choices, _("All classifications")),
            ("state", Case.State.choices, _("All states")),
            ("area", _indented(areas), _("All areas")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
            field.choices = [("", everything), *choices]


def _indented(areas: Iterable[Area], *, by: str = "path") -> _Choices:
    return [
        (str(getattr(area, by)), ("" if area.level == Area.Level.SUBDISTRICT else "  ") + area.name)
        for area in areas
    ]


class FindForm(forms.Form):
    """Look somebody up in the register: the whole of what is known, for parts are not kept."""

    q = forms.CharField(
        label=_("Identity number, phone or full name"),
        help_text=_("The whole number or name: parts of it cannot be looked up."),
        max_length=60,
    )


class CaseForm(forms.Form):
    classification = forms.ChoiceField(
        label=_("Classification"),
        choices=Case.Classification.choices,
        initial=Case.Classification.CONFIRMED,
    )
    found_by = forms.ChoiceField(label=_("Found by"), choices=Case.FoundBy.choices)
    specimen_at = _Moment(
        label=_("Specimen taken at"),
        help_text=_("Of the first positive specimen."),
        error_messages={
            "required": _(
                "A case needs the time of its first positive specimen: from it or from the onset "
                "the window is counted. If nobody knows it, take the time of the report that "
                "brought it."
            )
        },
    )
    onset_on = _Day(
        label=_("Day of onset"),
        required=False,
        help_text=_("Leave empty if there were no symptoms."),
    )
    isolated_at = _Moment(
        label=_("Kept apart since"),
        required=False,
        help_text=_("Leave empty if only from now on. After this, nobody counts as a contact."),
    )
    under_control = forms.BooleanField(
        label=_("Was already under quarantine or in a closed area"), required=False
    )


class UnregisteredForm(forms.Form):
    """Somebody without an identity number, or whose number is not known yet."""

    name = forms.CharField(label=_("Name"), max_length=60)
    birth_date = _Day(label=_("Date of birth"))
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=[("female", _("female")), ("male", _("male")), ("unknown", _("unknown"))],
        initial="unknown",
    )
    phone = forms.CharField(label=_("Phone"), required=False, max_length=20)


class ContactForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind of contact"), choices=Contact.Kind.choices, initial=Contact.Kind.CLOSE
    )
    last_at = _Moment(label=_("Last contact"), help_text=_("Quarantine is counted from here."))
    first_at = _Moment(label=_("First contact"), required=False)
    minutes = forms.IntegerField(
        label=_("Minutes together"), min_value=0, required=False, help_text=_("If it is known.")
    )


class PlaceForm(forms.Form):
    """Where a place stands that was said in an interview, and what it is."""

    area = forms.ChoiceField(label=_("Stands in"))
    kind = forms.ChoiceField(
        label=_("Kind of place"), choices=Site.Kind.choices, initial=Site.Kind.VENUE
    )

    def __init__(self, *args: Any, areas: Iterable[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = _indented(areas, by="id")


class CompanionForm(ContactForm):
    """A contact named through a stay: the times of the stay stand there already."""


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class OnsetForm(forms.Form):
    onset_on = _Day(label=_("Day of onset"))


class DivisionForm(forms.Form):
    layout = forms.ChoiceField(label=_("What it is"), choices=Division.Layout.choices)


class PassengersForm(forms.Form):
    file = forms.FileField(
        label=_("List"),
        help_text=_("Excel or CSV: name, identity number or phone, carriage or room, seat."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
    )
    began = _Moment(label=_("Boarded"), required=False)
    ended = _Moment(
        label=_("Got off"),
        required=False,
        help_text=_("With both times everybody listed was there; without, only seats are noted."),
    )
