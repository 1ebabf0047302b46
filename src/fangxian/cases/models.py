"""Judgement: cases, where they had been, and whom they met."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Case(models.Model):
    """An infected person. `code("C", number)` is what people call it.

    infectious_from, infectious_until   the window in which contacts are looked for, by the pack
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
    infectious_from = models.DateTimeField()
    infectious_until = models.DateTimeField()
    pack = models.CharField(max_length=40)
    because_id = models.UUIDField(null=True)
    reported_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="case_lately", fields=["reported_at", "id"]),
            models.Index(name="case_here", fields=["area_path", "reported_at"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="case_is_open_once_a_person", fields=["resident"], condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="case_window_has_a_length",
                condition=Q(infectious_until__gt=F("infectious_from")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


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
            # Who else was here then? Where had this person been? Both answered by the index alone.
            models.Index(
                name="visit_of_place", fields=["place", "start_at"], include=["end_at", "person"]
            ),
            models.Index(
                name="visit_of_person",
                fields=["person", "start_at"],
                include=["end_at", "place", "source"],
            ),
        ]
        constraints: ClassVar = [
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

    def __str__(self) -> str:
        return f"{self.place}: {self.minutes} min"


class Contact(models.Model):
    """Somebody who met a case in its window: proposed by rule, confirmed or discarded by a person.

    minutes   dose: time together, summed over meetings
    place     `Site.number` of the longest meeting; null for the household
    """

    class Kind(models.TextChoices):
        CLOSE = "close", _("close contact")
        SECONDARY = "secondary", _("contact of contact")
        GENERAL = "general", _("low-risk contact")

    class How(models.TextChoices):
        HOUSEHOLD = "household", _("same household")
        CO_PRESENCE = "co_presence", _("same place, same time")
        NAMED = "named", _("named in the interview")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        DISCARDED = "discarded", _("discarded")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="contacts")
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    how = models.CharField(max_length=12, choices=How.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    place = models.IntegerField(null=True)
    evidence = models.CharField(max_length=10, blank=True)  # Visit.Source of the stronger scan
    meetings = models.IntegerField(default=1)
    minutes = models.IntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="contact_of_resident", fields=["resident", "-last_at"]),
            models.Index(name="contact_here", fields=["area_path", "found_at"]),
            models.Index(name="contact_of_case", fields=["case", "state", "id"]),
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
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.resident_id}"
