from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fangxian.kernel import clock
from fangxian.kernel.clock import today
from fangxian.people.rules import (
    birth_date_of,
    identity_fault,
    is_name,
    is_phone,
    normal_identity,
    normal_phone,
)
from fangxian.workforce.models import (
    Commendation,
    Exemption,
    Member,
    Membership,
    Organisation,
    Skill,
    Wanted,
)

Places = Sequence[tuple[str, str]]
_ANY = [("", _("all"))]
_FILE = forms.FileInput(attrs={"accept": ".xlsx,.csv"})
_WEEK = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _place(*, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Place"), required=required)


class _AtAPlace(forms.Form):
    """A form of a place; the choices are what the actor may name."""

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        empty = [] if field.required else _ANY
        field.choices = [*empty, *places]  # type: ignore[attr-defined]


class PhoneField(forms.CharField):
    """A telephone number, as the register keeps it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"})
        super().__init__(max_length=30, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        said = normal_phone(super().clean(value))
        if said and not is_phone(said):
            raise forms.ValidationError(_t("This is no telephone number. Count the digits."))
        return said


class OrganisationsFilter(_AtAPlace):
    search = forms.CharField(
        label=_("Name of the organisation"), required=False, widget=forms.SearchInput()
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[*_ANY, *Organisation.Kind.choices], required=False
    )
    place = _place(required=False)


class OrganisationForm(_AtAPlace):
    kind = forms.ChoiceField(label=_("Kind"), choices=Organisation.Kind.choices)
    name = forms.CharField(label=_("Name of the organisation"), max_length=80)
    place = _place()
    parent = forms.TypedChoiceField(
        label=_("Belongs to"), coerce=UUID, empty_value=None, required=False
    )
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)
    contact = forms.CharField(
        label=_("Whom to ask for"),
        max_length=40,
        required=False,
        help_text=_("For partners whose people are no members: a manager, a shopkeeper."),
    )
    ends_on = forms.DateField(
        label=_("Last day"),
        widget=_day(),
        required=False,
        help_text=_("For a temporary one; it is dissolved after that day by itself."),
    )

    def __init__(self, *args: Any, parents: Iterable[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((str(one.id), one.name) for one in parents)]
        self.fields["parent"].choices = choices  # type: ignore[attr-defined]

    def clean_ends_on(self) -> datetime | None:
        """The end of that day."""
        last: date | None = self.cleaned_data.get("ends_on")
        if last is None:
            return None
        if last < today():
            raise forms.ValidationError(_t("This day is over."))
        midnight = datetime.combine(last, datetime.max.time().replace(microsecond=0))
        return timezone.make_aware(midnight)


class JoinForm(forms.Form):
    who = forms.CharField(
        label=_("Name or phone"), max_length=40, help_text=_("The whole name or the whole number.")
    )
    role = forms.ChoiceField(
        label=_("As"), choices=Membership.Role.choices, initial=Membership.Role.MEMBER
    )


class LiaisonForm(_AtAPlace):
    place = _place()


class WhyForm(forms.Form):
    why = forms.CharField(label=_("Why"), max_length=200)


class MembersFilter(_AtAPlace):
    search = forms.CharField(
        label=_("Name or phone, whole"), required=False, widget=forms.SearchInput()
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[*_ANY, *Member.Kind.choices], required=False)
    state = forms.ChoiceField(
        label=_("State"), choices=[*_ANY, *Member.State.choices], required=False
    )
    skill = forms.ChoiceField(
        label=_("Skill"), choices=[*_ANY, *Skill.Kind.choices], required=False
    )
    place = _place(required=False)


class MemberForm(_AtAPlace):
    name = forms.CharField(label=_("Name"), max_length=40)
    phone = PhoneField(label=_("Own phone"), required=False)
    duty_phone = forms.CharField(
        label=_("Duty phone"),
        max_length=30,
        required=False,
        help_text=_("Residents and colleagues see it."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Member.Kind.choices)
    unit = forms.TypedChoiceField(
        label=_("Home unit"), coerce=UUID, empty_value=None, required=False
    )
    place = _place()
    party_member = forms.BooleanField(label=_("Party member"), required=False)

    def __init__(self, *args: Any, units: Iterable[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((str(one.id), one.name) for one in units)]
        self.fields["unit"].choices = choices  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if not is_name(name):
            raise forms.ValidationError(_t("This is no name."))
        return name


class StateForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), choices=Member.State.choices)
    why = forms.CharField(label=_("Why"), max_length=200, required=False)


class SkillForm(forms.Form):
    kind = forms.ChoiceField(label=_("Skill"), choices=Skill.Kind.choices)
    proof = forms.CharField(
        label=_("What was shown"),
        max_length=80,
        required=False,
        help_text=_("Number or title of the certificate; empty if nothing was."),
    )
    valid_until = forms.DateField(label=_("Valid until"), widget=_day(), required=False)


class VaccinationForm(forms.Form):
    dose = forms.IntegerField(label=_("Dose"), min_value=1, max_value=9)
    given_on = forms.DateField(label=_("Given on"), widget=_day())
    product = forms.CharField(label=_("Product"), max_length=60, required=False)


class ExemptionForm(forms.Form):
    exempt_from = forms.ChoiceField(label=_("Exempt from"), choices=Exemption.From.choices)
    until = forms.DateField(
        label=_("Until"),
        widget=_day(),
        required=False,
        help_text=_("The reason is not written down."),
    )


class AbsenceForm(forms.Form):
    since = forms.DateField(label=_("First day"), widget=_day())
    until = forms.DateField(label=_("Last day"), widget=_day())
    why = forms.CharField(label=_("Why"), max_length=80, required=False)


class TrainingForm(forms.Form):
    course = forms.CharField(label=_("Course"), max_length=80)
    on = forms.DateField(label=_("Date"), widget=_day())
    skill = forms.ChoiceField(
        label=_("Proves"), choices=[("", "—"), *Skill.Kind.choices], required=False
    )


class CommendationForm(forms.Form):
    by = forms.ChoiceField(label=_("Thanked by"), choices=Commendation.By.choices)
    words = forms.CharField(label=_("For what"), max_length=200)
    on = forms.DateField(label=_("Date"), widget=_day())


class CertificateForm(forms.Form):
    since = forms.DateField(label=_("First day"), widget=_day())
    until = forms.DateField(label=_("Last day"), widget=_day())

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("since") and said.get("until") and said["until"] < said["since"]:
            self.add_error("until", _t("The last day lies before the first."))
        return said


class ListForm(_AtAPlace):
    """A list from Excel; `unit` for a list of check-ins."""

    file = forms.FileField(label=_("List"), widget=_FILE, help_text=_("Excel (.xlsx) or CSV."))
    place = _place()
    unit = forms.TypedChoiceField(label=_("Sent by"), coerce=UUID, empty_value=None, required=False)

    def __init__(self, *args: Any, units: Iterable[Organisation] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((str(one.id), one.name) for one in units)]
        self.fields["unit"].choices = choices  # type: ignore[attr-defined]
        if not units:
            del self.fields["unit"]


class NeedForm(_AtAPlace):
    place = _place()
    headcount = forms.IntegerField(label=_("Headcount"), min_value=1, max_value=9999)
    skill = forms.ChoiceField(
        label=_("Skill"), choices=[("", "—"), *Skill.Kind.choices], required=False
    )
    since = forms.DateField(label=_("First day"), widget=_day())
    until = forms.DateField(label=_("Last day"), widget=_day())
    why = forms.CharField(label=_("Why"), max_length=200)


class SendForm(forms.Form):
    """A unit, and those of its people who go."""

    unit = forms.TypedChoiceField(label=_("Which unit"), coerce=UUID)
    people = forms.IntegerField(
        label=_("How many"),
        min_value=1,
        help_text=_("Taken from the unit's people who are ready; those with the skill first."),
    )

    def __init__(
        self, *args: Any, units: Iterable[Organisation], missing: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(str(one.id), one.name) for one in units]  # type: ignore[attr-defined]
        self.fields["people"].initial = max(missing, 1)


class WantedForm(_AtAPlace):
    kind = forms.ChoiceField(label=_("Kind"), choices=Wanted.Kind.choices)
    words = forms.CharField(
        label=_("What is wanted"),
        max_length=200,
        help_text=_("Without names: everybody who works here reads it."),
    )
    place = _place()
    headcount = forms.IntegerField(label=_("Headcount"), min_value=1, max_value=999, initial=1)
    skill = forms.ChoiceField(
        label=_("Skill"), choices=[("", "—"), *Skill.Kind.choices], required=False
    )


class CheckInForm(_AtAPlace):
    """Where somebody reports: a community of this district, or a place elsewhere in words."""

    place = _place(required=False)
    elsewhere = forms.CharField(
        label=_("Or in another district or city"),
        max_length=120,
        required=False,
        help_text=_("City, district and street."),
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if bool(said.get("place")) == bool((said.get("elsewhere") or "").strip()):
            self.add_error(
                "place", _t("Choose the community, or write the place elsewhere; one of the two.")
            )
        return said


class PosterForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = PhoneField(label=_("Your telephone"))
    unit_elsewhere = forms.CharField(
        label=_("Your unit, if you come from another district"),
        max_length=80,
        required=False,
    )


class VolunteerForm(_AtAPlace):
    name = forms.CharField(
        label=_("Your name"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = PhoneField(label=_("Your telephone"))
    identity = forms.CharField(
        label=_("Identity number"),
        max_length=18,
        help_text=_("For your age and to compare with the register. The number is not kept."),
    )
    place = forms.ChoiceField(label=_("Community in which you live"))
    skills = forms.MultipleChoiceField(
        label=_("What you can do"),
        choices=Skill.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which days"),
        choices=_WEEK,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means any day."),
    )
    well = forms.BooleanField(
        label=_("I have no symptoms, stand under no order, and my code is green."), required=False
    )
    not_on_duty = forms.BooleanField(
        label=_("I am not public staff, community cadre or property staff, nor otherwise on duty."),
        required=False,
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if not is_name(name):
            raise forms.ValidationError(_t("This is no name."))
        return name

    def clean_identity(self) -> str:
        said = normal_identity(self.cleaned_data["identity"])
        made_up = clock.moved() or settings.MODE == "demo"
        if identity_fault(said, on=today(), synthetic=made_up) or birth_date_of(said) is None:
            raise forms.ValidationError(_t("This is no identity number. Count the digits."))
        return said
