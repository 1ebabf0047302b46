"""What was deleted, when and by whose decision. The records hold numbers and digests only."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id


class RetentionRun(models.Model):
    """One run of the retention: how many rows of each kind went, and their digest.

    gone   {kind: [rows, digest]}
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(default=now)
    by_id = models.UUIDField()
    pack = models.CharField(max_length=40)
    gone = models.JSONField()

    class Meta:
        indexes: ClassVar = [models.Index(name="retention_run_lately", fields=["at", "id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"


class Destruction(models.Model):
    """The end of an incident: its data are destroyed when two officers have agreed.

    document   the record as signed: {"payload", "kid", "sig"}
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("waits for a second officer")
        REJECTED = "rejected", _("not agreed")
        DONE = "done", _("done")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    reason = models.CharField(max_length=200)
    proposed_by = models.UUIDField()
    proposed_at = models.DateTimeField(default=now)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    document = models.JSONField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="destruction_lately", fields=["proposed_at", "id"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="destruction_is_proposed_once",
                fields=["state"],
                condition=Q(state="proposed"),
            ),
            models.CheckConstraint(
                name="destruction_is_decided_by_a_second_officer",
                condition=Q(state="proposed", decided_by=None, decided_at=None)
                | (
                    Q(state__in=["rejected", "done"], decided_at__isnull=False)
                    & Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("proposed_by"))
                ),
            ),
            models.CheckConstraint(
                name="destruction_done_is_on_a_signed_record",
                condition=~Q(state="done") | Q(document__isnull=False),
            ),
            models.CheckConstraint(name="destruction_says_why", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.proposed_at:%Y-%m-%d}"
