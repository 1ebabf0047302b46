"""Who passes where: checkpoints, scans, passes, venues. Not a register of movements: see README."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.gates.rules import SHOWN
from fangxian.kernel import ids
from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Demand(models.TextChoices):
    """What a checkpoint may ask for; the numbers stand in the pack's `gates`."""

    PASS = "pass", pgettext_lazy("demand", "a pass on the way out")
    TEST = "test", pgettext_lazy("demand", "a recent negative test")
    TEMPERATURE = "temperature", pgettext_lazy("demand", "temperature")
    MASK = "mask", pgettext_lazy("demand", "mask")
    INTERVAL = "interval", pgettext_lazy("demand", "some time between two passages")
    MOST_A_DAY = "most_a_day", pgettext_lazy("demand", "so many passages a day at most")


class Rule(models.TextChoices):
    """The rules behind verdicts, as a guard and the person read them."""

    ALL_MET = "all_met", _("everything that is asked is met")
    EMERGENCY = "emergency", _("emergency")
    CARE = "care", _("on the way to care")
    CODE_FORGED = "code_forged", _("the code is not one of ours; use a card or identity card")
    CODE_EXPIRED = "code_expired", _("the code has expired; the table gives a new one")
    CODE_NOT_YET_VALID = "code_not_yet_valid", _("the code is not valid yet; check the two clocks")
    CODE_REVOKED = "code_revoked", _("the code was revoked; the table gives a new one")
    PERSON_UNKNOWN = "person_unknown", _("not in the register; the table writes the person down")
    ALERT = "alert", _("please go to the table")
    TEMPERATURE = "temperature", _("temperature; the table measures again")
    MASK = "mask", _("no mask; the table has some")
    TEST = "test", _("no negative test in time; test at the table")
    PARTY = "party", _("not everybody in the vehicle was shown")
    PASS_MISSING = "pass_missing", _("a pass is asked for here, and there is none")
    PASS_INVALID = "pass_invalid", _("the pass is not valid here now; the table looks")
    PASS_QUOTA = "pass_quota", _("the household's outing is used up")
    INTERVAL = "interval", _("too soon after the last passage")
    MOST_A_DAY = "most_a_day", _("as many passages today as are allowed")
    GUARD = "guard", _("decided by the guard")


