from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.areas.models import Area
from fangxian.requests.models import Category, Request, Response, Urgency, Whistle
from fangxian.screening.forms import StaysForm

_ANY = [("", _("all"))]
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
_SCORES = [("", "—"), *((str(n), str(n)) for n in range(5, 0, -1))]
WHAT = [
    ("life_threatening", _("life-threatening")),
    ("labour", _("labour")),
    ("other_care", _("other care")),
]


def _words(label: Any, *, rows: int = 3, required: bool = True, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=1000,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
        **more,
    )


class OnOnePage(forms.Form):
    """Many forms share a page, so each has ids of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{type(self).__name__.lower()}_%s")
        super().__init__(*args, **kwargs)


class ListFilter(forms.Form):
    """Which requests are shown."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all that wait")), *Request.State.choices, ("all", _("all there are"))],
    )
    category = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[*_ANY, *Category.choices]
    )
    urgency = forms.ChoiceField(
        label=_("Urgency"), required=False, choices=[*_ANY, *Urgency.choices]
    )
    code = forms.CharField(label=_("Number"), required=False, max_length=16)
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)
    own = forms.BooleanField(label=_("Mine to the end"), required=False)
    below = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    unit = forms.UUIDField(required=False, widget=forms.HiddenInput)


class RequestForm(forms.Form):
    """What anybody who works here writes down."""

    words = _words(_("What is the matter"))
    category = forms.ChoiceField(
        label=_("Kind"), choices=Category.choices, initial=Category.PROBLEM
    )
    urgency = forms.ChoiceField(
        label=_("Urgency"), choices=Urgency.choices, initial=Urgency.ORDINARY
    )
    area = forms.ChoiceField(label=_("Where"))
    place = forms.CharField(label=_("Exactly where"), max_length=120, required=False)
    phone = forms.CharField(
        label=_("Number to call back"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    request_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, areas: Iterable[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [(one.path, one.name) for one in areas]  # type: ignore[attr-defined]


class HelpForm(OnOnePage):
    """What a caller needs."""

    words = _words(_("What the caller needs"))
    category = forms.ChoiceField(
        label=_("Kind"),
        choices=[one for one in Category.choices if one[0] != Category.EMERGENCY],
        initial=Category.SUPPLIES,
    )
    urgency = forms.ChoiceField(
        label=_("Urgency"), choices=Urgency.choices, initial=Urgency.ORDINARY
    )
    area = forms.ChoiceField(label=_("Where"), required=False)
    place = forms.CharField(label=_("Exactly where"), max_length=120, required=False)
    people = forms.MultipleChoiceField(
        label=_("Whom it concerns"), required=False, widget=forms.CheckboxSelectMultiple
    )
    request_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        areas: Iterable[tuple[str, str]],
        people: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = list(areas)  # type: ignore[attr-defined]
        if people:
            self.fields["people"].choices = list(people)  # type: ignore[attr-defined]
        else:
            del self.fields["people"]


class EmergencyForm(OnOnePage):
    what = forms.ChoiceField(
        label=_("What it is"), choices=WHAT, widget=forms.RadioSelect, initial="life_threatening"
    )
    words = _words(_("What the caller says"), rows=2, required=False)
    area = forms.ChoiceField(label=_("Where"), required=False)
    place = forms.CharField(label=_("Exactly where"), max_length=120, required=False)

    def __init__(self, *args: Any, areas: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = list(areas)  # type: ignore[attr-defined]


class OwnWordsForm(OnOnePage):
    words = _words(_("What you answered, in your own words"), rows=2)


class AbuseForm(OnOnePage):
    words = _words(_("What was said"), rows=2)


class DeclareForm(OnOnePage, StaysForm):
    """A declaration that an operator takes down."""

    campaign = forms.ChoiceField(label=_("Which places are asked about"))
    name = forms.CharField(label=_("Name of the person"), max_length=60)
    identity = forms.CharField(
        label=_("Identity card number"),
        max_length=30,
        required=False,
        help_text=_("If it is not at hand, the number that calls is enough."),
    )

    def __init__(self, *args: Any, campaigns: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].choices = list(campaigns)  # type: ignore[attr-defined]
        self.order_fields(["campaign", "name", "identity"])


class ManualCallForm(OnOnePage):
    phone = forms.CharField(
        label=_("Number that calls"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
        help_text=_("Leave it empty if the number is withheld."),
    )


class DispatchForm(OnOnePage):
    lead = forms.ChoiceField(label=_("Unit that leads"))
    helpers = forms.MultipleChoiceField(
        label=_("Units that help"), required=False, widget=forms.SelectMultiple(attrs={"size": 4})
    )

    def __init__(self, *args: Any, units: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(unit), name) for unit, name in units]
        self.fields["lead"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
        self.fields["helpers"].choices = choices  # type: ignore[attr-defined]


class AnswerForm(OnOnePage):
    answer = _words(_("What was done, or the answer"))


class NoteForm(OnOnePage):
    words = _words(_("Note"), rows=2)


class ContactForm(OnOnePage):
    words = _words(_("What you spoke about"), rows=2, required=False)


class ReasonForm(OnOnePage):
    reason = _words(_("Why"), rows=2)


class UrgencyForm(OnOnePage):
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices)


class ExtensionForm(OnOnePage):
    until = forms.DateTimeField(label=_("Until"), widget=_MOMENT)
    reason = _words(_("Why"), rows=2)

    def __init__(self, *args: Any, due: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if due is not None:
            self.fields["until"].initial = due


class CallBackForm(OnOnePage):
    outcome = forms.ChoiceField(
        label=_("What the caller says"),
        widget=forms.RadioSelect,
        choices=[
            ("solved", _("it is solved")),
            ("again", _("it is not solved: open it again")),
            ("not_solved", _("it cannot be solved, and the caller knows why")),
            ("not_reached", _("nobody answered")),
        ],
    )
    score = forms.TypedChoiceField(
        label=_("Score"), choices=_SCORES, coerce=int, empty_value=None, required=False
    )
    words = _words(_("In the caller's words"), rows=2, required=False)


class AnswerEditForm(forms.Form):
    category = forms.ChoiceField(label=_("Kind"), choices=Category.choices)
    question = forms.CharField(label=_("Question asked"), max_length=200)
    answer = forms.CharField(
        label=_("Answer"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    question_en = forms.CharField(label=_("Question in English"), max_length=200, required=False)
    answer_en = forms.CharField(
        label=_("Answer in English"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    keywords = forms.CharField(label=_("Other words people use"), max_length=200, required=False)
    source = forms.CharField(label=_("Where this is said"), max_length=200, required=False)


class CityListForm(forms.Form):
    file = forms.FileField(
        label=_("List of the city hotline"),
        help_text=_("Excel (.xlsx) or CSV, with the city's number and what is asked."),
    )


class LinesForm(OnOnePage):
    first = forms.IntegerField(label=_("First line"), min_value=1, max_value=9999, initial=1)
    how_many = forms.IntegerField(label=_("How many lines"), min_value=1, max_value=200, initial=12)


class ExchangeForm(OnOnePage):
    name = forms.CharField(label=_("Name of the telephone system"), max_length=80)


class WhistleForm(forms.Form):
    wants = forms.ChoiceField(
        label=_("What is needed"),
        choices=Whistle.For.choices,
        widget=forms.RadioSelect,
        initial=Whistle.For.PEOPLE,
    )
    people = forms.IntegerField(
        label=_("How many people"), min_value=0, max_value=999, required=False, initial=5
    )
    words = forms.CharField(
        label=_("What they are needed for"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    area = forms.ChoiceField(label=_("Where"))
    place = forms.CharField(label=_("Exactly where"), max_length=120, required=False)
    units = forms.MultipleChoiceField(
        label=_("Units called"), widget=forms.SelectMultiple(attrs={"size": 8})
    )

    def __init__(
        self,
        *args: Any,
        areas: Iterable[Area],
        units: Iterable[tuple[UUID, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [(one.path, one.name) for one in areas]  # type: ignore[attr-defined]
        self.fields["units"].choices = [(str(unit), name) for unit, name in units]  # type: ignore[attr-defined]


class ComingForm(OnOnePage):
    says = forms.ChoiceField(
        label=_("What the unit says"),
        choices=[
            ("coming", pgettext_lazy("whistle", "we come")),
            ("cannot", pgettext_lazy("whistle", "we cannot")),
        ],
        widget=forms.RadioSelect,
        initial="coming",
    )
    people = forms.IntegerField(
        label=_("How many people"), min_value=0, max_value=999, required=False
    )
    reason = forms.CharField(label=_("Why not"), max_length=300, required=False)


class MoreUnitsForm(OnOnePage):
    units = forms.MultipleChoiceField(
        label=_("Units called"), widget=forms.SelectMultiple(attrs={"size": 6})
    )

    def __init__(self, *args: Any, units: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].choices = [(str(unit), name) for unit, name in units]  # type: ignore[attr-defined]


class ScoresForm(OnOnePage):
    """One score, and words, for each unit that came."""

    def __init__(self, *args: Any, came: Sequence[Response], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.came = came
        for one in came:
            self.fields[f"score_{one.unit_id.hex}"] = forms.TypedChoiceField(
                label=_t("Score of %(unit)s") % {"unit": one.unit.name},
                choices=_SCORES,
                coerce=int,
            )
            self.fields[f"words_{one.unit_id.hex}"] = forms.CharField(
                label=_t("In a few words"), max_length=300, required=False
            )

    @property
    def scores(self) -> dict[UUID, tuple[int, str]]:
        said = self.cleaned_data
        return {
            one.unit_id: (said[f"score_{one.unit_id.hex}"], said[f"words_{one.unit_id.hex}"])
            for one in self.came
        }
