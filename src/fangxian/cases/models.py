"""Judgement: cases, where they had been, and whom they met."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel import ids
from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import new_id


class Case(models.Model):
    """An infected person. `code("C", number)` is what people call it.

    infectious_from, infectious_until   the window in which contacts are looked for, by the pack
    isolated_at                         since when the case is kept apart from others
    traced_at                           when contacts were last looked for
    """

    class Classification(models.TextChoices):
        SUSPECTED = "suspected", _("suspected case")
        CONFIRMED = "confirmed", _("confirmed case")
        ASYMPTOMATIC = "asymptomatic", _("asymptomatic infected person")

    class FoundBy(models.TextChoices):
        SCREENING = "screening", _("mass testing")
        CONTACT = "contact", _("contact under management")
        CLINIC = "clinic", _("medical care")
        CHECKPOINT = "checkpoint", _("checkpoint")

    class State(models.TextChoices):
        OPEN = "open", _("under investigation")
        CLOSED = "closed", _("closed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    classification = models.CharField(max_length=12, choices=Classification.choices)
    found_by = models.CharField(max_length=10, choices=FoundBy.choices)
    under_control = models.BooleanField()  # found among people already restricted
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    onset_on = models.DateField(null=True)
    specimen_at = models.DateTimeField()
    isolated_at = models.DateTimeField()
    infectious_from = models.DateTimeField()
    infectious_until = models.DateTimeField()
    pack = models.CharField(max_length=40)
    because_id = models.UUIDField(null=True)
    reported_at = models.DateTimeField(default=now)
    traced_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="case_lately", fields=["reported_at", "id"]),
            models.Index(name="case_here", fields=["area_path", "reported_at"]),
            models.Index(name="case_of_resident", fields=["resident", "-reported_at"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="case_is_open_once_a_person", fields=["resident"], condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="case_window_does_not_end_before_it_begins",
                condition=Q(infectious_until__gte=F("infectious_from")),
            ),
            models.CheckConstraint(
                name="case_without_symptoms_has_no_onset",
                condition=~Q(classification="asymptomatic") | Q(onset_on=None),
            ),
            models.CheckConstraint(
                name="case_that_is_over_has_a_time",
                condition=Q(state="open", closed_at=None)
                | Q(state__in=["closed", "withdrawn"], closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="case_is_reported_after_its_specimen",
                condition=Q(reported_at__gte=F("specimen_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return ids.code("C", self.number)

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class Visit(models.Model):
    """Somebody was somewhere. Compact, for there are millions: numbers, not ids.

    person   `Resident.number`
    place    `Site.number`
    """

    class Source(models.TextChoices):
        ATTENDED = "attended", _("attended scan")
        ROTATING = "rotating", _("rotating code")
        POSTER = "poster", _("poster code")
        INTERVIEW = "interview", _("interview")

    id = models.BigAutoField(primary_key=True)
    person = models.IntegerField()
    place = models.IntegerField()
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source.choices)

    class Meta:
        indexes: ClassVar = [
            # Who else was here then? Answered by the index alone.
            models.Index(
                name="visit_of_place",
                fields=["place", "start_at"],
                include=["end_at", "person", "source"],
            ),
        ]
        constraints: ClassVar = [
            # Where had this person been? Answered by the index alone; and a visit that is sent
            # twice is one visit.
            models.UniqueConstraint(
                name="visit_begins_once",
                fields=["person", "start_at", "place"],
                include=["end_at", "source"],
            ),
            models.CheckConstraint(
                name="visit_ends_after_it_began", condition=Q(end_at__gte=F("start_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} @ {self.place}"


class LongestVisit(models.Model):
    """How long the longest visit of a place lasted: how far back its index must be read."""

    place = models.IntegerField(primary_key=True)
    minutes = models.IntegerField()

    class Meta:
        indexes: ClassVar = [
            # How far back must a person's visits be read?
            models.Index(name="longest_visit_anywhere", fields=["-minutes"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="longest_visit_is_not_negative", condition=Q(minutes__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.minutes} min"


class Division(models.Model):
    """How a place is divided: the kind of vehicle, or into rooms. Most places are one room."""

    class Layout(models.TextChoices):
        PLANE = "plane", _("plane")
        TRAIN_CARRIAGE = "train_carriage", _("sealed train, seats or hard sleeper")
        TRAIN_COMPARTMENT = "train_compartment", _("sealed train, soft sleeper")
        TRAIN_OPEN = "train_open", _("train that is not sealed")
        COACH_SEALED = "coach_sealed", _("sealed coach")
        COACH_VENTILATED = "coach_ventilated", _("ventilated coach")
        SHIP = "ship", _("ship")
        ROOMS = "rooms", _("house with rooms")

    place = models.IntegerField(primary_key=True)  # Site.number
    layout = models.CharField(max_length=20, choices=Layout.choices)

    def __str__(self) -> str:
        return f"{self.place} {self.layout}"


class Seat(models.Model):
    """Where in a divided place somebody was: on that ride, or in that house.

    room   carriage, compartment, cabin or room; row: of seats, or bay of a train
    """

    person = models.IntegerField()  # Resident.number
    place = models.IntegerField()  # Site.number
    room = models.CharField(max_length=20, blank=True)
    row = models.SmallIntegerField(null=True)
    crew = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(name="seat_of_person", fields=["person"])]
        constraints: ClassVar = [
            models.UniqueConstraint(name="seat_is_one_a_person", fields=["place", "person"]),
            models.CheckConstraint(name="seat_row_counts_from_one", condition=Q(row__gte=1)),
            models.CheckConstraint(
                name="seat_says_something",
                condition=~Q(room="") | Q(row__isnull=False) | Q(crew=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} @ {self.place}: {self.room} {self.row}"


class Sweep(models.Model):
    """All open cases against all visits, in the background.

    what, on     the step at work and its day; done of steps
    figures      what was read and found, as `engines.tracing.sweep.Figures`
    reason       why it stopped, as a code of the engine
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("kernel.Account", models.PROTECT, related_name="+")
    area_path = AreaPathField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    engine = models.CharField(max_length=10)
    what = models.CharField(max_length=12, blank=True)
    on = models.CharField(max_length=10, blank=True)
    done = models.IntegerField(default=0)
    steps = models.IntegerField(default=0)
    figures = models.JSONField(default=dict)
    proposed = models.IntegerField(default=0)
    reason = models.CharField(max_length=20, blank=True)
    said = models.CharField(max_length=400, blank=True)
    asked_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="sweep_lately", fields=["-asked_at", "-id"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="sweep_is_one_at_a_time",
                fields=["area_path"],
                condition=Q(state__in=["waiting", "running"]),
            ),
            models.CheckConstraint(
                name="sweep_that_ended_has_a_time",
                condition=Q(state__in=["waiting", "running"], ended_at=None)
                | Q(state__in=["done", "stopped"], ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def percent(self) -> int:
        return self.done * 100 // self.steps if self.steps else 0


class SweepArea(models.Model):
    """A risk area laid beside a sweep: whoever was there meanwhile is found too.

    number   within its sweep, as the engine knows it
    weight   what the engine calls its level: 1 low, 2 medium, 3 high
    """

    sweep = models.ForeignKey(Sweep, models.PROTECT, related_name="areas")
    number = models.PositiveSmallIntegerField()
    risk_area = models.UUIDField()
    name = models.CharField(max_length=120)
    level = models.CharField(max_length=12)
    weight = models.PositiveSmallIntegerField()
    places = ArrayField(AreaPathField())
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="sweep_area_is_once", fields=["sweep", "number"]),
            models.CheckConstraint(
                name="sweep_area_ends_after_it_began", condition=Q(until__gte=F("since"))
            ),
            models.CheckConstraint(
                name="sweep_area_is_of_a_known_weight", condition=Q(weight__in=[1, 2, 3])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.level}"


class Swept(models.Model):
    """What a sweep says of one person: a proposal. It restricts nobody and colours nobody's code.

    Rows are in order: the weightiest first, and of those the latest.

    person     `Resident.number`
    standing   as `engines.tracing.sweep.Standing`
    last_at    of what gives the standing
    reasons    how many things were found
    """

    sweep = models.ForeignKey(Sweep, models.PROTECT, related_name="+")
    person = models.IntegerField()
    standing = models.PositiveSmallIntegerField()
    last_at = models.DateTimeField()
    reasons = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="swept_person_is_once", fields=["sweep", "person"]),
            models.CheckConstraint(name="swept_person_has_a_reason", condition=Q(reasons__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.standing}"


class Exposure(models.Model):
    """Somebody was in a risk area while it was one, as a sweep found.

    minutes   of all visits there, counted each by itself
    """

    sweep = models.ForeignKey(Sweep, models.PROTECT, related_name="+")
    area = models.ForeignKey(SweepArea, models.PROTECT, related_name="+")
    person = models.IntegerField()
    visits = models.IntegerField()
    minutes = models.IntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="exposure_is_once", fields=["sweep", "person", "area"]),
            models.CheckConstraint(
                name="exposure_is_of_a_visit", condition=Q(visits__gte=1, minutes__gte=0)
            ),
            models.CheckConstraint(
                name="exposure_ends_after_it_began", condition=Q(last_at__gte=F("first_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} @ {self.area_id}"


class Contact(models.Model):
    """Somebody who met a case in its window: proposed by rule, confirmed or discarded by a person.

    through    the close contact of whom this is a contact; null for contacts of the case
    minutes    dose: time together, overlapping meetings counted once
    place      `Site.number` of the longest meeting; null for the household
    evidence   `Visit.Source` of the less sure side of the surest meeting
    """

    class Kind(models.TextChoices):
        CLOSE = "close", _("close contact")
        SECONDARY = "secondary", _("contact of contact")
        GENERAL = "general", _("low-risk contact")

    class How(models.TextChoices):
        HOUSEHOLD = "household", _("same household")
        CO_PRESENCE = "co_presence", _("same place, same time")
        NAMED = "named", _("named in the interview")
        VEHICLE = "vehicle", _("same vehicle, nearby seat")
        ROOM = "room", _("same room")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        DISCARDED = "discarded", _("discarded")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="contacts")
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    how = models.CharField(max_length=12, choices=How.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    through = models.ForeignKey("self", models.PROTECT, null=True, related_name="led_to")
    place = models.IntegerField(null=True)
    evidence = models.CharField(max_length=10, blank=True)
    meetings = models.IntegerField(default=1)
    minutes = models.IntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    pack = models.CharField(max_length=40)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="contact_of_resident", fields=["resident", "-last_at"]),
            models.Index(name="contact_here", fields=["area_path", "found_at"]),
            # The contacts of a case by kind; how many of them are decided.
            models.Index(name="contact_of_case", fields=["case", "kind", "state", "id"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="contact_is_named_once_a_case", fields=["case", "resident"]
            ),
            models.CheckConstraint(
                name="contact_discarded_says_why", condition=~Q(state="discarded") | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="contact_decided_has_a_time",
                condition=Q(state="proposed", decided_at=None)
                | Q(state__in=["confirmed", "discarded"], decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="contact_last_is_not_before_first", condition=Q(last_at__gte=F("first_at"))
            ),
            models.CheckConstraint(
                name="contact_of_contact_says_through_whom",
                condition=~Q(kind="secondary", how="household") | Q(through__isnull=False),
            ),
            models.CheckConstraint(
                name="contact_dose_is_not_negative", condition=Q(minutes__gte=0, meetings__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.resident_id}"


class Stay(models.Model):
    """Where a case was, as it was said in the interview: the words, and what they can mean.

    from_said, until_said   word for word: "17:30", "大约中午", "?"
    …_earliest, …_latest    what the words mean (`partial.py`); null where nothing was said
    place_said              word for word; with a `site`, it is known in the tree
    source                  what it rests on: what was told, or the scan that the case confirmed
    visit                   `Visit.id` of the visit that was written for this stay, if one was
    """

    class Sure(models.TextChoices):
        SEEN = "seen", _("seen in a record")
        TOLD = "told", _("told")
        UNSURE = "unsure", _("unsure")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="stays")
    from_said = models.CharField(max_length=60, blank=True)
    from_earliest = models.DateTimeField(null=True)
    from_latest = models.DateTimeField(null=True)
    until_said = models.CharField(max_length=60, blank=True)
    until_earliest = models.DateTimeField(null=True)
    until_latest = models.DateTimeField(null=True)
    place_said = models.CharField(max_length=120)
    site = models.ForeignKey("areas.Site", models.PROTECT, null=True, related_name="+")
    sure = models.CharField(max_length=10, choices=Sure.choices, default=Sure.TOLD)
    source = models.CharField(
        max_length=10, choices=Visit.Source.choices, default=Visit.Source.INTERVIEW
    )
    visit = models.BigIntegerField(null=True)
    noted_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="stay_of_case", fields=["case", "from_earliest", "id"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="stay_says_where", condition=~Q(place_said="")),
            models.CheckConstraint(
                name="stay_begins_between_two_moments",
                condition=Q(from_earliest=None)
                | Q(from_latest=None)
                | Q(from_latest__gte=F("from_earliest")),
            ),
            models.CheckConstraint(
                name="stay_ends_between_two_moments",
                condition=Q(until_earliest=None)
                | Q(until_latest=None)
                | Q(until_latest__gte=F("until_earliest")),
            ),
            models.CheckConstraint(
                name="stay_does_not_end_before_it_begins",
                condition=Q(from_earliest=None)
                | Q(until_latest=None)
                | Q(until_latest__gte=F("from_earliest")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_said} {self.place_said}"


class Companion(models.Model):
    """A name that was said of somebody who was there too, and the contact that came of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stay = models.ForeignKey(Stay, models.PROTECT, related_name="with_whom")
    rank = models.SmallIntegerField()  # in the order in which they were said
    name = EncryptedField(kind="name")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["rank"]

    def __str__(self) -> str:
        return str(self.name)
