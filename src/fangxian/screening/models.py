"""Campaigns, who is followed up in them, and what is known of where they were."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import code, new_id


class Channel(models.TextChoices):
    """How people are asked."""

    DECLARATION = "declaration", _("declaration page")
    MESSAGE = "message", _("text message")
    PHONE = "phone", _("phone call")
    VISIT = "visit", _("visit at the door")


class Campaign(models.Model):
    """Everybody concerned by one ground is to be reached. `code("S", number)` stands on the poster.

    place_said    where people were, as it is announced; for a building, its name
    place_path    that place where it lies in our own district
    since         the look-back date
    area_path     where people are asked
    forgotten_*   people and person-times whose data was deleted since, so that figures stay true
    """

    class Ground(models.TextChoices):
        PLACE = "place", _("people who were at a place")
        LISTS = "lists", _("people on lists that come in")
        BUILDING = "building", _("everybody who lives in a place")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    name = models.CharField(max_length=80)
    ground = models.CharField(max_length=8, choices=Ground.choices)
    place_said = models.CharField(max_length=80)
    place_path = AreaPathField(blank=True)
    since = models.DateField()
    area_path = AreaPathField()
    channels = ArrayField(models.CharField(max_length=11, choices=Channel.choices))
    pack = models.CharField(max_length=40)
    begun_at = models.DateTimeField(default=now)
    begun_by = models.UUIDField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)
    forgotten_persons = models.IntegerField(default=0)
    forgotten_times = models.IntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="campaign_here", fields=["area_path", "begun_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="campaign_names_its_ground", condition=~Q(place_said="") & ~Q(name="")
            ),
            models.CheckConstraint(
                name="campaign_ends_after_it_begins", condition=Q(ends_at__gt=F("begun_at"))
            ),
            models.CheckConstraint(
                name="campaign_asks_by_known_channels",
                condition=Q(channels__contained_by=Channel.values) & ~Q(channels=[]),
            ),
            models.CheckConstraint(
                name="campaign_ended_says_why",
                condition=Q(ended_at=None) | ~Q(end_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        return code("S", self.number)

    @property
    def open(self) -> bool:
        return self.ended_at is None


class ColumnMap(models.Model):
    """What the columns of one sender's lists hold, as somebody once said.

    columns   heading as it stands in the list → what it holds
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sender = models.CharField(max_length=80)
    columns = models.JSONField()
    set_by = models.UUIDField()
    set_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="sender_has_one_map", fields=["sender"]),
        ]

    def __str__(self) -> str:
        return self.sender


class InboundList(models.Model):
    """A list that somebody sent, and what became of its rows.

    columns   heading → what it holds, as it was used for this list
    upload    the file as it came, in base64, until the list has been taken in
    errors    the rows that were not taken, as .xlsx in base64, until somebody discards them
    """

    class Sender(models.TextChoices):
        STATION = "station", _("station or airport")
        EMPLOYER = "employer", _("employer or school")
        DISTRICT = "district", _("another district")
        POLICE = "police", _("police or communications")
        OTHER = "other", _("somebody else")

    class State(models.TextChoices):
        COLUMNS = "columns", _("columns to be named")
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="lists")
    area_path = AreaPathField()
    account = models.ForeignKey("kernel.Account", models.PROTECT, null=True, related_name="+")
    sender = models.CharField(max_length=80)
    sender_kind = models.CharField(max_length=8, choices=Sender.choices)
    file_name = models.CharField(max_length=120)
    language = models.CharField(max_length=10)
    columns = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True)
    rows_in_all = models.IntegerField(default=0)
    rows_read = models.IntegerField(default=0)
    rows_taken = models.IntegerField(default=0)
    rows_repeated = models.IntegerField(default=0)  # the sender had said the same before
    rows_refused = models.IntegerField(default=0)
    persons_new = models.IntegerField(default=0)  # not in the campaign before
    upload = EncryptedField(kind="file", null=True)
    errors = EncryptedField(kind="file", null=True)
    received_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="inbound_list_of_campaign", fields=["campaign", "received_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="inbound_list_counts_every_row_once",
                condition=Q(rows_read=F("rows_taken") + F("rows_repeated") + F("rows_refused")),
            ),
            models.CheckConstraint(
                name="inbound_list_keeps_no_upload_after_its_end",
                condition=Q(state__in=["columns", "waiting", "running"], ended_at=None)
                | Q(state__in=["done", "refused"], ended_at__isnull=False, upload=None),
            ),
            models.CheckConstraint(
                name="inbound_list_is_refused_for_a_reason",
                condition=~Q(state="refused") | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.state}"

    @property
    def percent(self) -> int:
        return 100 * self.rows_read // self.rows_in_all if self.rows_in_all else 0


