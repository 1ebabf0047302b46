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


class Shift(models.Model):
    """Somebody's work at one table of a sampling point. `swabs` and `tubes` are counted by hand."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    table = models.PositiveSmallIntegerField()
    round = models.ForeignKey(Round, models.PROTECT, null=True, related_name="+")
    area_path = AreaPathField()
    actor_id = models.UUIDField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    swabs = models.PositiveIntegerField(null=True)
    tubes = models.PositiveIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            # Which table does this desk stand at?
            models.Index(name="shift_of_actor", fields=["actor_id", "began_at"]),
            # Which tables of this point are at work?
            models.Index(name="shift_under_way", fields=["area_path"], condition=Q(ended_at=None)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="shift_tables_are_numbered_from_one", condition=Q(table__gte=1)
            ),
            models.CheckConstraint(
                name="shift_ends_after_it_begins_with_a_count",
                condition=Q(ended_at=None, swabs=None, tubes=None)
                | Q(
                    ended_at__isnull=False,
                    ended_at__gte=F("began_at"),
                    swabs__isnull=False,
                    tubes__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.table}"


class Tube(models.Model):
    """One sampling tube and the swabs in it. More than one swab makes it a pool.

    number        the short code on its label is `code("T", number)`
    site, table   the table it stands on; none for a tube taken at a door
    counted       swabs counted by hand when it was sealed
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

    class Broken(models.TextChoices):
        """Why the rules themselves make a tube void."""

        ON_THE_WAY = "broken on the way", _("broken on the way")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    barcode = models.CharField(max_length=8, unique=True)
    round = models.ForeignKey(
        Round, models.PROTECT, null=True, related_name="tubes", db_index=False
    )
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.ROUND)
    retest_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="retests")
    site = models.ForeignKey(
        "areas.Site", models.PROTECT, null=True, related_name="+", db_index=False
    )
    table = models.PositiveSmallIntegerField(null=True)
    shift = models.ForeignKey(Shift, models.PROTECT, null=True, related_name="opened")
    group = models.CharField(max_length=30, blank=True)  # as in the pack's `sampling.pools`
    area_path = AreaPathField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    swabs = models.PositiveSmallIntegerField(default=0)
    counted = models.PositiveSmallIntegerField(null=True)
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
            models.Index(
                name="tube_result_here",
                fields=["area_path", "result_at"],
                condition=Q(result_at__isnull=False),
            ),
            models.Index(name="tube_here", fields=["area_path", "opened_at"]),
            models.Index(name="tube_lately", fields=["opened_at", "id"]),
            # How many swabs hour by hour? `swabs` is in no index: it changes with every swab, and
            # all indexes of a row are written anew when one of them holds what has changed.
            models.Index(name="tube_of_round", fields=["round", "state"]),
            # What was opened at this point lately?
            models.Index(
                name="tube_at_site", fields=["site", "opened_at"], condition=Q(site__isnull=False)
            ),
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
            models.CheckConstraint(
                name="tube_stands_on_a_table_of_a_point",
                condition=Q(site=None, table=None)
                | Q(site__isnull=False, table__isnull=False, table__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.barcode


class Swab(models.Model):
    """One person's swab in one tube."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The two indexes below answer by tube and by resident; Django's own would only cost writes.
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="members", db_index=False)
    # Residents are asked for in the same transaction and never deleted; a check of each would lock
    # them, and so write a page of the register for every swab.
    resident = models.ForeignKey(
        "people.Resident", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
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

    # Written beside a swab, whose tube and resident are checked. To check them here again would
    # make all desks of a round lock the round's one row.
    pk = models.CompositePrimaryKey("round_id", "resident_id")
    round = models.ForeignKey(
        Round, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    resident = models.ForeignKey(
        "people.Resident", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    area_path = AreaPathField(blank=True)

    class Meta:
        indexes: ClassVar = [
            # How many of those who live here were tested? Answered from the index alone.
            models.Index(name="turnout_at_home", fields=["round", "area_path"]),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.resident_id}"


class Report(models.Model):
    """What one laboratory said about one tube. All are kept, also those that did not decide.

    laboratory   None: the one laboratory of a district that has only one
    ct           cycle threshold, the lower the more was found; None: not told, or nothing found
    reagent      with which it was measured, where a rule asks for two of them
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
    ct = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    reagent = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            # About which tubes do laboratories disagree?
            models.Index(name="report_disputed", fields=["tube"], condition=Q(standing="disputed")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="report_ct_is_a_number_of_cycles",
                condition=Q(ct=None) | Q(ct__gt=0, ct__lte=50),
            ),
            models.UniqueConstraint(
                name="report_one_decides", fields=["tube"], condition=Q(standing="decided")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tube_id} {self.finding}"


class TestCall(models.Model):
    """A test that somebody owes: a retest, a test day of an order, one for a sample that was lost.

    about_id   the tube to be retested or that was lost, or the order whose test day it is
    group      kind of person as in the pack's `sampling.pools`: how many may share a tube
    """

    __test__ = False  # for pytest: the name only begins like that of a test

    class Reason(models.TextChoices):
        RETEST = "retest", _("positive pool")
        ORDER = "order", _("test day of an order")
        LOST = "lost", _("sample lost")

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


class LabelBatch(models.Model):
    """Labels printed beforehand: a run of numbers that no other sheet has and no tube is given."""

    class Kind(models.TextChoices):
        TUBE = "T", _("tubes")
        BOX = "B", _("boxes")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=1, choices=Kind.choices)
    first = models.IntegerField()
    last = models.IntegerField()
    area_path = AreaPathField(blank=True)
    printed_at = models.DateTimeField(default=now)
    printed_by = models.UUIDField()

    class Meta:
        indexes: ClassVar = [models.Index(name="label_batch_lately", fields=["printed_at", "id"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="label_batch_runs_upwards", condition=Q(last__gte=F("first"), first__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first}-{self.last}"

    @property
    def number(self) -> int:
        return self.last - self.first + 1


class LaboratoryKey(models.Model):
    """Lets a laboratory's own system send results. Only a hash of the secret is kept.

    area_path   of whose tubes it may send them
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    laboratory = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    area_path = AreaPathField(blank=True)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    given_at = models.DateTimeField()
    given_by = models.UUIDField()
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.laboratory_id}"


class Box(models.Model):
    """Tubes on their way to a laboratory. `counted` is how many were counted by hand."""

    class State(models.TextChoices):
        PACKED = "packed", pgettext_lazy("box", "packed")
        UNDER_WAY = "under_way", pgettext_lazy("box", "on the way")
        RECEIVED = "received", pgettext_lazy("box", "received")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    barcode = models.CharField(max_length=8, unique=True)
    site = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PACKED)
    counted = models.PositiveSmallIntegerField()
    packed_at = models.DateTimeField()
    packed_by = models.UUIDField()
    received_at = models.DateTimeField(null=True)
    received_by = models.UUIDField(null=True)
    # Found in the box, but no tube that anybody here ever opened.
    unknown = models.JSONField(default=list)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="box_lately", fields=["packed_at", "id"]),
            models.Index(
                name="box_not_received", fields=["packed_at"], condition=~Q(state="received")
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="box_barcode_is_a_b_and_seven_signs",
                condition=Q(barcode__regex=r"^B[0-9A-HJKMNP-TV-Z]{7}$"),
            ),
            models.CheckConstraint(
                name="box_received_at_a_time_by_somebody",
                condition=Q(state="received", received_at__isnull=False, received_by__isnull=False)
                | Q(state__in=["packed", "under_way"], received_at=None, received_by=None),
            ),
        ]

    def __str__(self) -> str:
        return self.barcode


class BoxTube(models.Model):
    """A tube in a box, and what the laboratory said when it opened the box."""

    class Outcome(models.TextChoices):
        PACKED = "packed", pgettext_lazy("tube in a box", "packed")
        RECEIVED = "received", pgettext_lazy("tube in a box", "received")
        MISSING = "missing", pgettext_lazy("tube in a box", "missing")
        BROKEN = "broken", pgettext_lazy("tube in a box", "broken")
        EXTRA = "extra", pgettext_lazy("tube in a box", "not on the list")

    box = models.ForeignKey(Box, models.PROTECT, related_name="tubes", db_index=False)
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="boxes", db_index=False)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.PACKED)

    class Meta:
        indexes: ClassVar = [models.Index(name="box_tube_of_tube", fields=["tube"])]
        constraints: ClassVar = [
            models.UniqueConstraint(name="box_tube_stands_once_in_a_box", fields=["box", "tube"]),
            models.UniqueConstraint(
                name="box_tube_is_packed_into_one_box",
                fields=["tube"],
                condition=~Q(outcome__in=["extra", "missing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.box_id} {self.tube_id}"


class HandOver(models.Model):
    """Who gave a box to whom, when, and how warm it was then (°C)."""

    class To(models.TextChoices):
        COURIER = "courier", _("courier")
        LABORATORY = "laboratory", _("laboratory")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    box = models.ForeignKey(Box, models.PROTECT, related_name="hand_overs")
    by_id = models.UUIDField()
    to = models.CharField(max_length=10, choices=To.choices)
    at = models.DateTimeField()
    temperature = models.DecimalField(max_digits=4, decimal_places=1, null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="hand_over_temperature_is_of_a_sample",
                condition=Q(temperature=None) | Q(temperature__range=(-90, 60)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.box_id} {self.to}"


class Untested(models.Model):
    """Why somebody is not swabbed in a round. `area_path` is their home."""

    class Reason(models.TextChoices):
        AWAY = "away", _("away")
        REFUSED = "refused", pgettext_lazy("not tested", "refused")
        BED_BOUND = "bed_bound", _("cannot leave the bed")
        MEDICAL = "medical", _("medical reason")
        OTHER = "other", pgettext_lazy("not tested", "other")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey(
        "people.Resident", models.PROTECT, related_name="+", db_index=False
    )
    round = models.ForeignKey(Round, models.PROTECT, related_name="+", db_index=False)
    area_path = AreaPathField(blank=True)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.CharField(max_length=200, blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.UUIDField()

    class Meta:
        indexes: ClassVar = [models.Index(name="untested_here", fields=["round", "area_path"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="untested_has_one_reason_a_round", fields=["round", "resident"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.reason}"


class QueueNote(models.Model):
    """How many people were waiting at a point, as somebody there saw it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("areas.Site", models.PROTECT, related_name="+", db_index=False)
    waiting = models.PositiveIntegerField()
    noted_at = models.DateTimeField()
    noted_by = models.UUIDField()

    class Meta:
        indexes: ClassVar = [models.Index(name="queue_note_of_site", fields=["site", "-noted_at"])]

    def __str__(self) -> str:
        return f"{self.site_id} {self.waiting}"
