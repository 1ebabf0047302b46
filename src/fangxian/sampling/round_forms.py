from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_of_level
from fangxian.kernel.access import Actor
from fangxian.sampling.planning import Resources

_HANDS = ("medics", "leads", "others", "opens", "closes")


class RoundForm(forms.Form):
    """What a round is planned from. `round_id` makes sending the form twice harmless."""

    round_id = forms.UUIDField(widget=forms.HiddenInput)
    area_path = forms.ChoiceField(label=_("Area"))
    name = forms.CharField(
        label=_("Name of the round"),
        max_length=60,
        required=False,
        help_text=_("Left empty: the day and which round it is."),
    )
    starts_at = forms.DateTimeField(
        label=_("Starts at"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
    )
    medics = forms.IntegerField(
        label=_("Medics"), min_value=0, help_text=_("Those who take swabs.")
    )
    leads = forms.IntegerField(label=_("Point leads"), min_value=0)
    others = forms.IntegerField(
        label=_("Other staff"),
        min_value=0,
        help_text=_("Registrars, marshals, packers, volunteers and everybody else mobilised."),
    )
    opens = forms.TimeField(
        label=_("Points open at"), widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    closes = forms.TimeField(
        label=_("Points close at"),
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        help_text=_("The same time twice: round the clock."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [
            area
            for level in (Area.Level.DISTRICT, Area.Level.SUBDISTRICT, Area.Level.COMMUNITY)
            for area in areas_of_level(actor, level)
        ]
        field = self.fields["area_path"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - said above
        field.choices = [(area.path, area.name) for area in places]

    @property
    def resources(self) -> Resources:
        return Resources(**{name: self.cleaned_data[name] for name in _HANDS})
