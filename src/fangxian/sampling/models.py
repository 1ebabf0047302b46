"""Evidence: rounds, tubes and the swabs in them, what laboratories found, tests that are due."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Round(models.Model):
    """One testing of everybody in an area by a deadline, and the plan it follows.

    plan   what `engines.planning.round` answered for it, with its inputs
    """

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("round", "planned")
        OPEN = "open", pgettext_lazy("round", "open")
        CLOSED = "closed", pgettext_lazy("round", "closed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    area_path = AreaPathField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    pack = models.CharField(max_length=40)
    people = models.IntegerField()
    plan = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now)
    starts_at = models.DateTimeField()
    deadline = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="round_lately", fields=["starts_at", "id"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="round_ends_after_it_starts", condition=Q(deadline__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="round_moves_on_at_a_time",
                condition=Q(state="planned", opened_at=None, closed_at=None)
                | Q(state="open", opened_at__isnull=False, closed_at=None)
                | Q(state="closed", opened_at__isnull=False, closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Tube(models.Model):
    """One sampling tube and the swabs in it. More than one swab makes it a pool.

    number   the short code on its label is `code("T", number)`
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("tube", "open")
        SEALED = "sealed", _("sealed")
        NEGATIVE = "negative", _("negative")
        POSITIVE = "positive", _("positive")
        INVALID = "invalid", _("invalid")
        VOID = "void", _("void")

    class Purpose(models.TextChoices):
        ROUND = "round", _("round of testing")
        RETEST = "retest", _("single retest")
        ORDER = "order", _("test under an order")
        WISH = "wish", _("at the person's wish")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    barcode = models.CharField(max_length=8, unique=True)
    round = models.ForeignKey(Round, models.PROTECT, null=True, related_name="tubes")
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.ROUND)
    retest_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="retests")
    area_path = AreaPathField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    swabs = models.PositiveSmallIntegerField(default=0)
    capacity = models.PositiveSmallIntegerField()  # from the pack in force when it was opened
    pack = models.CharField(max_length=40)
    opened_at = models.DateTimeField(default=now)
    sealed_at = models.DateTimeField(null=True)
    result_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            # What waits for a result, longest wait first?
            models.Index(
                name="tube_awaiting", fields=["sealed_at", "id"], condition=Q(state="sealed")
            ),
            # Which results came in last?
            models.Index(
                name="tube_result_lately",
                fields=["result_at", "id"],
                condition=Q(result_at__isnull=False),
            ),
            models.Index(name="tube_here", fields=["area_path", "opened_at"]),
            models.Index(name="tube_lately", fields=["opened_at", "id"]),
            models.Index(name="tube_of_round", fields=["round", "state"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="tube_barcode_is_a_t_and_seven_signs",
                condition=Q(barcode__regex=r"^T[0-9A-HJKMNP-TV-Z]{7}$"),
            ),
            models.CheckConstraint(name="tube_not_overfull", condition=Q(swabs__lte=F("capacity"))),
            models.CheckConstraint(
                name="tube_open_or_sealed_with_swabs",
                condition=Q(state="open", sealed_at=None)
                | Q(state="void")
                | Q(
                    state__in=["sealed", "negative", "positive", "invalid"],
                    sealed_at__isnull=False,
                    swabs__gte=1,
                ),
            ),
            models.CheckConstraint(
                name="tube_result_has_a_time",
                condition=Q(
                    state__in=["negative", "positive", "invalid"],
                    result_at__isnull=False,  # a CHECK that yields NULL passes
                    result_at__gte=F("sealed_at"),
                )
                | Q(state__in=["open", "sealed", "void"], result_at=None),
            ),
            models.CheckConstraint(
                name="tube_void_says_why", condition=~Q(state="void") | ~Q(void_reason="")
            ),
            models.CheckConstraint(
                name="tube_retest_is_single",
                condition=~Q(purpose="retest") | Q(capacity=1),
            ),
        ]

    def __str__(self) -> str:
        return self.barcode


class Swab(models.Model):
    """One person's swab in one tube."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="members")
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(name="swab_of_resident", fields=["resident", "-taken_at"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(name="swab_once_in_a_tube", fields=["tube", "resident"]),
        ]

    def __str__(self) -> str:
        return f"{self.tube_id} {self.resident_id}"


class Turnout(models.Model):
    """Somebody who was swabbed in a round, counted once however often; `area_path` is their home.

    Persons and person-times are different numbers: this one is persons.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField(blank=True)

    class Meta:
        indexes: ClassVar = [
            # How many of those who live here were tested? Answered from the index alone.
            models.Index(name="turnout_at_home", fields=["round", "area_path"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="turnout_is_counted_once_a_round", fields=["round", "resident"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.resident_id}"


class Report(models.Model):
    """What one laboratory said about one tube. All are kept, also those that did not decide.

    laboratory   None: the one laboratory of a district that has only one
    """

    class Standing(models.TextChoices):
        DECIDED = "decided", _("decided the result")
        CONFIRMED = "confirmed", _("said the same")
        DISPUTED = "disputed", _("disagrees")
        CORRECTED = "corrected", _("was corrected")
        SET_ASIDE = "set_aside", _("was set aside")

    class Finding(models.TextChoices):
        NEGATIVE = "negative", _("negative")
        POSITIVE = "positive", _("positive")
        INVALID = "invalid", _("invalid")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="reports")
    laboratory = models.ForeignKey("areas.Site", models.PROTECT, null=True, related_name="+")
    finding = models.CharField(max_length=8, choices=Finding.choices)
    standing = models.CharField(max_length=10, choices=Standing.choices)
    measured_at = models.DateTimeField()
    reported_at = models.DateTimeField(default=now)
    reported_by = models.UUIDField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            # About which tubes do laboratories disagree?
            models.Index(name="report_disputed", fields=["tube"], condition=Q(standing="disputed")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="report_one_decides", fields=["tube"], condition=Q(standing="decided")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tube_id} {self.finding}"


class TestCall(models.Model):
    """A test that somebody owes or is owed: a retest, a test day of an order.

    about_id   the tube to be retested, or the order whose test day it is
    group      kind of person as in the pack's `sampling.pools`: how many may share a tube
    """

    __test__ = False  # for pytest: the name only begins like that of a test

    class Reason(models.TextChoices):
        RETEST = "retest", _("positive pool")
        ORDER = "order", _("test day of an order")

    class State(models.TextChoices):
        DUE = "due", pgettext_lazy("test", "due")
        TAKEN = "taken", _("sample taken")
        NEGATIVE = "negative", _("negative")
        POSITIVE = "positive", _("positive")
        CANCELLED = "cancelled", _("no longer needed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    reason = models.CharField(max_length=8, choices=Reason.choices)
    about_id = models.UUIDField()
    group = models.CharField(max_length=30)
    day = models.PositiveSmallIntegerField(null=True)  # test day, counted as the pack says
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    tube = models.ForeignKey(Tube, models.PROTECT, null=True, related_name="calls")
    because_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="test_call_about", fields=["about_id"]),
            models.Index(name="test_call_of_resident", fields=["resident", "due_at"]),
            models.Index(name="test_call_due", fields=["due_at", "id"], condition=Q(state="due")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="test_call_is_made_once",
                fields=["resident", "about_id", "day"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="test_call_taken_names_its_tube",
                condition=Q(state__in=["due", "cancelled"]) | Q(tube__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.due_at:%m-%d}"
