"""Where people stay under orders, how they are today, who comes and who goes."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import code, new_id


class Check(models.TextChoices):
    """What must be so before a site opens. Three zones and two passages, and the doors."""

    CLEAN_ZONE = "clean_zone", _("a clean zone for staff, marked and apart")
    BUFFER_ZONE = "buffer_zone", _("a buffer zone where protection is put on and taken off")
    CONTAMINATED_ZONE = "contaminated_zone", _("the guests' zone, marked and apart")
    STAFF_PASSAGE = "staff_passage", _("a passage for staff that guests never use")
    GUEST_PASSAGE = "guest_passage", _("a passage for guests that staff never use")
    NO_SHARED_AIR = "no_shared_air", _("no air conditioning shared between rooms")
    DOORS_OPEN = "doors_open", _("every guest's door opens from the inside, at any time")
    WAYS_OUT_FREE = "ways_out_free", _("the ways out in a fire are free, and nobody locks them")
    CARE_AT_HAND = "care_at_hand", _("a medic on duty, and a named hospital for emergencies")


class Zone(models.TextChoices):
    CLEAN = "clean", _("clean zone")
    BUFFER = "buffer", _("buffer zone")
    GUESTS = "guests", _("guests' zone")


class Facility(models.Model):
    """A site of the kind “quarantine site” as it is run.

    checks   those of `Check` that somebody has seen to be so
    phone    of the desk, for the people who stay there
    """

    class State(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    site = models.OneToOneField("areas.Site", models.PROTECT, primary_key=True, related_name="+")
    area_path = AreaPathField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    checks = ArrayField(models.CharField(max_length=20), default=list)
    phone = models.CharField(max_length=20, blank=True)
    opened_at = models.DateTimeField(null=True)
    opened_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="facility_here", fields=["area_path", "site"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="facility_opens_with_every_check",
                condition=~Q(state="open")
                | Q(
                    opened_at__isnull=False,
                    opened_by__isnull=False,
                    checks__contains=[
                        "clean_zone",
                        "buffer_zone",
                        "contaminated_zone",
                        "staff_passage",
                        "guest_passage",
                        "no_shared_air",
                        "doors_open",
                        "ways_out_free",
                        "care_at_hand",
                    ],
                ),
            ),
            models.CheckConstraint(
                name="facility_closed_has_a_time",
                condition=~Q(state="closed") | Q(closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.site_id)


class Room(models.Model):
    """A room of a facility. Guests stay in those of the guests' zone only."""

    class State(models.TextChoices):
        READY = "ready", pgettext_lazy("room", "ready")
        TO_DISINFECT = "to_disinfect", _("to be disinfected")
        OUT_OF_USE = "out_of_use", _("out of use")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="rooms")
    floor = models.SmallIntegerField()
    name = models.CharField(max_length=20)
    beds = models.PositiveSmallIntegerField(default=1)
    zone = models.CharField(max_length=8, choices=Zone.choices, default=Zone.GUESTS)
    state = models.CharField(max_length=12, choices=State.choices, default=State.READY)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="room_is_entered_once", fields=["facility", "name"]),
            models.CheckConstraint(name="room_has_a_bed", condition=Q(beds__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """One person's room under an order.

    area_path   of the site: who works there sees it; `home_path` is where the person comes from
    shares      why somebody else may be in the room
    knowing     placed on a floor where a new infection was found, and told so
    """

    class State(models.TextChoices):
        EXPECTED = "expected", _("expected")
        STAYING = "staying", _("staying")
        IN_HOSPITAL = "in_hospital", _("in hospital, the bed is kept")
        LEFT = "left", _("left")
        CANCELLED = "cancelled", _("did not come")

    class Shares(models.TextChoices):
        ALONE = "alone", _("alone")
        FAMILY = "family", _("with the family")
        CARE = "care", _("with somebody who cares for them")

    class Left(models.TextChoices):
        HOME = "home", pgettext_lazy("journey", "home")
        OTHER_SITE = "other_site", _("to another site")
        HOSPITAL = "hospital", _("to hospital")
        DIED = "died", _("died")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    order = models.ForeignKey("measures.Order", models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, models.PROTECT, related_name="placements")
    area_path = AreaPathField()
    home_path = AreaPathField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.EXPECTED)
    shares = models.CharField(max_length=8, choices=Shares.choices, default=Shares.ALONE)
    knowing = models.BooleanField(default=False)
    reserved_at = models.DateTimeField(default=now)
    reserved_by = models.UUIDField()
    arrived_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    left_how = models.CharField(max_length=12, choices=Left.choices, blank=True)

    class Meta:
        indexes: ClassVar = [
            # Who is in this room, or has it kept?
            models.Index(
                name="placement_in_room",
                fields=["room"],
                condition=Q(state__in=["expected", "staying", "in_hospital"]),
            ),
            models.Index(name="placement_of_resident", fields=["resident", "-reserved_at"]),
            models.Index(name="placement_under_order", fields=["order"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="placement_is_in_one_room_at_a_time",
                fields=["resident"],
                condition=Q(state__in=["staying", "in_hospital"]),
            ),
            models.UniqueConstraint(
                name="placement_is_expected_in_one_room",
                fields=["resident"],
                condition=Q(state="expected"),
            ),
            models.CheckConstraint(
                name="placement_times_follow_its_state",
                condition=Q(state__in=["expected", "cancelled"], arrived_at=None)
                | Q(state__in=["staying", "in_hospital"], arrived_at__isnull=False, left_at=None)
                | Q(state="left", arrived_at__isnull=False, left_at__isnull=False),
            ),
            models.CheckConstraint(
                name="placement_left_says_where_to",
                condition=(Q(state="left") & ~Q(left_how=""))
                | (~Q(state="left") & Q(left_how="", left_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.room_id}"


class Transfer(models.Model):
    """One journey of one person between home and a room, handed over at both ends.

    A journey home that has not arrived is a hand-back that nobody has receipted.
    """

    class Way(models.TextChoices):
        TO_SITE = "to_site", _("to the quarantine site")
        HOME = "home", pgettext_lazy("journey", "home")
        BETWEEN = "between", _("to another quarantine site")

    class State(models.TextChoices):
        ASKED = "asked", _("to be fetched")
        ON_THE_WAY = "on_the_way", _("on the way")
        ARRIVED = "arrived", _("handed over")
        CANCELLED = "cancelled", _("not needed any more")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    order = models.ForeignKey("measures.Order", models.PROTECT, related_name="+")
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="transfers")
    way = models.CharField(max_length=8, choices=Way.choices)
    from_path = AreaPathField()
    to_path = AreaPathField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    pack = models.CharField(max_length=40)
    asked_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    vehicle = models.CharField(max_length=20, blank=True)
    own_way = models.BooleanField(default=False)
    departed_at = models.DateTimeField(null=True)
    handed_by = models.UUIDField(null=True)
    arrived_at = models.DateTimeField(null=True)
    received_by = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [
            # What is under way here, and from here?
            models.Index(
                name="transfer_open_to",
                fields=["to_path", "due_at"],
                condition=Q(state__in=["asked", "on_the_way"]),
            ),
            models.Index(
                name="transfer_open_from",
                fields=["from_path", "due_at"],
                condition=Q(state__in=["asked", "on_the_way"]),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="transfer_is_one_at_a_time",
                fields=["resident"],
                condition=Q(state__in=["asked", "on_the_way"]),
            ),
            models.CheckConstraint(
                name="transfer_is_handed_over_at_both_ends",
                condition=Q(state__in=["asked", "cancelled"], arrived_at=None)
                | Q(
                    state="on_the_way",
                    departed_at__isnull=False,
                    handed_by__isnull=False,
                    arrived_at=None,
                )
                | Q(
                    state="arrived",
                    departed_at__isnull=False,
                    handed_by__isnull=False,
                    arrived_at__isnull=False,
                    received_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="transfer_departs_in_a_vehicle_or_by_own_way",
                condition=~Q(state__in=["on_the_way", "arrived"])
                | ~Q(vehicle="")
                | Q(own_way=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.way} {self.number}"

    @property
    def code(self) -> str:
        return code("V", self.number)


class Watch(models.Model):
    """One person's daily monitoring, while an order asks for it.

    area_path   where the person is: the site, or at home
    token       the address of the person's own page; `spoken` the same for mouths, drawn by lot
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    order = models.ForeignKey("measures.Order", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    facility = models.ForeignKey(Facility, models.PROTECT, null=True, related_name="+")
    token = models.CharField(max_length=32, unique=True)
    spoken = models.IntegerField(unique=True)
    begun_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="watch_here", fields=["area_path", "id"], condition=Q(ended_at=None)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="watch_is_kept_once_a_person",
                fields=["resident"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="watch_ends_after_it_began",
                condition=Q(ended_at=None) | Q(ended_at__isnull=False, ended_at__gte=F("begun_at")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def code(self) -> str:
        return code("W", self.spoken)


class Reading(models.Model):
    """Temperature and symptoms of one person, once.

    turn   which of the day's readings it is, from 0
    """

    class Way(models.TextChoices):
        STAFF = "staff", _("taken by the staff")
        OWN = "own", _("told by the person")
        PHONE = "phone", _("asked by telephone")
        VISIT = "visit", _("taken at the door")

    class Alarm(models.TextChoices):
        CALM = "calm", _("nothing unusual")
        ALARMING = "alarming", _("a medic is to look")
        EMERGENCY = "emergency", _("emergency")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    watch = models.ForeignKey(Watch, models.PROTECT, related_name="readings")
    area_path = AreaPathField()
    day = models.DateField()
    turn = models.PositiveSmallIntegerField()
    taken_at = models.DateTimeField()
    temperature = models.DecimalField(max_digits=3, decimal_places=1)  # °C
    symptoms = ArrayField(models.CharField(max_length=24), default=list)
    alarm = models.CharField(max_length=10, choices=Alarm.choices, default=Alarm.CALM)
    way = models.CharField(max_length=6, choices=Way.choices)
    by_id = models.UUIDField(null=True)  # nobody's where the person told it

    class Meta:
        indexes: ClassVar = [
            models.Index(name="reading_of_watch", fields=["watch", "day", "turn"]),
            models.Index(
                name="reading_alarming",
                fields=["area_path", "taken_at"],
                condition=~Q(alarm="calm"),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="reading_is_of_a_living_body",
                condition=Q(temperature__gte=30, temperature__lte=45),
            ),
            models.CheckConstraint(
                name="reading_names_who_took_it",
                condition=Q(way="own") | Q(by_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.turn}"


class MissedReading(models.Model):
    """A reading that was due and did not come; `made_up_at` when one came later."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    watch = models.ForeignKey(Watch, models.PROTECT, related_name="missed")
    area_path = AreaPathField()
    day = models.DateField()
    turn = models.PositiveSmallIntegerField()
    noticed_at = models.DateTimeField(default=now)
    made_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="missed_reading_is_noticed_once", fields=["watch", "day", "turn"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.turn}"


class DoorVisit(models.Model):
    """Somebody was at the door of a person under an order. What blocks a door cannot be stored."""

    class Purpose(models.TextChoices):
        NOTICE = "notice", _("brought the notice")
        SEAL = "seal", _("put a paper seal or a sensor on the door")
        CHECK = "check", _("asked how they are")
        UNSEAL = "unseal", _("took the seal off")

    class Found(models.TextChoices):
        AT_HOME = "at_home", _("at home")
        NO_ANSWER = "no_answer", _("no answer")
        IN_CARE = "in_care", _("away for care")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    order = models.ForeignKey("measures.Order", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    purpose = models.CharField(max_length=6, choices=Purpose.choices)
    found = models.CharField(max_length=9, choices=Found.choices)
    door_opens = models.BooleanField()
    names_nobody = models.BooleanField()
    visited_at = models.DateTimeField(default=now)
    by_id = models.UUIDField()

    class Meta:
        indexes: ClassVar = [
            models.Index(name="door_visit_of_resident", fields=["resident", "-visited_at"]),
            models.Index(name="door_visit_here", fields=["area_path", "visited_at", "id"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="door_visit_leaves_a_door_that_opens", condition=Q(door_opens=True)
            ),
            models.CheckConstraint(
                name="door_visit_hangs_out_nobodys_name", condition=Q(names_nobody=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.visited_at}"


class Wish(models.Model):
    """What somebody kept apart cannot fetch themselves. The kind alone: no illness, no words."""

    class Kind(models.TextChoices):
        MEDICINE = "medicine", _("medicine")
        FOOD = "food", _("food or daily goods")
        MEDIC = "medic", _("to speak with a medic")
        TALK = "talk", _("somebody to talk to")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    watch = models.ForeignKey(Watch, models.PROTECT, related_name="wishes")
    area_path = AreaPathField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    asked_at = models.DateTimeField(default=now)
    met_at = models.DateTimeField(null=True)
    met_by = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="wish_is_open_once", fields=["watch", "kind"], condition=Q(met_at=None)
            ),
            models.CheckConstraint(
                name="wish_is_met_by_somebody",
                condition=Q(met_at=None, met_by=None)
                | Q(met_at__isnull=False, met_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class Restart(models.Model):
    """A new infection among the guests: the days of those near it may be counted anew.

    A proposal. Nobody's stay is longer before somebody who decides measures has said so.

    floors       those the pack names around the infection
    exposed_at   from when their days would be counted
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("to be decided")
        APPLIED = "applied", _("days counted anew")
        DECLINED = "declined", _("left as it was")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="restarts")
    area_path = AreaPathField()
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="+")
    because_id = models.UUIDField()
    pack = models.CharField(max_length=40)
    floors = ArrayField(models.SmallIntegerField())
    exposed_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="restart_is_proposed_once_an_infection", fields=["facility", "because_id"]
            ),
            models.CheckConstraint(
                name="restart_is_decided_by_somebody_with_a_reason",
                condition=Q(state="proposed", decided_at=None, decided_by=None)
                | (
                    Q(
                        state__in=["applied", "declined"],
                        decided_at__isnull=False,
                        decided_by__isnull=False,
                    )
                    & ~Q(reason="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.state}"


class RestartLine(models.Model):
    """One person whose days a restart would count anew: until when now, and until when then."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    restart = models.ForeignKey(Restart, models.CASCADE, related_name="lines")
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="+")
    order = models.ForeignKey("measures.Order", models.PROTECT, related_name="+")
    because_id = models.UUIDField()  # that the person was near it
    was = models.DateTimeField()
    becomes = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="restart_names_an_order_once", fields=["restart", "order"]
            ),
            models.CheckConstraint(
                name="restart_never_shortens", condition=Q(becomes__gt=F("was"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.becomes}"