class Checkpoint(models.Model):
    """A site of kind “checkpoint” and what is asked there.

    demands     words; without any, a verified person passes
    objection   where to object besides the community's office, such as a phone number
    """

    site = models.OneToOneField("areas.Site", models.PROTECT, primary_key=True, related_name="+")
    area_path = AreaPathField()
    demands = ArrayField(models.CharField(max_length=12, choices=Demand.choices), default=list)
    objection = models.CharField(max_length=120, blank=True)
    set_by = models.UUIDField()
    set_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [models.Index(name="checkpoint_here", fields=["area_path"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="checkpoint_demands_are_known_words",
                condition=Q(demands__contained_by=[str(demand) for demand in Demand]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.site_id)


class Shift(models.Model):
    """Somebody stands at a gate, from when to when, and what they said they had counted.

    The difference to what was scanned is a question for the two at the hand-over, nothing else.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    account = models.ForeignKey("kernel.Account", models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    passed = models.IntegerField(null=True)
    referred = models.IntegerField(null=True)
    turned_back = models.IntegerField(null=True)
    emergencies = models.IntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="gate_shift_at_site", fields=["site", "-began_at"]),
            # Who is on shift now?
            models.Index(name="gate_shift_now", fields=["area_path"], condition=Q(ended_at=None)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="gate_shift_ends_after_it_began_with_counts",
                condition=Q(
                    ended_at=None, passed=None, referred=None, turned_back=None, emergencies=None
                )
                | Q(
                    ended_at__isnull=False,
                    ended_at__gte=F("began_at"),
                    passed__isnull=False,
                    passed__gte=0,
                    referred__isnull=False,
                    referred__gte=0,
                    turned_back__isnull=False,
                    turned_back__gte=0,
                    emergencies__isnull=False,
                    emergencies__gte=0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.began_at:%m-%d %H:%M}"


class Scan(models.Model):
    """Somebody came to a gate. Compact, for there are millions: numbers, not ids.

    site      `Site.number`; null where the phone named a place that nobody knows
    person    `Resident.number`; forgotten after some days by the pack, as are `seen` and the plate
    seen      8 bytes of the SHA-256 of the code's text: the same picture again?
    party     the occupants of one vehicle share it
    plate     masked; `plate_index` finds the same one again and gives nothing back
    verdict   what the guard decided, by which rule
    checked   what the rules say with all that the server knows; "" where it is the same
    """

    class Direction(models.TextChoices):
        IN = "in", pgettext_lazy("direction", "in")
        OUT = "out", pgettext_lazy("direction", "out")

    class Shown(models.TextChoices):
        CODE = "code", pgettext_lazy("shown", "code on a phone or card")
        PASS = "pass", pgettext_lazy("shown", "pass")
        IDENTITY = "identity", pgettext_lazy("shown", "identity card")
        LIST = "list", pgettext_lazy("shown", "on the printed list")
        WORD = "word", pgettext_lazy("shown", "own word")

    class Verdict(models.TextChoices):
        PASS = "pass", pgettext_lazy("verdict", "may pass")
        REFER = "refer", pgettext_lazy("verdict", "please go to the table")
        TURN_BACK = "turn_back", pgettext_lazy("verdict", "turned back")
        EMERGENCY = "emergency", pgettext_lazy("verdict", "emergency: let through")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.IntegerField(null=True)
    area_path = AreaPathField(blank=True)
    shift = models.UUIDField(null=True)
    by_id = models.UUIDField()
    direction = models.CharField(max_length=3, choices=Direction.choices)
    person = models.IntegerField(null=True)
    seen = models.BigIntegerField(null=True)
    party = models.UUIDField(null=True)
    plate = models.CharField(max_length=12, blank=True)
    plate_index = models.BinaryField(max_length=16, null=True)
    shown = models.CharField(max_length=8, choices=Shown.choices)
    pass_number = models.IntegerField(null=True)
    temperature = models.FloatField(null=True)  # °C
    mask = models.BooleanField(null=True)
    verdict = models.CharField(max_length=9, choices=Verdict.choices)
    rule = models.CharField(max_length=30, blank=True)
    checked = models.CharField(max_length=9, choices=Verdict.choices, blank=True)
    checked_rule = models.CharField(max_length=30, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            # What happens at this gate?
            models.Index(name="scan_at_site", fields=["site", "at"], include=["verdict"]),
            # When did this person last pass? Also: whose reference is to be forgotten?
            models.Index(
                name="scan_of_person",
                fields=["person", "at"],
                condition=Q(person__isnull=False),
            ),
            # How often was this pass used?
            models.Index(
                name="scan_of_pass",
                fields=["pass_number", "at"],
                condition=Q(pass_number__isnull=False),
            ),
            # Who is in this vehicle?
            models.Index(name="scan_of_party", fields=["party"], condition=Q(party__isnull=False)),
            # Which scans are old enough to forget the person? In order of time, so a few blocks.
            BrinIndex(name="scan_by_time", fields=["at"]),
            # What was not simply let through, here?
            models.Index(
                name="scan_not_passed",
                fields=["area_path", "at", "id"],
                condition=~Q(verdict="pass"),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="scan_turned_back_names_rule_and_reason",
                condition=~Q(verdict="turn_back") | (~Q(rule="") & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="scan_says_in_or_out", condition=Q(direction__in=["in", "out"])
            ),
            models.CheckConstraint(
                name="scan_shows_a_known_thing", condition=Q(shown__in=list(SHOWN))
            ),
            models.CheckConstraint(
                name="scan_has_a_known_verdict",
                condition=Q(verdict__in=["pass", "refer", "turn_back", "emergency"]),
            ),
            models.CheckConstraint(
                name="scan_temperature_is_that_of_a_living_person",
                condition=Q(temperature=None) | Q(temperature__range=(30, 45)),
            ),
            models.CheckConstraint(
                name="scan_plate_comes_with_its_index",
                condition=Q(plate="", plate_index=None) | ~Q(plate=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.at:%m-%d %H:%M} {self.verdict}"


class Pass(models.Model):
    """A permit to pass gates. `code("P", number)` stands on it.

    household   whose entry and exit quota it counts against
    resident    whom a medical or work pass is for
    area_path   the area whose gates it opens
    pack        whose quota applies
    """

    class Kind(models.TextChoices):
        ENTRY_EXIT = "entry_exit", _("entry and exit pass")
        VEHICLE = "vehicle", _("vehicle pass")
        MEDICAL = "medical", _("medical pass")
        WORK = "work", _("work pass")

    class State(models.TextChoices):
        VALID = "valid", pgettext_lazy("pass", "valid")
        REVOKED = "revoked", pgettext_lazy("pass", "revoked")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    household = models.ForeignKey("people.Household", models.PROTECT, null=True, related_name="+")
    resident = models.ForeignKey("people.Resident", models.PROTECT, null=True, related_name="+")
    plate = models.CharField(max_length=12, blank=True)  # masked
    plate_index = models.BinaryField(max_length=16, null=True)
    area_path = AreaPathField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    pack = models.CharField(max_length=40)
    purpose = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.VALID)
    issued_by = models.UUIDField()
    issued_at = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="pass_lately", fields=["issued_at", "id"]),
            models.Index(name="pass_here", fields=["area_path", "issued_at"]),
            models.Index(name="pass_of_household", fields=["household", "valid_to"]),
            models.Index(name="pass_of_resident", fields=["resident", "valid_to"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="pass_ends_after_it_begins", condition=Q(valid_to__gt=F("valid_from"))
            ),
            models.CheckConstraint(
                name="pass_is_for_what_its_kind_says",
                condition=Q(kind="entry_exit", household__isnull=False, plate="")
                | (Q(kind="vehicle") & ~Q(plate="") & Q(plate_index__isnull=False))
                | Q(kind__in=["medical", "work"], resident__isnull=False, plate=""),
            ),
            models.CheckConstraint(
                name="pass_revoked_says_when_and_why",
                condition=Q(state="valid", revoked_at=None, revoked_because="")
                | (Q(state="revoked", revoked_at__isnull=False) & ~Q(revoked_because="")),
            ),
            # A household goes out on one pass, or its quota would be as many times larger.
            models.UniqueConstraint(
                name="pass_for_a_household_is_valid_once",
                fields=["household"],
                condition=Q(kind="entry_exit", state="valid"),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return ids.code("P", self.number)


class Venue(models.Model):
    """A site of kind “venue” that has, or is to have, a code at its door.

    The site's number is the venue's code number. `screen` shows a code that changes; a poster does
    not, so it proves less.
    """

    class Kind(models.TextChoices):
        SUPERMARKET = "supermarket", pgettext_lazy("venue", "supermarket")
        MARKET = "market", pgettext_lazy("venue", "market")
        SHOP = "shop", pgettext_lazy("venue", "shop")
        PHARMACY = "pharmacy", pgettext_lazy("venue", "pharmacy")
        RESTAURANT = "restaurant", pgettext_lazy("venue", "restaurant")
        HOTEL = "hotel", pgettext_lazy("venue", "hotel")
        BATH = "bath", pgettext_lazy("venue", "bath or hairdresser")
        ENTERTAINMENT = "entertainment", pgettext_lazy("venue", "entertainment")
        SPORT = "sport", pgettext_lazy("venue", "sport")
        CULTURE = "culture", pgettext_lazy("venue", "culture or library")
        WORSHIP = "worship", pgettext_lazy("venue", "place of worship")
        MEDICAL = "medical", pgettext_lazy("venue", "medical care")
        CARE_HOME = "care_home", pgettext_lazy("venue", "care home")
        TEACHING = "teaching", pgettext_lazy("venue", "teaching")
        OFFICE = "office", pgettext_lazy("venue", "office or hall")
        FACTORY = "factory", pgettext_lazy("venue", "factory or building site")
        TRANSPORT = "transport", pgettext_lazy("venue", "station or vehicle")
        LOGISTICS = "logistics", pgettext_lazy("venue", "courier or storage")
        PARK = "park", pgettext_lazy("venue", "park or sight")
        OTHER = "other", pgettext_lazy("venue", "other venue")

    site = models.OneToOneField("areas.Site", models.PROTECT, primary_key=True, related_name="+")
    area_path = AreaPathField()
    kind = models.CharField(max_length=13, choices=Kind.choices)
    contact = models.ForeignKey("kernel.Account", models.PROTECT, null=True, related_name="+")
    screen = models.BooleanField(default=False)
    signed_up_at = models.DateTimeField(default=now)
    signed_up_by = models.UUIDField()
    poster_printed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="venue_here", fields=["area_path", "site"], condition=Q(closed_at=None)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="venue_closes_after_it_signed_up",
                condition=Q(closed_at=None)
                | Q(closed_at__isnull=False, closed_at__gte=F("signed_up_at")),
            ),
            models.CheckConstraint(
                name="venue_poster_is_printed_after_it_signed_up",
                condition=Q(poster_printed_at=None)
                | Q(poster_printed_at__isnull=False, poster_printed_at__gte=F("signed_up_at")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.site_id)


class SignUpDrive(models.Model):
    """Every venue of an area is to have a code by some day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area_path = AreaPathField()
    begun_at = models.DateTimeField(default=now)
    begun_by = models.UUIDField()
    due_at = models.DateTimeField()
    venues = models.IntegerField()  # without a code when it began
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="drive_is_due_after_it_began", condition=Q(due_at__gt=F("begun_at"))
            ),
            models.UniqueConstraint(
                name="drive_is_under_way_once_an_area",
                fields=["area_path"],
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_path} {self.due_at:%m-%d}"


class Incident(models.Model):
    """Something happened at a gate that somebody else should know. No names."""

    class Kind(models.TextChoices):
        CROWD = "crowd", pgettext_lazy("incident", "crowd")
        DISPUTE = "dispute", pgettext_lazy("incident", "dispute")
        FORGED = "forged", pgettext_lazy("incident", "forged code or pass")
        UNWELL = "unwell", pgettext_lazy("incident", "somebody unwell")
        EQUIPMENT = "equipment", pgettext_lazy("incident", "equipment")
        OTHER = "other", pgettext_lazy("incident", "other")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    kind = models.CharField(max_length=9, choices=Kind.choices)
    text = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)
    settled_how = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="incident_lately", fields=["at", "id"]),
            models.Index(
                name="incident_open", fields=["area_path", "at"], condition=Q(settled_at=None)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="incident_settled_says_who_and_how",
                condition=Q(settled_at=None, settled_by=None, settled_how="")
                | (Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(settled_how="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.kind}"


class QueueNote(models.Model):
    """How many waited at a place at a moment, as somebody there saw it."""

    site = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    waiting = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by_id = models.UUIDField()

    class Meta:
        indexes: ClassVar = [models.Index(name="queue_at_site", fields=["site", "-at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(name="queue_is_noted_once_a_moment", fields=["site", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.waiting}"


class Question(models.Model):
    """Something that does not fit together, for a person to look at. Nothing follows by itself.

    one, other   the two scans or visits, where there are two; `site` of `one`, `elsewhere` of
                 `other`, as `Site.number`
    """

    class Kind(models.TextChoices):
        TWO_GATES = "two_gates", _("one code at two gates at once")
        TWO_TOWNS = "two_towns", _("one person at two places at once")
        OVER_QUOTA = "over_quota", _("a pass used beyond its quota")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    area_path = AreaPathField(blank=True)
    person = models.IntegerField(null=True)
    pass_number = models.IntegerField(null=True)
    one = models.UUIDField()
    site = models.IntegerField(null=True)
    one_at = models.DateTimeField()
    other = models.UUIDField(null=True)
    elsewhere = models.IntegerField(null=True)
    other_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(default=now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="question_lately", fields=["found_at", "id"]),
            models.Index(
                name="question_open",
                fields=["area_path", "found_at"],
                condition=Q(answered_at=None),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(name="question_is_asked_once", fields=["kind", "one"]),
            models.CheckConstraint(
                name="question_answered_says_who_and_what",
                condition=Q(answered_at=None, answered_by=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.one}"


class AlertSet(models.Model):
    """Whom gates refer to the table today, as salted truncated hashes: the set says no name.

    It is kept so that a thousand phones cost no more than one.
    """

    day = models.DateField(primary_key=True)
    salt = models.BinaryField(max_length=16)
    count = models.IntegerField()
    hashes = models.TextField()  # base64
    built_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="alert_set_count_is_not_negative", condition=Q(count__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.count}"


class PrintedList(models.Model):
    """A list of who may pass, on paper for a gate without a phone. `digest` stands on it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("areas.Site", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    lines = models.IntegerField()
    digest = models.BinaryField(max_length=32)
    good_until = models.DateTimeField()
    printed_at = models.DateTimeField(default=now)
    printed_by = models.UUIDField()

    class Meta:
        indexes: ClassVar = [
            models.Index(name="printed_list_lately", fields=["site", "-printed_at"])
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="printed_list_is_good_for_some_time",
                condition=Q(good_until__gt=F("printed_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.printed_at:%m-%d %H:%M}"
