from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Area
from fangxian.kernel.models import Account
from fangxian.protocol.packs import Pack
from fangxian.screening import columns
from fangxian.screening.models import Attempt, Campaign, Channel, FollowUp, InboundList
from fangxian.screening.rules import Stay

_ANY = [("", _("all"))]
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
_ROWS_OF_STAYS = 3
LANGUAGE = "zh-hans"


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class CampaignForm(forms.Form):
    name = forms.CharField(label=_("Name of the campaign"), max_length=80)
    ground = forms.ChoiceField(
        label=_("Who is asked"), choices=Campaign.Ground.choices, widget=forms.RadioSelect
    )
    place_said = forms.CharField(
        label=_("Which place this is about"),
        max_length=80,
        help_text=_("As people know it: a city, a district, a market, a building."),
    )
    since = forms.DateField(
        label=_("Since which day"),
        widget=_day(),
        help_text=_("The look-back date of this outbreak. Nobody is asked about earlier days."),
    )
    area = forms.ChoiceField(label=_("Asked in"))
    building = forms.CharField(
        label=_("Building, for everybody who lives in a place"), max_length=80, required=False
    )
    channels = forms.MultipleChoiceField(
        label=_("How people are asked"),
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=["declaration", "phone", "visit"],
    )
    ends_at = forms.DateTimeField(label=_("Ends"), widget=_MOMENT)

    def __init__(self, *args: Any, areas: Sequence[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [(one.path, str(one)) for one in areas]  # type: ignore[attr-defined]


class ListForm(forms.Form):
    file = forms.FileField(
        label=_("List"),
        help_text=_("Excel (.xlsx) or CSV, with names and identity numbers or phones."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    sender = forms.CharField(
        label=_("Sender"),
        max_length=80,
        help_text=_("Always written alike: what the columns hold is remembered for the sender."),
    )
    sender_kind = forms.ChoiceField(label=_("Kind of sender"), choices=InboundList.Sender.choices)


class ColumnsForm(forms.Form):
    """One choice a heading; the keys are positions, for a heading may be anything."""

    def __init__(
        self, *args: Any, headings: Sequence[str], known: dict[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.headings = list(headings)
        choices = [("", gettext("nothing that is needed"))]
        choices += [(meaning, columns.label(meaning)) for meaning in columns.MEANINGS]
        for at, heading in enumerate(self.headings):
            self.fields[f"column_{at}"] = forms.ChoiceField(
                label=heading, choices=choices, required=False, initial=known.get(heading, "")
            )

    @property
    def said(self) -> dict[str, str]:
        given = [
            (word, self.cleaned_data.get(f"column_{at}", ""))
            for at, word in enumerate(self.headings)
        ]
        return {word: meaning for word, meaning in given if meaning}


class StaysForm(forms.Form):
    """Whether somebody was there, and if so where and when; lines that are left empty count not."""

    was_there = forms.TypedChoiceField(
        choices=[("yes", _("yes")), ("no", _("no"))],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
        empty_value=None,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for at in range(1, _ROWS_OF_STAYS + 1):
            self.fields[f"place_{at}"] = forms.CharField(
                label=gettext("Place"), max_length=columns.LONGEST_PLACE, required=False
            )
            self.fields[f"from_{at}"] = forms.DateField(
                label=gettext("First day"), widget=_day(), required=False
            )
            self.fields[f"until_{at}"] = forms.DateField(
                label=gettext("Last day"), widget=_day(), required=False
            )
            self.fields[f"how_{at}"] = forms.CharField(
                label=gettext("Train, flight or vehicle"), max_length=60, required=False
            )

    @property
    def lines(self) -> list[list[forms.BoundField]]:
        return [
            [self[f"{part}_{at}"] for part in ("place", "how", "from", "until")]
            for at in range(1, _ROWS_OF_STAYS + 1)
        ]

    @property
    def stays(self) -> list[Stay]:
        found: list[Stay] = self.cleaned_data.get("stays", [])
        return found

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        found = []
        for at in range(1, _ROWS_OF_STAYS + 1):
            place = (said.get(f"place_{at}") or "").strip()
            first, last = said.get(f"from_{at}"), said.get(f"until_{at}")
            if not place and not first and not last:
                continue
            if not place:
                self.add_error(f"place_{at}", gettext("Say which place."))
            day = first or last
            if day is None:
                self.add_error(
                    f"until_{at}", gettext("Say on which days, as well as you remember.")
                )
            elif place:
                how = said.get(f"how_{at}") or ""
                found.append(Stay(place, first or day, last or day, how))
        if said.get("was_there") is False:
            found = []
        elif said.get("was_there") and not found and not self.errors:
            self.add_error("place_1", gettext("Say where and on which days."))
        said["stays"] = found
        return said


class AttemptForm(StaysForm):
    channel = forms.ChoiceField(label=_("How"), choices=Channel.choices)
    outcome = forms.ChoiceField(label=_("What came of it"), choices=Attempt.Outcome.choices)
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, help_text=_("Write no person's name.")
    )

    field_order = ("channel", "outcome", "was_there")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["was_there"].required = False
        self.fields["was_there"].label = gettext("Was the person there?")

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if said.get("outcome") == Attempt.Outcome.REACHED and said.get("was_there") is None:
            self.add_error("was_there", gettext("Say what the person answered."))
        return said


class DeclarationForm(StaysForm):
    name = forms.CharField(label=_("Your name"), max_length=60)
    identity = forms.CharField(
        label=_("Identity card number"),
        max_length=30,
        required=False,
        help_text=_("Or a phone number below, if you have no card at hand."),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    home = forms.ChoiceField(label=_("Community you live in"), required=False)

    def __init__(self, *args: Any, homes: Sequence[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if homes:
            self.fields["home"].choices = [  # type: ignore[attr-defined]
                ("", gettext("I do not know")),
                *((one.path, str(one)) for one in homes),
            ]
        else:
            del self.fields["home"]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not said.get("identity") and not said.get("phone"):
            self.add_error("identity", gettext("Give the number of your card, or a phone number."))
        return said


class LedgerFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("State"), choices=[*_ANY, *FollowUp.State.choices], required=False
    )
    below = forms.CharField(required=False, widget=forms.HiddenInput)
    at_risk = forms.BooleanField(label=_("named as being at a place of risk"), required=False)
    overdue = forms.BooleanField(label=_("overdue"), required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            (str(one), one.label)
            for one in (
                FollowUp.CloseReason.NOT_FOUND,
                FollowUp.CloseReason.DEAD,
                FollowUp.CloseReason.MISTAKE,
            )
        ],
    )
    note = forms.CharField(
        label=_("How you know"), max_length=200, help_text=_("Write no person's name.")
    )


class HandOverForm(forms.Form):
    other = forms.CharField(label=_("To which district"), max_length=80)
    why = forms.CharField(label=_("Why"), max_length=200)


class TakeOverForm(forms.Form):
    """Another district asks for somebody."""

    other = forms.CharField(label=_("Which district asks"), max_length=80)
    why = forms.CharField(label=_("Why"), max_length=200)
    name = forms.CharField(label=_("Name"), max_length=60)
    identity = forms.CharField(label=_("Identity card number"), max_length=30, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False)
    place = forms.CharField(label=_("Was at"), max_length=120, required=False)
    from_day = forms.DateField(label=_("First day"), widget=_day(), required=False)
    until_day = forms.DateField(label=_("Last day"), widget=_day(), required=False)


class AnswerForm(forms.Form):
    receipt = forms.CharField(
        label=_("Number or name on the receipt"), max_length=80, required=False
    )
    refusal = forms.CharField(label=_("Or why it was refused"), max_length=200, required=False)


class AssignForm(forms.Form):
    to = forms.TypedChoiceField(label=_("Who sees to this person"))

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (str(one.id), f"{one.display_name} · {one.post}" if one.post else one.display_name)
            for one in accounts
        ]


class RiskForm(forms.Form):
    place = forms.CharField(
        label=_("Place"),
        max_length=120,
        help_text=_("Its steps with blanks between them, from the widest: 西安 雁塔 明德门"),
    )
    level = forms.ChoiceField(label=_("Level"))
    from_day = forms.DateField(label=_("From"), widget=_day())
    until_day = forms.DateField(label=_("Until"), widget=_day(), required=False)
    source = forms.CharField(label=_("Where that was published"), max_length=200)

    def __init__(self, *args: Any, pack: Pack, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [  # type: ignore[attr-defined]
            (zone.level, zone.title.text(language)) for zone in pack.levels
        ]


class SheetsForm(forms.Form):
    area_path = forms.ChoiceField(label=_("Doors of"))

    def __init__(self, *args: Any, areas: Sequence[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area_path"].choices = [(one.path, str(one)) for one in areas]  # type: ignore[attr-defined]
