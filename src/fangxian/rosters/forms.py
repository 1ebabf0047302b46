from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import today
from fangxian.rosters.models import Post

_MOST_COUNTED = 20


class _Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs
        )


class _Hour(forms.TimeField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)


class NeedForm(forms.Form):
    starts = _Hour(label=_("From"))
    ends = _Hour(label=_("To"), help_text=_("Not later than “from”: on the next day."))
    headcount = forms.IntegerField(
        label=_("How many people"), min_value=1, max_value=500, initial=1
    )
    skill = forms.ChoiceField(label=_("Skill"), required=False)

    def __init__(self, *args: Any, skills: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        anybody = [("", _t("anybody"))]
        self.fields["skill"].choices = anybody + list(skills.items())  # type: ignore[attr-defined]


class PostForm(NeedForm):
    """A post, and the first of what it needs."""

    name = forms.CharField(label=_("Name of the post"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=Post.Kind.choices)
    place = forms.ChoiceField(label=_("Place"))
    duties = forms.CharField(
        label=_("What is done there"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    standing = forms.BooleanField(
        label=_("Held by one name, without shifts"),
        required=False,
        help_text=_("As the lead of a sampling point is, always. Hours are then not asked for."),
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = places  # type: ignore[attr-defined]
        for name in ("starts", "ends", "headcount"):
            self.fields[name].required = False
        self.order_fields(
            ["name", "kind", "place", "standing", "starts", "ends", "headcount", "skill", "duties"]
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("kind") == Post.Kind.POINT_LEAD:
            said["standing"] = True
        if not said.get("standing"):
            for name in ("starts", "ends", "headcount"):
                if said.get(name) is None and name not in self.errors:
                    self.add_error(name, _t("Say when and how many, or that it has no shifts."))
        return said


class PersonForm(forms.Form):
    """Somebody of those who fit; the list comes with what speaks against each."""

    member = forms.TypedChoiceField(label=_("Person on duty"), coerce=UUID)

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].choices = people  # type: ignore[attr-defined]


class ReliefForm(PersonForm):
    reason = forms.CharField(label=_("Why"), max_length=200)


class RotateForm(forms.Form):
    members = forms.TypedMultipleChoiceField(
        label=_("People who relieve each other"),
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].choices = people  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=200)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code of the post"),
        max_length=20,
        help_text=_("It begins with J and hangs at the post."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class HandOverForm(forms.Form):
    note = forms.CharField(
        label=_("What the next one must know"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Write nobody's name."),
    )
    counts = forms.CharField(
        label=_("Counted"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "N95 12"}),
        help_text=_("One thing a line, with its number: passes 12"),
    )

    def clean_counts(self) -> list[tuple[str, int]]:
        found = []
        for line in self.cleaned_data["counts"].splitlines():
            words = line.replace("：", " ").replace(":", " ").split()
            if not words:
                continue
            if len(words) == 1 or not words[-1].isdecimal():
                raise forms.ValidationError(
                    _t("“%(line)s” has no number at its end.") % {"line": line[:30]}
                )
            found.append((" ".join(words[:-1])[:30], int(words[-1])))
        if len(found) > _MOST_COUNTED:
            raise forms.ValidationError(_t("At most 20 things are counted."))
        return found


class SwapForm(PersonForm):
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].label = _("Who takes it")


class DaysForm(forms.Form):
    from_day = _Day(label=_("From"))
    until_day = _Day(label=_("Until"))

    @classmethod
    def of(cls, data: Any, *, days: int = 0) -> "DaysForm":
        begin = today()
        return cls(
            data or {"from_day": begin, "until_day": begin + timedelta(days=days)},
        )

    def span(self, *, days: int = 0) -> tuple[date, date]:
        """What was asked for, as far as it can be right; otherwise from today."""
        begin = today()
        if not self.is_valid():
            return begin, begin + timedelta(days=days)
        first, last = self.cleaned_data["from_day"], self.cleaned_data["until_day"]
        return first, max(first, min(last, first + timedelta(days=30)))


class DayForm(forms.Form):
    day = _Day(label=_("Day of duty"))


class RosterFileForm(forms.Form):
    file = forms.FileField(
        label=_("Excel file"),
        help_text=_(
            "Columns: post (its code or name), date, hours, name, phone. Merged cells are read as"
            " they look."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )
