"""The only to-do list."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Task(models.Model):
    """Something that somebody must do somewhere by some time.

    duty     whoever has it at this place may take the task; `owner` has taken it
    about    the thing it is about; `facts` holds codes and numbers for its sentence, never names
    level    how often it was escalated: 0 grid, 1 community, 2 subdistrict, 3 district
    """

    class Kind(models.TextChoices):
        RETEST_MEMBERS = "retest_members", _("Retest every member singly")
        INVESTIGATE_CASE = "investigate_case", _("Investigate the case")
        CONFIRM_CONTACTS = "confirm_contacts", _("Confirm or discard contacts")
        TRANSFER_PERSON = "transfer_person", _("Bring the person to quarantine")
        TRANSFER_PATIENT = "transfer_patient", _("Bring the patient to hospital")
        SERVE_ORDER = "serve_order", _("Serve the order")
        DELIVER_NOTICE = "deliver_notice", _("Bring the notice to every door")
        TEST_PERSON = "test_person", _("Take the sample that is due")
        DECIDE_RISK_AREA = "decide_risk_area", _("Decide on the risk area")
        DECIDE_RELEASE = "decide_release", _("Decide on the release")
        DECIDE_OBJECTION = "decide_objection", _("Decide on the objection")
        EMERGENCY_TRIP = "emergency_trip", _("Bring the person to care, now")
        CLEAR_EXIT = "clear_exit", _("Complete the record of the emergency exit")
        RESOLVE_RESULTS = "resolve_results", _("Resolve two laboratories' findings")
        COMPLETE_IDENTITY = "complete_identity", _("Find out the identity number")
        REPLACE_RESIDENTS = "replace_residents", _("Re-place residents of an ended community")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        TAKEN = "taken", _("taken")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
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
    note = models.CharField(max_length=500, blank=True)  # proof of doing, or why not

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
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="task_taken_has_an_owner",
                condition=~Q(state="taken") | Q(owner__isnull=False, taken_at__isnull=False),
            ),
            models.CheckConstraint(
                name="task_closed_has_a_time",
                condition=Q(state__in=["open", "taken"], closed_at=None)
                | Q(state__in=["done", "refused", "cancelled"], closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="task_refused_says_why", condition=~Q(state="refused") | ~Q(note="")
            ),
            models.CheckConstraint(
                name="task_escalates_to_the_district_at_most", condition=Q(level__lte=3)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about_id}"
