import re
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ids import read_code
from fangxian.protocol.vocabulary import SYMPTOMS
from fangxian.quarantine.models import Check, DoorVisit, Reading, Wish, Zone

_MOST_ROOMS = 60


class ChecksForm(forms.Form):
    checks = forms.MultipleChoiceField(
        label=_("Seen to be so"),
        choices=Check.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick only what you have seen with your own eyes. All must hold to open."),
    )
    phone = forms.CharField(
        label=_("Telephone of the desk"),
        max_length=20,
        required=False,
        help_text=_("For the people who stay here, day and night."),
    )


class RoomsForm(forms.Form):
    """A row of rooms on one floor: 301 to 312."""

    floor = forms.IntegerField(label=_("Floor"), min_value=-5, max_value=200)
    first = forms.CharField(label=_("First room"), max_length=12, help_text=_("Such as 301."))
    how_many = forms.IntegerField(
        label=_("How many rooms"), min_value=1, max_value=_MOST_ROOMS, initial=1
    )
    beds = forms.IntegerField(label=_("Beds in each"), min_value=1, max_value=8, initial=1)
    zone = forms.ChoiceField(label=_("Zone"), choices=Zone.choices, initial=Zone.GUESTS)

    def names(self) -> list[str]:
        """The first name and those that follow: 301, 302, 303; A1, A2."""
        said = self.cleaned_data
        found = re.fullmatch(r"(.*?)(\d+)", said["first"].strip())
        if found is None or said["how_many"] == 1:
            return [said["first"].strip()]
        start, digits = found.group(1), found.group(2)
        return [
            f"{start}{int(digits) + number:0{len(digits)}d}" for number in range(said["how_many"])
        ]


class PlaceForm(forms.Form):
    """Whom the codes on the notices name, into one room."""

    orders = forms.CharField(
        label=_("Codes of the orders"),
        max_length=200,
        help_text=_("As they stand on the notices, such as O000012F. A family: all of them."),
    )
    room = forms.TypedChoiceField(label=_("Room"), coerce=UUID)
    knowing = forms.BooleanField(
        label=_("They were told that a new infection nearby may count their days anew"),
        required=False,
    )

    def __init__(self, *args: Any, rooms: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["room"].choices = rooms  # type: ignore[attr-defined]

    def clean_orders(self) -> list[int]:
        numbers = []
        for word in re.split(r"[\s,;，；、]+", self.cleaned_data["orders"].strip()):
            number = read_code("O", word)
            if number is None:
                raise forms.ValidationError(
                    _t("“%(word)s” is no code of an order. Compare it with the notice.")
                    % {"word": word}
                )
            numbers.append(number)
        return numbers


class MoveForm(forms.Form):
    room = forms.TypedChoiceField(label=_("Another room"), coerce=UUID)
    knowing = forms.BooleanField(
        label=_("They were told that a new infection nearby may count their days anew"),
        required=False,
    )

    def __init__(self, *args: Any, rooms: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["room"].choices = rooms  # type: ignore[attr-defined]


class _Temperature(forms.DecimalField):
    """36.5, 36,5 or 36。5: as fingers type it."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[,，。．]", ".", value.strip()).rstrip("°℃Cc ")
        return super().to_python(value)


class OwnReadingForm(forms.Form):
    temperature = _Temperature(
        label=_("Body temperature (°C)"),
        max_digits=5,
        decimal_places=2,
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "36.5"}
        ),
    )
    symptoms = forms.MultipleChoiceField(
        label=_("Do you feel any of this?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, symptoms: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["symptoms"].choices = [  # type: ignore[attr-defined]
            (word, SYMPTOMS.get(word, word)) for word in symptoms
        ]


class ReadingForm(OwnReadingForm):
    way = forms.ChoiceField(
        label=_("How it was taken"),
        choices=[choice for choice in Reading.Way.choices if choice[0] != Reading.Way.OWN],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["symptoms"].label = _("Symptoms")
        self.order_fields(["temperature", "way", "symptoms"])


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code on your notice"),
        max_length=20,
        help_text=_("It begins with W."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class WishForm(forms.Form):
    kind = forms.ChoiceField(label=_("What the person needs"), choices=Wish.Kind.choices)


class DoorForm(forms.Form):
    purpose = forms.ChoiceField(label=_("What was done"), choices=DoorVisit.Purpose.choices)
    found = forms.ChoiceField(label=_("The person"), choices=DoorVisit.Found.choices)
    door_opens = forms.BooleanField(
        label=_("I have seen that the door opens from the inside"),
        required=False,
        help_text=_("A paper seal or a sensor may tell of opening. Nothing may hinder it."),
    )
    names_nobody = forms.BooleanField(
        label=_("Nothing on the door tells a name or an illness"), required=False
    )


class DepartForm(forms.Form):
    vehicle = forms.CharField(
        label=_("Vehicle"),
        max_length=20,
        required=False,
        help_text=_("Its plate. Disinfected after every journey."),
    )


class DepartHomeForm(DepartForm):
    own_way = forms.BooleanField(label=_("They go home by themselves"), required=False)


class DecideForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("The people concerned can read it. Write nobody's name."),
    )
