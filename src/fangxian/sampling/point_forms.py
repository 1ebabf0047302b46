from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Site
from fangxian.sampling.models import LabelBatch


class LabelsForm(forms.Form):
    """`batch_id` makes sending the form twice harmless."""

    batch_id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("Labels for"), choices=LabelBatch.Kind.choices, widget=forms.RadioSelect
    )
    sheets = forms.IntegerField(
        label=_("Sheets"), min_value=1, max_value=25, help_text=_("44 labels to a sheet of A4.")
    )


class ReceiveForm(forms.Form):
    """A box as a laboratory finds it: the codes scanned, one after the other."""

    tubes = forms.CharField(
        label=_("Tubes in the box"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Scan every tube; each on a line."),
    )
    broken = forms.CharField(
        label=_("Broken or leaking"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
    )
    temperature = forms.DecimalField(
        label=_("Temperature (°C)"), required=False, min_value=-90, max_value=60, decimal_places=1
    )

    def clean_tubes(self) -> list[str]:
        return str(self.cleaned_data["tubes"]).replace(",", " ").split()

    def clean_broken(self) -> list[str]:
        return str(self.cleaned_data["broken"]).replace(",", " ").split()


class QueueForm(forms.Form):
    waiting = forms.IntegerField(label=_("People waiting"), min_value=0, max_value=10_000)


class KeyForm(forms.Form):
    laboratory_id = forms.TypedChoiceField(label=_("Laboratory"), coerce=UUID)

    def __init__(self, *args: Any, laboratories: Sequence[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["laboratory_id"]
        field.choices = [(str(site.id), site.name) for site in laboratories]  # type: ignore[attr-defined]