class FollowUp(models.Model):
    """One person in one campaign, whatever number of lists they stand on. `code("F", number)`.

    area_path   where they live, as exactly as is known
    post_path   the grid or community that is to reach them; "" while nobody knows where they live
    times       person-times: how often the person was named, in lists or by themselves
    due_at      by when the next action is to be done
    rank        of the strictest risk that somebody named; 0: none that we know
    forget_at   when everything about a person without risk is deleted
    """

    class State(models.TextChoices):
        TO_REACH = "to_reach", _("not yet reached")
        REACHED = "reached", _("reached, something unclear")
        AT_RISK = "at_risk", _("was at a place of risk")
        UNDER_MEASURE = "under_measure", _("under a measure")
        HANDED_OVER = "handed_over", _("handed over, no receipt yet")
        CLOSED = "closed", pgettext_lazy("follow-up", "closed")

    class Next(models.TextChoices):
        CALL = "call", _("call")
        VISIT = "visit", _("go to the door")
        ASK_PLACE = "ask_place", _("ask where exactly")
        CONFIRM = "confirm", _("confirm the stay")
        AWAIT_RECEIPT = "await_receipt", _("get the receipt")
        AWAIT_END = "await_end", _("until the measure ends")
        NOTHING = "nothing", _("nothing more")

    class CloseReason(models.TextChoices):
        NO_RISK = "no_risk", _("was at no place of risk")
        NO_MEASURE = "no_measure", _("the rules ask for no measure")
        DAYS_OVER = "days_over", _("the days of the measure are over")
        RELEASED = "released", _("the measure has ended")
        DISMISSED = "dismissed", _("the stay was not so")
        TAKEN_OVER = "taken_over", _("another district has taken over")
        NOT_FOUND = "not_found", _("no such person can be found")
        DEAD = "dead", _("the person has died")
        SAME_PERSON = "same_person", _("the same person as another record")
        MISTAKE = "mistake", _("entered by mistake")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="follow_ups")
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    post_path = AreaPathField(blank=True)
    state = models.CharField(max_length=13, choices=State.choices, default=State.TO_REACH)
    next_action = models.CharField(max_length=13, choices=Next.choices, default=Next.CALL)
    owner = models.ForeignKey("kernel.Account", models.PROTECT, null=True, related_name="+")
    times = models.IntegerField(default=1)
    calls = models.IntegerField(default=0)  # in vain, since the person was last spoken to
    rank = models.PositiveSmallIntegerField(default=0)
    found_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    reached_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=12, choices=CloseReason.choices, blank=True)
    close_note = models.CharField(max_length=200, blank=True)
    forget_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # Who is still to be reached here, first what is due first?
            models.Index(
                name="follow_up_to_do",
                fields=["campaign", "post_path", "due_at", "id"],
                condition=~Q(state="closed"),
            ),
            models.Index(
                name="follow_up_due", fields=["due_at", "id"], condition=~Q(state="closed")
            ),
            models.Index(name="follow_up_of_person", fields=["resident"]),
            models.Index(
                name="follow_up_to_forget",
                fields=["forget_at"],
                condition=Q(forget_at__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="follow_up_is_one_a_person_and_campaign", fields=["campaign", "resident"]
            ),
            models.CheckConstraint(
                name="follow_up_closed_says_when_and_why",
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(close_reason="")
                | ~Q(state="closed") & Q(closed_at=None, close_reason=""),
            ),
            models.CheckConstraint(
                name="follow_up_restricts_only_who_was_reached",
                condition=~Q(state="under_measure") | Q(reached_at__isnull=False),
            ),
            models.CheckConstraint(
                name="follow_up_forgets_only_what_is_closed",
                condition=Q(forget_at=None) | Q(state="closed"),
            ),
            models.CheckConstraint(
                name="follow_up_was_named_at_least_once", condition=Q(times__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return code("F", self.number)


class Mention(models.Model):
    """One person-time: somebody named the person, a list in one line or the person themselves.

    digest      of who said what about whom, so that saying it again is no second time
    was_there   what the person answered; null: nobody asked them
    """

    class Kind(models.TextChoices):
        LIST = "list", _("a list")
        DECLARED = "declared", _("declared on the page")
        TOLD = "told", _("told to a worker")
        LIVES_HERE = "lives_here", _("lives in the place")
        ASKED = "asked", _("asked for by another district")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+")
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="mentions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    inbound = models.ForeignKey(InboundList, models.PROTECT, null=True, related_name="mentions")
    line = models.IntegerField(null=True)
    was_there = models.BooleanField(null=True)
    digest = models.BinaryField(max_length=16)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [models.Index(name="mention_of_follow_up", fields=["follow_up", "at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(name="mention_is_said_once", fields=["campaign", "digest"]),
            models.CheckConstraint(
                name="mention_of_a_list_names_its_line",
                condition=Q(kind="list", inbound__isnull=False, line__isnull=False)
                | (~Q(kind="list") & Q(inbound=None, line=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.line or ''}"


class Trip(models.Model):
    """A stay at a place, as it was said.

    place_path   where that is, if it lies in our district and is known
    risk         how it compares with the risk history of that place and those days
    left_on      the last day that the place was one of risk and the person was there
    subject      of the measure that the pack names for such people
    """

    class Risk(models.TextChoices):
        NONE = "none", _("no risk known")
        RISK = "risk", _("place of risk")
        UNCLEAR = "unclear", _("place not exact enough")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="trips")
    mention = models.ForeignKey(Mention, models.PROTECT, related_name="trips")
    place_said = models.CharField(max_length=120)
    place_path = AreaPathField(blank=True)
    from_day = models.DateField()
    until_day = models.DateField()
    how = models.CharField(max_length=60, blank=True)
    risk = models.CharField(max_length=7, choices=Risk.choices, default=Risk.NONE)
    level = models.CharField(max_length=12, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=20, blank=True)
    left_on = models.DateField(null=True)
    risk_id = models.UUIDField(null=True)  # the risk area, here or elsewhere
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="trip_of_follow_up", fields=["follow_up"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="trip_ends_no_earlier_than_it_begins",
                condition=Q(until_day__gte=F("from_day")),
            ),
            models.CheckConstraint(
                name="trip_at_risk_names_level_and_day",
                condition=~Q(risk="risk")
                | Q(left_on__isnull=False, risk_id__isnull=False) & ~Q(level=""),
            ),
            models.CheckConstraint(name="trip_names_a_place", condition=~Q(place_said="")),
        ]

    def __str__(self) -> str:
        return f"{self.place_said} {self.from_day}"


class Attempt(models.Model):
    """One try to reach somebody."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("reached")
        NO_ANSWER = "no_answer", _("nobody answered")
        NOT_AT_HOME = "not_at_home", _("nobody at home")
        WRONG_NUMBER = "wrong_number", _("wrong number")
        DECLINED = "declined", _("did not want to speak")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="attempts")
    channel = models.CharField(max_length=11, choices=Channel.choices)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    by = models.UUIDField()
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [models.Index(name="attempt_of_follow_up", fields=["follow_up", "at"])]

    def __str__(self) -> str:
        return f"{self.channel} {self.outcome}"


class TextMessage(models.Model):
    """One text message to one person; its words are the campaign's. The number is not kept here.

    claimed_at   a worker has begun to send it, so that no second one does
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not sent")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="messages")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    trouble = models.CharField(max_length=120, blank=True)
    queued_at = models.DateTimeField(default=now)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="message_waiting", fields=["id"], condition=Q(state="waiting")),
            models.Index(name="message_of_follow_up", fields=["follow_up"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="message_waits_once_a_person",
                fields=["follow_up"],
                condition=Q(state="waiting"),
            ),
            models.CheckConstraint(
                name="message_sent_says_when_and_failed_says_why",
                condition=Q(state="waiting", sent_at=None)
                | Q(state="sent", sent_at__isnull=False)
                | (Q(state="failed", sent_at=None) & ~Q(trouble="")),
            ),
        ]

    def __str__(self) -> str:
        return self.state


class HandOver(models.Model):
    """A person handed to another district, or by one to us. `code("H", number)` is the letter's.

    other       the other district
    due_at      by when the receipt is to be there
    receipt     what the receiving side wrote: number of its letter, name of its post
    """

    class Direction(models.TextChoices):
        OUT = "out", _("to another district")
        IN = "in", _("from another district")

    class State(models.TextChoices):
        SENT = "sent", _("no receipt yet")
        RECEIVED = "received", _("received")
        REFUSED = "refused", pgettext_lazy("hand-over", "refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="hand_overs")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    other = models.CharField(max_length=80)
    why = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.SENT)
    sent_at = models.DateTimeField(default=now)
    sent_by = models.UUIDField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)
    receipt = models.CharField(max_length=80, blank=True)
    refusal = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="hand_over_is_open_once_a_person",
                fields=["follow_up"],
                condition=Q(state="sent"),
            ),
            models.CheckConstraint(
                name="hand_over_answered_says_when",
                condition=Q(state="sent", answered_at=None)
                | Q(state__in=["received", "refused"], answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="hand_over_refused_says_why", condition=~Q(state="refused") | ~Q(refusal="")
            ),
            models.CheckConstraint(
                name="hand_over_received_has_a_receipt",
                condition=~Q(state="received") | ~Q(receipt=""),
            ),
            models.CheckConstraint(
                name="hand_over_names_the_other_side", condition=~Q(other="") & ~Q(why="")
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return code("H", self.number)


class RiskElsewhere(models.Model):
    """A place outside our district that was one of risk, as another authority published it.

    place       its words from the widest to the narrowest: “西安 雁塔 明德门”
    level       word of the pack's zones
    until_day   null: still so
    source      where that was published
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area_path = AreaPathField(blank=True)
    place = models.CharField(max_length=120)
    level = models.CharField(max_length=12)
    from_day = models.DateField()
    until_day = models.DateField(null=True)
    source = models.CharField(max_length=200)
    noted_by = models.UUIDField()
    noted_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="risk_elsewhere_is_noted_once", fields=["place", "level", "from_day"]
            ),
            models.CheckConstraint(
                name="risk_elsewhere_names_its_source",
                condition=~Q(source="") & ~Q(place="") & ~Q(level=""),
            ),
            models.CheckConstraint(
                name="risk_elsewhere_ends_no_earlier_than_it_begins",
                condition=Q(until_day=None) | Q(until_day__gte=F("from_day")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.level}"
