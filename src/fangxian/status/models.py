"""What status codes showed. A colour is never entered: rows are made by derive.py alone."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Status(models.Model):
    """What somebody's code shows, from when to when. Whoever has no open row is green.

    grounds         the orders, risk areas and cases that it rests on, in order; never none
    look_again_at   when the first of them lapses
    because_id      the event after which it was derived; none where a ground had only lapsed
    """

    class Colour(models.TextChoices):
        YELLOW = "yellow", _("yellow code")
        RED = "red", _("red code")

    id = models.BigAutoField(primary_key=True)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    colour = models.CharField(max_length=6, choices=Colour.choices)
    grounds = ArrayField(models.UUIDField())
    pack = models.CharField(max_length=40)
    because_id = models.UUIDField(null=True)
    began_at = models.DateTimeField()
    look_again_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_because_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="status_here", fields=["area_path", "id"], condition=Q(ended_at=None)
            ),
            models.Index(
                name="status_to_look_at", fields=["look_again_at"], condition=Q(ended_at=None)
            ),
            models.Index(name="status_of_resident", fields=["resident", "-began_at"]),
            models.Index(name="status_lately", fields=["began_at", "id"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="status_is_one_a_person", fields=["resident"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="status_rests_on_evidence", condition=Q(grounds__len__gt=0)
            ),
            models.CheckConstraint(
                name="status_has_a_known_colour", condition=Q(colour__in=["yellow", "red"])
            ),
            models.CheckConstraint(
                name="status_ends_after_it_began",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.colour} {self.resident_id}"


class Objection(models.Model):
    """Somebody says that a risk area or a case does not concern this person.

    Against an order the objection goes to the order itself, which it may end.

    ground       the risk area or case that is said not to hold for this person
    first_by     who decided; where the pack wants two officers, `second_by` must agree
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits for a decision")
        WAITS_FOR_SECOND = "waits_for_second", _("waits for a second officer")
        UPHELD = "upheld", _("upheld: the evidence does not count for this person")
        REJECTED = "rejected", _("rejected")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    ground = models.UUIDField()
    text = models.TextField(max_length=2000)
    filed_by = models.UUIDField()
    filed_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    pack = models.CharField(max_length=40)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    reasons = models.TextField(max_length=2000, blank=True)
    first_by = models.UUIDField(null=True)
    second_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="status_objection_of", fields=["resident", "-filed_at"]),
            models.Index(
                name="status_objection_open",
                fields=["area_path", "due_at"],
                condition=Q(decided_at=None),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="status_objection_is_open_once_a_ground",
                fields=["resident", "ground"],
                condition=Q(decided_at=None),
            ),
            models.CheckConstraint(
                name="status_objection_decided_says_who_and_why",
                condition=Q(state="open", first_by=None, second_by=None, decided_at=None)
                | (
                    Q(state="waits_for_second", second_by=None, decided_at=None)
                    & Q(first_by__isnull=False)
                    & ~Q(reasons="")
                )
                | (
                    Q(state__in=["upheld", "rejected"])
                    & Q(first_by__isnull=False, decided_at__isnull=False)
                    & ~Q(reasons="")
                ),
            ),
            models.CheckConstraint(
                name="status_objection_is_decided_by_others",
                condition=~Q(first_by=F("filed_by"))
                & ~Q(second_by=F("filed_by"))
                & ~Q(second_by=F("first_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.state}"
