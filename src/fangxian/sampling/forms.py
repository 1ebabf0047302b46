from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Site
from fangxian.sampling.models import Report

_AT_MOST_BYTES = 2_000_000  # some 40,000 lines; a larger file is not one day's results


class MinuteField(forms.DateTimeField):
    """A local time to the minute, as browsers ask for it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(
            widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs
        )


class LaboratoryField(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Laboratory"), required=False, coerce=UUID, empty_value=None, **kwargs
        )


class ResultForm(forms.Form):
    """What a laboratory found; the names are those of the verb's arguments."""

    finding = forms.ChoiceField(
        label=_("Finding"), choices=Report.Finding.choices, widget=forms.RadioSelect
    )
    measured_at = MinuteField(label=_("Measured at"))
    laboratory_id = LaboratoryField()
    ct = forms.DecimalField(
        label=_("Ct"), min_value=0, max_value=50, decimal_places=1, required=False
    )
    reagent = forms.CharField(label=_("Reagent"), max_length=40, required=False)

    def __init__(self, *args: Any, laboratories: Sequence[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(site.id), site.name) for site in laboratories]
        self.fields["laboratory_id"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
        if not choices:
            del self.fields["laboratory_id"]


class EntryForm(ResultForm):
    """Results one after the other, by keyboard or scanner: the code first."""

    ct = None  # type: ignore[assignment] # told on the tube's page, or in a file
    reagent = None  # type: ignore[assignment]

    barcode = forms.CharField(
        label=_("Tube"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    field_order = ("barcode", "finding", "measured_at", "laboratory_id")


class CorrectForm(ResultForm):
    ct = None  # type: ignore[assignment]
    reagent = None  # type: ignore[assignment]
    reason = forms.CharField(label=_("Why the result changes"), max_length=200)


class VoidForm(forms.Form):
    reason = forms.CharField(label=_("Why the tube cannot be used"), max_length=200)


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx) or CSV with the columns barcode, finding, measured_at."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,text/csv"}),
    )
    laboratory_id = LaboratoryField()

    def __init__(self, *args: Any, laboratories: Sequence[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(site.id), site.name) for site in laboratories]
        self.fields["laboratory_id"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
        if not choices:
            del self.fields["laboratory_id"]

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > _AT_MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than a day's results. Send it in parts.")
            )
        return bytes(file.read())
