"""Who answers for which place, and for which person."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Responsibility(models.Model):
    """A named person, or the branch they speak for, answers for a place or for one key person.

    resident    set when it is for one person (five to one), at whose home `area_path` is
    stands_in   for whom they act while that one is ill or away
    """

    class Role(models.TextChoices):
        BRANCH = "branch", _("branch for the community")
        GRID = "grid", _("grid head")
        GROUP = "group", _("group for the building")
        STAIRWELL = "stairwell", _("member for the stairwell")
        CADRE = "cadre", _("community cadre")
        GRID_WORKER = "grid_worker", _("grid worker")
        DOCTOR = "doctor", _("community doctor")
        POLICE = "police", _("police officer")
        VOLUNTEER = "volunteer", _("volunteer")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    role = models.CharField(max_length=11, choices=Role.choices)
    area_path = AreaPathField()
    resident = models.ForeignKey("people.Resident", models.PROTECT, null=True, related_name="+")
    member = models.ForeignKey("workforce.Member", models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        "workforce.Organisation", models.PROTECT, null=True, related_name="+"
    )
    stands_in = models.ForeignKey("self", models.PROTECT, null=True, related_name="stand_ins")
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="responsibility_here", fields=["area_path", "role"], condition=Q(until=None)
            ),
            models.Index(
                name="responsibility_of_member", fields=["member"], condition=Q(until=None)
            ),
            models.Index(
                name="responsibility_for_person",
                fields=["resident"],
                condition=Q(until=None, resident__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="responsibility_for_a_place_is_held_once",
                fields=["area_path", "role", "member"],
                condition=Q(until=None, resident=None),
            ),
            models.UniqueConstraint(
                name="responsibility_for_a_person_is_held_by_one_in_each_role",
                fields=["resident", "role"],
                condition=Q(until=None, resident__isnull=False, stands_in=None),
            ),
            models.CheckConstraint(
                name="responsibility_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
            models.CheckConstraint(
                name="responsibility_does_not_stand_in_for_itself",
                condition=Q(stands_in=None) | ~Q(stands_in=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.area_path}"


class KeyPerson(models.Model):
    """Somebody whom named people look after, one in each role: the five-to-one team.

    about_id   what made them one: an order; none if somebody said so
    """

    class Ground(models.TextChoices):
        ORDER = "order", _("stays at home under an order")
        NEED = "need", _("has a special need")
        SAID = "said", _("named by the community")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    ground = models.CharField(max_length=5, choices=Ground.choices)
    about_id = models.UUIDField(null=True)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="key_person_here", fields=["area_path", "id"], condition=Q(until=None)
            ),
            models.Index(
                name="key_person_because_of",
                fields=["about_id"],
                condition=Q(until=None, about_id__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="key_person_is_named_once_for_a_ground",
                fields=["resident", "ground"],
                condition=Q(until=None),
            ),
            models.CheckConstraint(
                name="key_person_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
            models.CheckConstraint(
                name="key_person_under_an_order_names_it",
                condition=~Q(ground="order") | Q(about_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ground} {self.resident_id}"
