"""The only to-do list."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.dispatch.kinds import (
    DirectiveState,
    OwnerKind,
    Paper,
    Proof,
    ReceiptLevel,
    TaskKind,
    every_kind,
)
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import code, new_id


class Task(models.Model):
    """Something that somebody must do somewhere by some time.

    duty       whoever has it at this place may take the task; `owner` has taken it
    team,
    post       only who belongs to it may take it, until it is `offered` to whoever has the duty:
               from the beginning if it is for anybody, otherwise once it is late or came back
    about_id   the thing it is about; `facts` holds codes and numbers for its sentence, never names
    route      sorts tasks by the way one walks: grid, building, stairwell, floor, door
    level      who must see to it by now: 0 grid, 1 community, 2 subdistrict, 3 district
    proof      what has to be shown: `note`, `counted` or `scanned` holds it then
    refusal    why it last came back, said by `refused_by`, or by the rules
    """

    Kind = TaskKind
    OwnerKind = OwnerKind
    Proof = Proof

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("task", "open")
        TAKEN = "taken", pgettext_lazy("task", "taken")
        DONE = "done", pgettext_lazy("task", "done")
        CANCELLED = "cancelled", _("no longer needed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=every_kind)
    duty = models.CharField(max_length=30, choices=Duty.choices)
    area_path = AreaPathField()
    about_id = models.UUIDField()
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="tasks"
    )
    owner_kind = models.CharField(
        max_length=11,
        choices=OwnerKind.choices,
        default=OwnerKind.ANYBODY,
        db_default=OwnerKind.ANYBODY,
    )
    team = models.ForeignKey(
        "workforce.Organisation", models.PROTECT, null=True, related_name="+", db_index=False
    )
    post = models.ForeignKey(
        "rosters.Post", models.PROTECT, null=True, related_name="+", db_index=False
    )
    offered = models.BooleanField(default=True, db_default=True)
    route = models.CharField(max_length=200, db_collation="C", default="", db_default="")
    because_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True)
    proof = models.CharField(
        max_length=5, choices=Proof.choices, blank=True, default="", db_default=""
    )
    note = models.CharField(max_length=500, blank=True)
    counted = models.PositiveIntegerField(null=True)
    scanned = models.CharField(max_length=40, blank=True, default="", db_default="")
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
            # Who has done how much today?
            models.Index(name="task_done_lately", fields=["closed_at"], condition=Q(state="done")),
            models.Index(name="task_of_owner", fields=["owner", "due_at"]),
            # What may somebody with these duties take: first what is due first, or along the way?
            models.Index(
                name="task_offered_by_time",
                fields=["duty", "level", "due_at", "id"],
                condition=Q(state="open", offered=True),
            ),
            models.Index(
                name="task_offered_by_route",
                fields=["duty", "level", "route", "id"],
                include=["due_at"],
                condition=Q(state="open", offered=True),
            ),
            # What waits for this team, for this post?
            models.Index(
                name="task_of_team",
                fields=["team", "route", "id"],
                include=["due_at"],
                condition=Q(state__in=["open", "taken"], team__isnull=False),
            ),
            models.Index(
                name="task_of_post",
                fields=["post", "route", "id"],
                include=["due_at"],
                condition=Q(state__in=["open", "taken"], post__isnull=False),
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
            models.CheckConstraint(
                name="task_names_its_team_or_its_post_and_nothing_else",
                condition=Q(owner_kind="team", team__isnull=False, post=None)
                | Q(owner_kind="post", post__isnull=False, team=None)
                | Q(owner_kind__in=["anybody", "person", "responsible"], team=None, post=None),
            ),
            models.CheckConstraint(
                name="task_for_nobody_in_particular_is_offered_to_all",
                condition=Q(offered=True) | Q(owner_kind__in=["team", "post"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about_id}"


class Directive(models.Model):
    """A notice from above, or what a meeting decided: what is to be done, and who has heard it.

    number          the running number behind its own code; `reference` is the issuer's
    area_path       for whom: this area and every subdistrict and community in it
    held_at         when the meeting was, for minutes
    acknowledge_by  for the first level; each further one has as long again
    """

    Kind = Paper
    State = DirectiveState

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.NOTICE)
    title = models.CharField(max_length=120)
    issuer = models.CharField(max_length=80)
    reference = models.CharField(max_length=60, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by"
    )
    text = models.TextField(max_length=20_000)
    area_path = AreaPathField()
    held_at = models.DateTimeField(null=True)
    effective_from = models.DateTimeField(default=now)
    effective_until = models.DateTimeField(null=True)
    acknowledge_by = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    # Whoever plays in an exercise acts without an account.
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_constraint=False
    )
    drafted_at = models.DateTimeField(default=now)
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="directive_here", fields=["area_path", "-number"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="directive_of_an_issuer_is_registered_once",
                fields=["area_path", "issuer", "reference", "version"],
                condition=~Q(reference="") & ~Q(state="withdrawn"),
            ),
            models.CheckConstraint(
                name="directive_ends_after_it_begins",
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
            ),
            models.CheckConstraint(
                name="directive_in_force_was_issued",
                condition=Q(state__in=["draft", "withdrawn"])
                | Q(issued_at__isnull=False, issued_by__isnull=False),
            ),
            models.CheckConstraint(
                name="directive_ended_has_a_time",
                condition=Q(state__in=["draft", "in_force"], ended_at=None)
                | Q(state__in=["superseded", "withdrawn"], ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="directive_does_not_replace_itself",
                condition=Q(supersedes=None) | ~Q(supersedes=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def code(self) -> str:
        return code("D", self.number)


class DirectiveItem(models.Model):
    """One thing that a directive asks for: once, or in each place of a level.

    area_path   where; the directive's area, or a part of it
    """

    class Each(models.TextChoices):
        ONCE = "once", _("once")
        SUBDISTRICT = "subdistrict", _("in each subdistrict")
        COMMUNITY = "community", _("in each community")
        GRID = "grid", _("in each grid")

    OwnerKind = OwnerKind
    Proof = Proof

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    directive = models.ForeignKey(Directive, models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)
    each = models.CharField(max_length=11, choices=Each.choices, default=Each.COMMUNITY)
    area_path = AreaPathField()
    due_at = models.DateTimeField()
    proof = models.CharField(max_length=5, choices=Proof.choices, blank=True)
    owner_kind = models.CharField(
        max_length=11, choices=OwnerKind.choices, default=OwnerKind.ANYBODY
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(
        "workforce.Organisation", models.PROTECT, null=True, related_name="+", db_index=False
    )
    post = models.ForeignKey(
        "rosters.Post", models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="directive_item_has_a_place_of_its_own", fields=["directive", "position"]
            ),
            models.CheckConstraint(name="directive_item_says_what_to_do", condition=~Q(text="")),
            models.CheckConstraint(
                name="directive_item_names_whom_it_is_for",
                condition=Q(owner_kind="team", team__isnull=False, post=None, owner=None)
                | Q(owner_kind="post", post__isnull=False, team=None, owner=None)
                | Q(owner_kind="person", owner__isnull=False, team=None, post=None)
                | Q(owner_kind__in=["anybody", "responsible"], owner=None, team=None, post=None),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Receipt(models.Model):
    """How far a directive has come in one place: nobody has to guess who has heard it.

    due_at      to be acknowledged by
    by_phone    somebody of the level above rang them up and acknowledged for them
    returned    why whoever verified it sent it back
    """

    Level = ReceiptLevel

    class State(models.TextChoices):
        ISSUED = "issued", pgettext_lazy("receipt", "sent")
        RECEIVED = "received", pgettext_lazy("receipt", "read")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        TASKS_MADE = "tasks_made", _("under way")
        DONE = "done", pgettext_lazy("receipt", "done")
        VERIFIED = "verified", _("verified")
        ENDED = "ended", _("no longer needed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    directive = models.ForeignKey(Directive, models.PROTECT, related_name="receipts")
    area_path = AreaPathField()
    level = models.CharField(max_length=11, choices=Level.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.ISSUED)
    due_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    by_phone = models.BooleanField(default=False)
    tasks_made_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    returned = models.CharField(max_length=300, blank=True)
    reminded_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            # Who has not acknowledged, and since when is it due?
            models.Index(
                name="receipt_unacknowledged",
                fields=["due_at", "id"],
                condition=Q(state__in=["issued", "received"]),
            ),
            models.Index(name="receipt_here", fields=["area_path"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="receipt_is_one_for_each_place", fields=["directive", "area_path"]
            ),
            models.CheckConstraint(
                name="receipt_acknowledged_has_a_time_and_a_name",
                condition=Q(state__in=["issued", "received", "ended"])
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            ),
            models.CheckConstraint(
                name="receipt_done_has_a_time",
                condition=~Q(state__in=["done", "verified"]) | Q(done_at__isnull=False),
            ),
            models.CheckConstraint(
                name="receipt_verified_has_a_time_and_a_name",
                condition=~Q(state="verified")
                | Q(verified_at__isnull=False, verified_by__isnull=False),
            ),
            models.CheckConstraint(
                name="receipt_is_not_verified_by_who_acknowledged_it",
                condition=Q(verified_by=None) | ~Q(verified_by=F("acknowledged_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_path} {self.state}"
