from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.linelists import columns
from fangxian.linelists.models import LineList, Setting


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=_("What the file holds"), choices=LineList.Kind.choices)
    name = forms.CharField(label=_("Name of the list"), max_length=80, required=False)
    about = forms.ChoiceField(
        label=_("About the cases of"),
        required=False,
        help_text=_("For a list of who infected whom: the line list that names its cases."),
    )
    file = forms.FileField(label=_("File (.xlsx or CSV)"))

    def __init__(self, *args: Any, about: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["about"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [("", "—"), *about]


class MappingForm(forms.Form):
    """One choice for each column."""

    def __init__(self, of: LineList, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for at, heading in enumerate(of.headings):
            self.fields[f"c{at}"] = forms.ChoiceField(
                label=heading or f"{at + 1}",
                choices=columns.choices(of.kind),
                initial=of.mapping[at] if at < len(of.mapping) else "",
                required=False,
            )

    @property
    def mapping(self) -> list[str]:
        return [self.cleaned_data[name] for name in self.fields]


class LinkForm(forms.Form):
    infector = forms.CharField(label=_("Infector (number of the case)"), max_length=12)
    infectee = forms.CharField(label=_("Infected (number of the case)"), max_length=12)
    setting = forms.ChoiceField(label=_("Setting"), choices=Setting.choices)
    sure = forms.ChoiceField(
        label=_("How sure"),
        choices=[("yes", _("sure")), ("no", _("possible"))],
        widget=forms.RadioSelect,
        initial="no",
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
