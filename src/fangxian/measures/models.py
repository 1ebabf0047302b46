"""Orders: what restricts people and places, with cause, rule, end and a way to object."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import code, new_id


class Order(models.Model):
    """A restriction of one person. `code("O", number)` stands on the paper.

    because_id     the event that led to it; an order without a cause cannot be stored
    rule           the key of the pack it follows, such as "measures.close_contact"
    stage          which stage of that rule, from 0
    counted_from   what its days are counted from, such as the last contact
    end_reason     in somebody's words, or a msgid where a rule ended it
    """

    class Kind(models.TextChoices):
        HOLD = "hold", _("stay in place until the retest")
        HOSPITAL = "hospital", _("treatment in hospital")
        CENTRAL_QUARANTINE = "central_quarantine", _("quarantine in a designated facility")
        HOME_QUARANTINE = "home_quarantine", _("home quarantine under medical observation")
        HOME_MONITORING = "home_monitoring", _("home-based health monitoring")
        SELF_MONITORING = "self_monitoring", _("self-monitoring")

    class Subject(models.TextChoices):
        """What the person is to the pack; `pool_member` is who is held by a positive pool."""

        POOL_MEMBER = "pool_member", _("member of a positive pool")
        CLOSE_CONTACT = "close_contact", _("close contact")
        SECONDARY_CONTACT = "secondary_contact", _("contact of a contact")
        INFECTED = "infected", _("infected person")
        HIGH_RISK_RESIDENT = "high_risk_resident", _("resident of a high-risk area")
        HIGH_RISK_LEAVER = "high_risk_leaver", _("had been in a high-risk area")
        MEDIUM_RISK_LEAVER = "medium_risk_leaver", _("had been in a medium-risk area")
        LOW_RISK_LEAVER = "low_risk_leaver", _("had been in a low-risk area")
        INBOUND_TRAVELLER = "inbound_traveller", _("arrived from abroad")
        HIGH_RISK_POST = "high_risk_post", _("worked at a high-risk post")

    class State(models.TextChoices):
        IN_FORCE = "in_force", _("in force")
        ENDED = "ended", _("ended")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=24, choices=Subject.choices)
    stage = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.IN_FORCE)
    because_id = models.UUIDField()
    about_id = models.UUIDField()  # the tube, case or contact that it rests on
    pack = models.CharField(max_length=40)
    rule = models.CharField(max_length=60)
    counted_from = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    issued_at = models.DateTimeField(default=now)
    issued_by = models.UUIDField()
    # The stage before, such as central quarantine before home monitoring.
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="followed_by")
    served_at = models.DateTimeField(null=True)
    release_proposed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="order_of_resident", fields=["resident", "-starts_at"]),
            models.Index(name="order_about", fields=["about_id"]),
            models.Index(name="order_lately", fields=["issued_at", "id"]),
            models.Index(name="order_here", fields=["area_path", "issued_at"]),
            # Which order is past its end and waits for a decision?
            models.Index(
                name="order_ending", fields=["ends_at", "id"], condition=Q(state="in_force")
            ),
            # Whom has nobody told yet?
            models.Index(
                name="order_not_served",
                fields=["area_path", "issued_at"],
                condition=Q(state="in_force", served_at=None),
            ),
            # How many people here are under orders, and of which kind? Answered by the index alone.
            models.Index(
                name="order_in_force_here",
                fields=["area_path", "resident", "kind"],
                condition=Q(state="in_force"),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="order_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="order_names_its_rule", condition=~Q(rule="") & ~Q(pack="")
            ),
            models.CheckConstraint(
                name="order_ended_has_a_time_and_a_reason",
                condition=Q(state="in_force", ended_at=None)
                | (Q(state__in=["ended", "withdrawn"], ended_at__isnull=False) & ~Q(end_reason="")),
            ),
            models.UniqueConstraint(
                name="order_is_issued_once_a_ground",
                fields=["resident", "about_id", "kind"],
                condition=Q(state="in_force"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def code(self) -> str:
        return code("O", self.number)


class Service(models.Model):
    """How an order reached the person, in which language, and what proves it.

    proof   who took it, or what shows that a message arrived
    """

    class How(models.TextChoices):
        PAGE = "page", _("shown on a screen")
        PAPER = "paper", _("on paper")
        MESSAGE = "message", _("by message")
        PERSON = "person", _("told in person")

    class ToWhom(models.TextChoices):
        PERSON = "person", _("the person")
        HOUSEHOLD = "household", _("an adult of the household")
        GUARDIAN = "guardian", _("whoever acts for the person")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="services")
    how = models.CharField(max_length=8, choices=How.choices)
    language = models.CharField(max_length=10)
    to_whom = models.CharField(max_length=10, choices=ToWhom.choices, default=ToWhom.PERSON)
    proof = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=now)
    by_id = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="service_is_noted_once_a_way", fields=["order", "how", "language"]
            ),
            models.CheckConstraint(
                name="service_by_message_or_to_others_has_proof",
                condition=Q(how__in=["page", "paper", "person"], to_whom="person") | ~Q(proof=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.how}"


class Revision(models.Model):
    """Rules that came into force later ask for less: the end of an order came nearer.

    The order names the new rules; the ones before are kept here.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="revisions")
    was = models.DateTimeField()
    becomes = models.DateTimeField()
    was_pack = models.CharField(max_length=40)
    pack = models.CharField(max_length=40)
    because_id = models.UUIDField()
    by_id = models.UUIDField()
    at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="revision_is_never_longer", condition=Q(becomes__lte=F("was"))
            ),
            models.CheckConstraint(
                name="revision_names_both_rules", condition=~Q(was_pack="") & ~Q(pack="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} to {self.becomes}"


class Extension(models.Model):
    """An order's end was moved, by whom and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="extensions")
    was = models.DateTimeField()
    becomes = models.DateTimeField()
    reason = models.CharField(max_length=200)
    by_id = models.UUIDField()
    at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="extension_says_why", condition=~Q(reason="")),
            models.CheckConstraint(name="extension_is_longer", condition=Q(becomes__gt=F("was"))),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} to {self.becomes}"


class Objection(models.Model):
    """A person objects to an order; somebody else than its issuer decides, with reasons."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for a decision")
        UPHELD = "upheld", _("upheld: the order ends")
        REJECTED = "rejected", _("rejected")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="objections")
    text = models.TextField(max_length=2000)
    filed_at = models.DateTimeField(default=now)
    filed_by = models.UUIDField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    reasons = models.TextField(max_length=2000, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="objection_is_open_once_an_order", fields=["order"], condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="objection_decided_by_a_second_officer_with_reasons",
                condition=Q(state="open", decided_at=None, decided_by=None)
                | (
                    Q(
                        state__in=["upheld", "rejected"],
                        decided_at__isnull=False,
                        decided_by__isnull=False,
                    )
                    & ~Q(decided_by=F("filed_by"))
                    & ~Q(reasons="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.state}"


class RiskArea(models.Model):
    """A place under restrictions. `code("R", number)` stands on the notice.

    area_path      the smallest area that contains it: who sees it
    places         the area paths it consists of: one stairwell, or the buildings of a compound
    level          word of the pack's zones, such as "high"
    measures       words of the pack for what applies inside
    release        the pack's release conditions as they were when it was proposed
    clock_origin   what the days without new infection are counted from; new infections restart it
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        IN_FORCE = "in_force", _("in force")
        LIFTED = "lifted", _("lifted")
        REJECTED = "rejected", _("not approved")

    class Unit(models.TextChoices):
        HOUSEHOLD = "household", _("household")
        FLOOR = "floor", _("floor")
        UNIT = "unit", _("stairwell")
        BUILDING = "building", _("building")
        COMPOUND = "compound", _("compound")
        AREA = "area", _("area found by investigation")
        DISTRICT = "district", _("rest of the district")

    class Measure(models.TextChoices):
        AREA_CLOSED = "area_closed", _("the area is closed")
        STAY_HOME = "stay_home", _("stay at home")
        DOOR_SERVICE = "door_service", _("service at the door")
        NO_LEAVING_AREA = "no_leaving_area", _("do not leave the area")
        STAGGERED_PICKUP = "staggered_pickup", _("fetch goods by turns")
        NO_GATHERING = "no_gathering", _("no gatherings")
        LIMIT_GATHERING = "limit_gathering", _("limited gatherings")
        AVOID_GATHERING = "avoid_gathering", _("avoid gatherings")
        PERSONAL_PROTECTION = "personal_protection", _("protect yourself")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    name = models.CharField(max_length=120)
    area_path = AreaPathField()
    places = ArrayField(AreaPathField())
    unit = models.CharField(max_length=10, choices=Unit.choices)
    level = models.CharField(max_length=12)
    rank = models.PositiveSmallIntegerField()  # of the level in its pack; higher is stricter
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    because_id = models.UUIDField()
    about_id = models.UUIDField()  # the case it rests on
    pack = models.CharField(max_length=40)
    rule = models.CharField(max_length=60)
    measures = ArrayField(models.CharField(max_length=24), default=list)
    release = models.JSONField()
    proposed_at = models.DateTimeField(default=now)
    starts_at = models.DateTimeField(null=True)
    clock_origin = models.DateTimeField(null=True)
    review_at = models.DateTimeField(null=True)  # when the conditions can hold at the earliest
    decided_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)
    release_proposed_at = models.DateTimeField(null=True)
    widened_because = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)  # why lifted or rejected
    # The level that this one became when it was lowered.
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="followed_by")

    class Meta:
        indexes: ClassVar = [
            models.Index(name="risk_area_here", fields=["area_path", "proposed_at"]),
            models.Index(name="risk_area_in_force", fields=["rank"], condition=Q(state="in_force")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="risk_area_in_force_has_start_clock_and_review",
                condition=~Q(state="in_force")
                | Q(
                    starts_at__isnull=False,
                    clock_origin__isnull=False,
                    review_at__isnull=False,
                    decided_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="risk_area_ended_says_when_and_why",
                condition=Q(state__in=["proposed", "in_force"], lifted_at=None)
                | (Q(state__in=["lifted", "rejected"], lifted_at__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="risk_area_names_its_rule", condition=~Q(rule="") & ~Q(pack="")
            ),
            models.UniqueConstraint(
                name="risk_area_is_declared_once_a_ground",
                fields=["about_id", "level", "places"],
                condition=Q(state__in=["proposed", "in_force"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        return code("R", self.number)

    @property
    def colour(self) -> int:
        """0 (routine) to 3 (strictest), as risk is drawn; packs rank their levels from 1."""
        return min(self.rank, 3)

    @property
    def measure_labels(self) -> list[str]:
        """What applies inside, in words; a word of a pack that we do not know stands for itself."""
        known = dict(self.Measure.choices)
        return [str(known.get(word, word)) for word in self.measures]


class PlaceHold(models.Model):
    """People of a place stay until a positive pool is explained. Short, and never without an end.

    places     the stairwell, or the buildings of the compound
    about_id   the pool
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    area_path = AreaPathField()
    places = ArrayField(AreaPathField())
    because_id = models.UUIDField()
    about_id = models.UUIDField()
    pack = models.CharField(max_length=40)
    rule = models.CharField(max_length=60)
    starts_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="place_hold_in_force", fields=["ends_at"], condition=Q(ended_at=None)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="place_hold_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="place_hold_names_its_rule", condition=~Q(rule="") & ~Q(pack="")
            ),
            models.CheckConstraint(
                name="place_hold_ended_says_why", condition=Q(ended_at=None) | ~Q(end_reason="")
            ),
            models.UniqueConstraint(
                name="place_is_held_once_a_ground",
                fields=["about_id", "places"],
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClockRestart(models.Model):
    """A new infection started a risk area's count of days again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    risk_area = models.ForeignKey(RiskArea, models.PROTECT, related_name="restarts")
    because_id = models.UUIDField()
    was = models.DateTimeField()
    becomes = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="clock_restart_moves_forward", condition=Q(becomes__gt=F("was"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk_area_id} {self.becomes}"


class EmergencyExit(models.Model):
    """Somebody leaves for care. There is no state "refused" and no verb that refuses."""

    class Kind(models.TextChoices):
        LIFE_THREATENING = "life_threatening", _("life-threatening")
        LABOUR = "labour", _("labour")
        REGULAR_TREATMENT = "regular_treatment", _("regular treatment")
        OTHER_CARE = "other_care", _("other care")

    class State(models.TextChoices):
        LEFT = "left", _("on the way to care")
        HANDED_OVER = "handed_over", _("handed over to the hospital")
        RETURNED = "returned", _("back home")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.LEFT)
    hospital = models.ForeignKey("areas.Site", models.PROTECT, null=True, related_name="+")
    reported_by = models.UUIDField()
    left_at = models.DateTimeField(default=now)
    handed_over_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    # What applied to the person then: facts for the hospital, never grounds to refuse.
    orders = ArrayField(models.UUIDField(), default=list)
    risk_areas = ArrayField(models.UUIDField(), default=list)
    cleared_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="emergency_exit_here", fields=["area_path", "left_at"]),
            models.Index(name="emergency_exit_of_resident", fields=["resident", "-left_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="emergency_exit_times_follow_its_state",
                condition=Q(state="left", handed_over_at=None, returned_at=None)
                | Q(state="handed_over", handed_over_at__isnull=False, returned_at=None)
                | Q(state="returned", returned_at__isnull=False),
            ),
            models.CheckConstraint(
                name="emergency_exit_is_never_refused",
                condition=Q(state__in=["left", "handed_over", "returned"]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def code(self) -> str:
        return code("E", self.number)
