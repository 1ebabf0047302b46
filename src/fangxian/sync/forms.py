from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.models import Account
from fangxian.sync import outboxes
from fangxian.sync.modes import Mode

_MOST_DAYS = 90  # a phone lost and forgotten is of no use after a quarter


class InviteForm(forms.Form):
    """Whose phone it will be, and what for."""

    account_id = forms.TypedChoiceField(label=_("Person"), coerce=UUID)
    modes = forms.MultipleChoiceField(
        label=_("What the phone is for"),
        choices=Mode.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label=_("Days until it expires"), min_value=1, max_value=_MOST_DAYS, initial=14
    )
    name = forms.CharField(
        label=_("Name of the phone"),
        required=False,
        max_length=40,
        help_text=_("Such as the post it is used at. The person's name if left empty."),
    )

    def __init__(self, *args: Any, people: Iterable[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account_id"].choices = [  # type: ignore[attr-defined]
            (str(one.id), f"{one.display_name} {one.post}".strip()) for one in people
        ]


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is taken out of service"),
        max_length=200,
        help_text=_("Lost, stolen, returned, changed hands …"),
    )


class OutboxForm(forms.Form):
    file = forms.FileField(
        label=_("File saved on the phone"),
        help_text=_("Only this office can read it. Bringing it in twice changes nothing."),
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > outboxes.LARGEST:
            raise forms.ValidationError(_("This file is too large to be a phone's outbox."))
        content: bytes = file.read()
        return content


class SetAsideForm(forms.Form):
    note = forms.CharField(label=_("Why it may rest"), max_length=200)
