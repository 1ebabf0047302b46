"""The way to care and back, from the call to the door; treatments ahead; who is looked in on."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import code, new_id


class What(models.TextChoices):
    """What somebody is to be brought to care for; the first is the most urgent."""

    LIFE_THREATENING = "life_threatening", _("life-threatening")
    LABOUR = "labour", _("labour")
    OTHER_CARE = "other_care", _("other care")
    REGULAR_TREATMENT = "regular_treatment", _("regular treatment")
    NOT_URGENT = "not_urgent", _("not urgent")


class Channel(models.TextChoices):
    PAGE = "page", _("page")
    PHONE = "phone", pgettext_lazy("channel", "phone app")
    HOTLINE = "hotline", _("hotline")
    GATE = "gate", pgettext_lazy("channel", "gate")
    GRID = "grid", _("grid worker")
    COLLEAGUE = "colleague", _("colleague")
    CITY_HOTLINE = "city_hotline", _("city hotline")
    RESIDENT = "resident", pgettext_lazy("channel", "resident's page")
    MONITORING = "monitoring", _("daily monitoring")
    VISIT = "visit", pgettext_lazy("channel", "visit")
    BOOKED = "booked", pgettext_lazy("channel", "booked")
    OTHER = "other", pgettext_lazy("channel", "other")


class Means(models.TextChoices):
    AMBULANCE = "ambulance", _("ambulance (120)")
    STREET_CAR = "street_car", _("car of the street")
    OWN_CAR = "own_car", _("own car")
    COMMUNITY_MEDIC = "community_medic", _("a medic comes")


MOVES = (Means.AMBULANCE, Means.STREET_CAR, Means.OWN_CAR)
"""Means that bring a person anywhere."""


class Protection(models.TextChoices):
    LEVEL_1 = "level_1", _("level 1: mask, cap, gloves")
    LEVEL_2 = "level_2", _("level 2: suit, N95, face shield, gloves")


class Escort(models.TextChoices):
    NOBODY = "nobody", _("nobody")
    RELATIVE = "relative", _("a relative")
    MEDIC = "medic", _("a medic")
    COMMUNITY = "community", _("somebody of the community")


class Ward(models.TextChoices):
    """Wards that take people under restrictions, whatever their code."""

    DIALYSIS = "dialysis", _("dialysis")
    BIRTH = "birth", _("birth")
    TUMOUR = "tumour", _("tumour")
    INFANTS = "infants", _("infants")
    EMERGENCY = "emergency", _("emergency room")


class Hospital(models.Model):
    """A hospital that is paired with a subdistrict, and whom to call there.

    contact, phone   on duty for this subdistrict; an office's number, not a private one
    wards            that take people whatever their code
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    contact = models.CharField(max_length=40)
    phone = models.CharField(max_length=20)
    wards = ArrayField(models.CharField(max_length=12, choices=Ward.choices), default=list)
    first = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="hospital_is_paired_once",
                fields=["site", "area_path"],
                condition=Q(ended_at=None),
            ),
            models.UniqueConstraint(
                name="hospital_is_first_for_one_street_alone",
                fields=["area_path"],
                condition=Q(ended_at=None, first=True),
            ),
            models.CheckConstraint(
                name="hospital_pairing_names_whom_to_call",
                condition=~Q(contact="") & ~Q(phone=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.area_path}"


class Car(models.Model):
    """A car that a subdistrict keeps ready for journeys to care."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plate = models.CharField(max_length=12)
    area_path = AreaPathField()
    driver = models.CharField(max_length=40)
    phone = models.CharField(max_length=20)
    stretcher = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="car_is_kept_once", fields=["plate"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(name="car_has_a_plate", condition=~Q(plate="")),
        ]

    def __str__(self) -> str:
        return self.plate


class Series(models.Model):
    """Regular treatment of one person: on which days of the week, when, where, until when.

    weekdays   1 is Monday; empty: every `every_days` from the first day on
    at         local time at which the hospital expects the person
    """

    class Kind(models.TextChoices):
        DIALYSIS = "dialysis", _("dialysis")
        CANCER_TREATMENT = "cancer_treatment", _("radio- or chemotherapy")
        ANTENATAL = "antenatal", _("antenatal care")
        OTHER = "other", pgettext_lazy("treatment", "other treatment")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    kind = models.CharField(max_length=18, choices=Kind.choices)
    hospital = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list)
    every_days = models.PositiveSmallIntegerField(null=True)
    at = models.TimeField()
    first_day = models.DateField()
    last_day = models.DateField()
    means = models.CharField(max_length=16, choices=Means.choices, default=Means.STREET_CAR)
    escort = models.CharField(max_length=10, choices=Escort.choices, default=Escort.NOBODY)
    booked_by = models.UUIDField()
    booked_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="series_going_on", fields=["area_path", "id"], condition=Q(ended_at=None)
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="series_of_a_kind_is_booked_once",
                fields=["resident", "kind"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="series_ends_after_it_began", condition=Q(last_day__gte=F("first_day"))
            ),
            models.CheckConstraint(
                name="series_says_on_which_days",
                condition=Q(every_days=None) & ~Q(weekdays=[])
                | Q(weekdays=[], every_days__isnull=False, every_days__gte=1),
            ),
            models.CheckConstraint(
                name="series_is_driven", condition=Q(means__in=[str(one) for one in MOVES])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.resident_id}"


class CareTransfer(models.Model):
    """One person's way to care and back. There is no state "refused" and no verb that refuses.

    resident     None while nobody knows who it is
    said         what was said, where the words of `what` do not say it
    due_at       by when the next step is due; None: nothing is
    level        who must see to it by now, as with tasks
    suggested    what the rules proposed, and why; a person decided `means`
    shared_because   why two patients share a vehicle, where they do
    came_without_us  the person was on the way before anybody looked (let through at a gate)
    """

    class State(models.TextChoices):
        REQUESTED = "requested", pgettext_lazy("care", "asked for")
        TRIAGED = "triaged", _("looked at")
        VEHICLE_ASSIGNED = "vehicle_assigned", _("vehicle named")
        DEPARTED = "departed", _("on the way")
        HANDED_OVER = "handed_over", _("handed over")
        RETURNING = "returning", _("on the way back")
        DONE = "done", _("closed loop complete")

    class Outcome(models.TextChoices):
        HOME = "home", _("back home")
        STAYS = "stays", _("stays in hospital")
        TREATED = "treated", _("treated where they were")
        NOT_WANTED = "not_wanted", _("no longer wanted by the person")
        DIED = "died", _("died")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    resident = models.ForeignKey("people.Resident", models.PROTECT, null=True, related_name="+")
    area_path = AreaPathField()
    what = models.CharField(max_length=18, choices=What.choices)
    said = EncryptedField(kind="said", null=True)
    by_phone = EncryptedField(kind="phone", null=True)
    channel = models.CharField(max_length=14, choices=Channel.choices)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=now)
    pack = models.CharField(max_length=40, blank=True)
    series = models.ForeignKey(Series, models.PROTECT, null=True, related_name="rides")
    wanted_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=18, choices=State.choices, default=State.REQUESTED)
    due_at = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    climbed_at = models.DateTimeField(null=True)
    suggested = models.CharField(max_length=16, choices=Means.choices, blank=True)
    means = models.CharField(max_length=16, choices=Means.choices, blank=True)
    no_ambulance_at = models.DateTimeField(null=True)
    hospital = models.ForeignKey("areas.Site", models.PROTECT, null=True, related_name="+")
    turned_away = models.PositiveSmallIntegerField(default=0)
    vehicle = models.CharField(max_length=12, blank=True)
    driver_phone = models.CharField(max_length=20, blank=True)
    shared_because = models.CharField(max_length=200, blank=True)
    protection = models.CharField(max_length=8, choices=Protection.choices, blank=True)
    escort = models.CharField(max_length=10, choices=Escort.choices, blank=True)
    exit = models.ForeignKey("measures.EmergencyExit", models.PROTECT, null=True, related_name="+")
    came_without_us = models.BooleanField(default=False)
    triaged_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    departed_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    received_by = EncryptedField(kind="name", null=True)
    returning_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    disinfected_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)

    class Meta:
        indexes: ClassVar = [
            # What is under way here?
            models.Index(
                name="care_transfer_under_way",
                fields=["area_path", "due_at"],
                condition=~Q(state="done"),
            ),
            # Which step is overdue anywhere?
            models.Index(
                name="care_transfer_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            models.Index(name="care_transfer_here", fields=["area_path", "asked_at"]),
            models.Index(name="care_transfer_of_resident", fields=["resident", "-asked_at"]),
            models.Index(name="care_transfer_of_exit", fields=["exit"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="care_transfer_is_never_refused",
                condition=Q(
                    state__in=[
                        "requested",
                        "triaged",
                        "vehicle_assigned",
                        "departed",
                        "handed_over",
                        "returning",
                        "done",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="care_transfer_times_follow_its_state",
                condition=Q(state="requested", departed_at=None, handed_over_at=None, done_at=None)
                | Q(state="triaged", triaged_at__isnull=False, departed_at=None, done_at=None)
                | Q(
                    state="vehicle_assigned",
                    assigned_at__isnull=False,
                    departed_at=None,
                    done_at=None,
                )
                | Q(state="departed", departed_at__isnull=False, handed_over_at=None, done_at=None)
                | Q(
                    state="handed_over",
                    handed_over_at__isnull=False,
                    returning_at=None,
                    done_at=None,
                )
                | Q(state="returning", returning_at__isnull=False, done_at=None)
                | Q(state="done", done_at__isnull=False),
            ),
            models.CheckConstraint(
                name="care_transfer_ends_with_what_became_of_it",
                condition=(Q(state="done") & ~Q(outcome="")) | (~Q(state="done") & Q(outcome="")),
            ),
            models.CheckConstraint(
                name="care_transfer_is_looked_at_with_a_decision",
                condition=Q(state="requested") | Q(state="done") | ~Q(means=""),
            ),
            models.UniqueConstraint(
                name="vehicle_carries_one_patient",
                fields=["vehicle"],
                condition=Q(
                    state__in=["vehicle_assigned", "departed", "returning"], shared_because=""
                )
                & Q(wanted_at=None)
                & ~Q(vehicle=""),
            ),
            models.UniqueConstraint(
                name="treatment_is_driven_to_once", fields=["series", "wanted_at"]
            ),
            models.CheckConstraint(
                name="care_transfer_climbs_to_the_district_at_most", condition=Q(level__lte=3)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.number}"

    @property
    def code(self) -> str:
        return code("A", self.number)


class Step(models.Model):
    """One minute of a transfer's clock. Steps are added and never changed."""

    class Kind(models.TextChoices):
        ASKED = "asked", pgettext_lazy("care", "asked for")
        ASKED_AGAIN = "asked_again", _("asked for again")
        WORSENED = "worsened", _("more urgent than it was")
        LET_THROUGH = "let_through", _("on the way already: recorded as an emergency exit")
        IDENTIFIED = "identified", _("known who it is")
        TRIAGED = "triaged", _("looked at, and decided how")
        NO_AMBULANCE = "no_ambulance", _("120 cannot come: the street sends a car")
        ASSIGNED = "assigned", _("vehicle named")
        DEPARTED = "departed", _("left")
        TURNED_AWAY = "turned_away", _("a hospital did not take the person: taken to another")
        HANDED_OVER = "handed_over", _("handed over to the hospital, with a receipt")
        RETURNING = "returning", _("on the way back")
        DISINFECTED = "disinfected", _("vehicle disinfected")
        CLIMBED = "climbed", _("overdue: the next level sees it")
        MISSED = "missed", _("the ride is late")
        DONE = "done", _("closed loop complete")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transfer = models.ForeignKey(CareTransfer, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    at = models.DateTimeField(default=now)
    by_id = models.UUIDField()
    # What was added: a plate, a level, a word; what a person wrote is encrypted.
    detail = models.CharField(max_length=60, blank=True)
    note = EncryptedField(kind="said", null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="step_of_transfer", fields=["transfer", "at", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%H:%M}"


class Visit(models.Model):
    """Somebody with a special need is to be looked in on, on a day.

    need   that asks for it most often; the person may have others
    """

    class State(models.TextChoices):
        DUE = "due", pgettext_lazy("visit", "due")
        DONE = "done", pgettext_lazy("visit", "done")
        NOT_NEEDED = "not_needed", pgettext_lazy("visit", "not needed any more")

    class How(models.TextChoices):
        SEEN = "seen", _("seen in person")
        CALLED = "called", _("spoken to on the phone")
        NEIGHBOUR = "neighbour", _("somebody close to them was asked")

    class Found(models.TextChoices):
        WELL = "well", _("well, needs nothing")
        NEEDS_HELP = "needs_help", _("needs something")
        EMERGENCY = "emergency", _("an emergency")
        NOBODY = "nobody", _("nobody opened or answered")
        AWAY = "away", _("not here any more")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    need = models.CharField(max_length=18)
    day = models.DateField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    missed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    by_id = models.UUIDField(null=True)
    how = models.CharField(max_length=10, choices=How.choices, blank=True)
    found = models.CharField(max_length=10, choices=Found.choices, blank=True)
    note = EncryptedField(kind="said", null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="visit_due_here", fields=["area_path", "due_at"], condition=Q(state="due")
            ),
            models.Index(
                name="visit_missed_here",
                fields=["area_path", "day"],
                condition=Q(state="due", missed_at__isnull=False),
            ),
            models.Index(name="visit_of_resident", fields=["resident", "-day"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(name="visit_is_planned_once_a_day", fields=["resident", "day"]),
            models.CheckConstraint(
                name="visit_done_has_its_proof",
                condition=(
                    Q(state="done", done_at__isnull=False, by_id__isnull=False)
                    & ~Q(how="")
                    & ~Q(found="")
                )
                | (~Q(state="done") & Q(done_at=None, how="", found="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.resident_id}"
