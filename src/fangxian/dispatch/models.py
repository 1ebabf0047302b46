"""The only to-do list."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Task(models.Model):
    """Something that somebody must do somewhere by some time.

    duty       whoever has it at this place may take the task; `owner` has taken it
    about_id   the thing it is about; `facts` holds codes and numbers for its sentence, never names
    level      who must see to it by now: 0 grid, 1 community, 2 subdistrict, 3 district
    note       proof of doing
    refusal    why it last came back, said by `refused_by`
    """

    Kind = TaskKind

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("task", "open")
        TAKEN = "taken", pgettext_lazy("task", "taken")
        DONE = "done", pgettext_lazy("task", "done")
        CANCELLED = "cancelled", _("no longer needed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    duty = models.CharField(max_length=30, choices=Duty.choices)
    area_path = AreaPathField()
    about_id = models.UUIDField()
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="tasks"
    )
    because_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    refusal = models.CharField(max_length=500, blank=True)
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        indexes: ClassVar = [
            # What is to be done here, first what is due first?
            models.Index(
                name="task_pending_here",
                fields=["area_path", "due_at"],
                condition=Q(state__in=["open", "taken"]),
            ),
            models.Index(
                name="task_pending_by_time",
                fields=["due_at", "id"],
                condition=Q(state__in=["open", "taken"]),
            ),
            models.Index(name="task_about", fields=["about_id"]),
            models.Index(name="task_of_owner", fields=["owner", "due_at"]),
            # What may somebody with these duties take?
            models.Index(
                name="task_open_for_duty",
                fields=["duty", "due_at", "id"],
                condition=Q(state="open"),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="task_taken_has_an_owner",
                condition=~Q(state="taken") | Q(owner__isnull=False, taken_at__isnull=False),
            ),
            models.CheckConstraint(
                name="task_open_has_no_owner", condition=~Q(state="open") | Q(owner=None)
            ),
            models.CheckConstraint(
                name="task_closed_has_a_time",
                condition=Q(state__in=["open", "taken"], closed_at=None)
                | Q(state__in=["done", "cancelled"], closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="task_refused_says_why", condition=Q(refused_by=None) | ~Q(refusal="")
            ),
            models.UniqueConstraint(
                name="task_is_pending_once",
                fields=["about_id", "kind", "area_path"],
                condition=Q(state__in=["open", "taken"]),
            ),
            models.CheckConstraint(
                name="task_escalates_to_the_district_at_most", condition=Q(level__lte=3)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about_id}"
