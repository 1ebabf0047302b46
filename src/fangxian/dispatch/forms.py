from collections.abc import Sequence
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fangxian.dispatch.kinds import Paper, Proof, TaskKind, TaskLevel
from fangxian.dispatch.models import DirectiveItem
from fangxian.kernel.models import Account

Targets = Sequence[tuple[str | Promise, Sequence[tuple[str, str]] | str | Promise]]
"""To whom something can be given, in groups: see `owners.targets`."""


_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class FinishForm(forms.Form):
    """Asks for the proof that the task wants, and for nothing besides a word."""

    counted = forms.IntegerField(label=_("How many"), min_value=0)
    scanned = forms.CharField(
        label=_("Code at the place"),
        max_length=40,
        help_text=_("Scan it, or type what stands beneath it."),
    )
    note = forms.CharField(
        label=_("How it was done"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: object, proof: str = "", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["note"].required = proof == Proof.NOTE
        if proof != Proof.COUNT:
            del self.fields["counted"]
        if proof != Proof.SCAN:
            del self.fields["scanned"]


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


class MineFilter(forms.Form):
    """What of one's own list is shown, and in which order."""

    sort = forms.ChoiceField(choices=[("route", ""), ("due_at", "")], required=False)
    kind = forms.ChoiceField(choices=TaskKind.choices, required=False)
    mine = forms.BooleanField(required=False)
    late = forms.BooleanField(required=False)
    place = forms.CharField(required=False, max_length=80)


class RerouteForm(forms.Form):
    """Another way for a task: to a team, to whoever is responsible, to another level."""

    to = forms.ChoiceField(label=_("To"), required=False)
    level = forms.TypedChoiceField(
        label=_("Level"),
        required=False,
        empty_value=None,
        coerce=int,
        choices=[("", "—"), *((str(n), level.label) for n, level in enumerate(TaskLevel))],
    )
    reason = forms.CharField(label=_("Why"), required=False, max_length=300)

    def __init__(self, *args: object, targets: Targets, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            ("", _("whoever has the duty there")),
            *targets,
        ]


class ShareForm(forms.Form):
    """Many tasks to somebody at once."""

    to = forms.ChoiceField(label=_("Give them to"))

    def __init__(self, *args: object, targets: Targets, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["to"].choices = targets  # type: ignore[attr-defined]


class ChosenForm(forms.Form):
    """Which tasks are meant."""

    area = forms.CharField(required=False, max_length=80)
    kind = forms.ChoiceField(choices=TaskKind.choices, required=False)
    late = forms.BooleanField(label=_("Overdue only"), required=False)
    taken = forms.BooleanField(label=_("Also what somebody has taken"), required=False)


class DirectiveForm(forms.Form):
    kind = forms.ChoiceField(label=_("What it is"), choices=Paper.choices, initial=Paper.NOTICE)
    title = forms.CharField(label=_("Title"), max_length=120)
    issuer = forms.CharField(label=_("Issued by"), max_length=80)
    reference = forms.CharField(
        label=_("Number"), max_length=60, required=False, help_text=_("As it stands on the paper.")
    )
    version = forms.IntegerField(label=_("Version"), min_value=1, max_value=999, initial=1)
    supersedes = forms.TypedChoiceField(
        label=_("Replaces"), required=False, coerce=UUID, empty_value=None
    )
    held_at = forms.DateTimeField(
        label=_("Meeting held at"), required=False, widget=_MOMENT, help_text=_("For minutes.")
    )
    effective_from = forms.DateTimeField(label=_("In force from"), widget=_MOMENT)
    effective_until = forms.DateTimeField(
        label=_("Until"), required=False, widget=_MOMENT, help_text=_("Empty: until withdrawn.")
    )
    acknowledge_by = forms.DateTimeField(
        label=_("Subdistricts acknowledge by"),
        widget=_MOMENT,
        help_text=_("Communities have as long again."),
    )
    text = forms.CharField(
        label=_("Text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 10})
    )

    def __init__(
        self, *args: object, earlier: Sequence[tuple[str, str]] = (), **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["supersedes"].choices = [("", "—"), *earlier]  # type: ignore[attr-defined]


class ItemForm(forms.Form):
    """One thing to do. It is filled in from the text of the paper, line by line."""

    text = forms.CharField(
        label=_("What is to be done"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    each = forms.ChoiceField(
        label=_("Where"), choices=DirectiveItem.Each.choices, initial=DirectiveItem.Each.COMMUNITY
    )
    to = forms.ChoiceField(label=_("Whose it is"), required=False)
    due_at = forms.DateTimeField(label=_("Due"), widget=_MOMENT)
    proof = forms.ChoiceField(
        label=_("Proof"), required=False, choices=[("", _("none")), *Proof.choices]
    )

    def __init__(self, *args: object, targets: Targets, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            ("", _("whoever has the duty there")),
            *targets,
        ]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class BoardFilter(forms.Form):
    late = forms.BooleanField(label=_("Overdue only"), required=False)
    area = forms.CharField(required=False, max_length=80)
