from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.models import Event
from fangxian.measures.models import EmergencyExit, Objection, Order, RiskArea, Service

_ANY = [("", _("all"))]


class OrderFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("State"), choices=[*_ANY, *Order.State.choices], required=False
    )
    kind = forms.ChoiceField(
        label=_("Measure"), choices=[*_ANY, *Order.Kind.choices], required=False
    )
    served = forms.ChoiceField(
        label=_("Served"), choices=[*_ANY, ("no", _("not yet"))], required=False
    )
    search = forms.CharField(
        label=_("Code, whole name, identity number or phone"), max_length=40, required=False
    )


class RiskAreaFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("State"), choices=[*_ANY, *RiskArea.State.choices], required=False
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("The person can read it. Write no other person's name."),
    )


class ProposalForm(forms.Form):
    """Levels are those of the pack in force."""

    level = forms.ChoiceField(label=_("Level"))
    unit = forms.ChoiceField(label=_("Unit"), choices=RiskArea.Unit.choices)
    reason = forms.CharField(
        label=_("Why wider than the rules' usual unit"), max_length=200, required=False
    )

    def __init__(self, *args: Any, levels: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        level = self.fields["level"]
        assert isinstance(level, forms.ChoiceField)  # noqa: S101 - as declared above
        level.choices = levels


class SetForm(forms.Form):
    """Buildings and stairwells that are one risk area together; `places` are their paths."""

    level = forms.ChoiceField(label=_("Level"))
    reason = forms.CharField(
        label=_("Why these places"),
        max_length=200,
        help_text=_("Where the case had been, or how it may have spread. Write no name."),
    )
    places = forms.MultipleChoiceField(
        error_messages={"required": _("Tick at least one building or stairwell.")}
    )

    def __init__(
        self, *args: Any, levels: list[tuple[str, str]], places: list[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = levels  # type: ignore[attr-defined]
        self.fields["places"].choices = [(path, path) for path in places]  # type: ignore[attr-defined]


class ReleaseForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Needed while a release condition does not hold."),
    )


class ExtendForm(forms.Form):
    until = forms.DateTimeField(
        label=_("New end"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = ReasonForm.base_fields["reason"]
    because = forms.ChoiceField(
        label=_("Evidence of infection since the order"),
        required=False,
        help_text=_("Without it the end stays within the days that the rules ask for."),
    )

    def __init__(self, *args: Any, evidence: list[tuple[Event, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        because = self.fields["because"]
        assert isinstance(because, forms.ChoiceField)  # noqa: S101 - as declared above
        because.choices = [("", _("none")), *((str(one.id), said) for one, said in evidence)]


class ServiceForm(forms.Form):
    how = forms.ChoiceField(label=_("How"), choices=Service.How.choices, initial=Service.How.PAPER)
    language = forms.ChoiceField(label=_("Language of the notice"), choices=settings.LANGUAGES)
    to_whom = forms.ChoiceField(label=_("Taken by"), choices=Service.ToWhom.choices)
    note = forms.CharField(
        label=_("What proves it"),
        max_length=200,
        required=False,
        help_text=_("Needed for a message, and where somebody else took it."),
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        another = said.get("to_whom") != Service.ToWhom.PERSON
        if (another or said.get("how") == Service.How.MESSAGE) and not said.get("note"):
            self.add_error("note", _("Say who took it, or how the message was answered."))
        return said


class DoorToDoorForm(forms.Form):
    at = forms.CharField(max_length=200, widget=forms.HiddenInput)
    language = forms.ChoiceField(label=_("Language of the notice"), choices=settings.LANGUAGES)
    note = forms.CharField(label=_("What proves it"), max_length=200, required=False)


class ReplayForm(forms.Form):
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))
    pack = forms.ChoiceField(label=_("Rules"))

    def __init__(self, *args: Any, packs: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pack = self.fields["pack"]
        assert isinstance(pack, forms.ChoiceField)  # noqa: S101 - as declared above
        pack.choices = packs

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if "first" in said and "last" in said and said["last"] < said["first"]:
            self.add_error("last", _("The last day comes before the first."))
        return said


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=_("What is objected"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("In the person's own words. Another officer decides, with reasons."),
    )


class DecisionForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (Objection.State.UPHELD, Objection.State.UPHELD.label),
            (Objection.State.REJECTED, Objection.State.REJECTED.label),
        ],
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=_("Reasons"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("Who drove, which hospital, what is to follow"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


EXIT_KINDS = EmergencyExit.Kind.choices
