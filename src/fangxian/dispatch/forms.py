from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.models import Account


class FinishForm(forms.Form):
    note = forms.CharField(
        label=_("How it was done"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: object, note_needed: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["note"].required = note_needed


class RefuseForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it cannot be done"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AssignForm(forms.Form):
    to = forms.TypedChoiceField(label=_("Person"))

    def __init__(self, *args: object, people: Sequence[Account], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (str(one.id), f"{one.display_name} {one.post}".strip()) for one in people
        ]


class BoardFilter(forms.Form):
    late = forms.BooleanField(label=_("Overdue only"), required=False)
    area = forms.CharField(required=False, max_length=80)
