"""Calls, requests and whistles: what people ask for, who answers, and by when."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import code, new_id


class Category(models.TextChoices):
    EMERGENCY = "emergency", _("emergency")
    MEDICAL = "medical", _("care and medicine")
    SUPPLIES = "supplies", _("food and daily supplies")
    TESTING = "testing", _("testing")
    CODE = "code", _("health code")
    QUARANTINE = "quarantine", _("quarantine and control")
    TRAVEL = "travel", _("going out and coming back")
    DECLARATION = "declaration", _("declaration of a stay elsewhere")
    POLICY = "policy", _("rules and notices")
    UTILITIES = "utilities", _("water, power, gas, heating")
    ENVIRONMENT = "environment", _("waste and disinfection")
    COMPLAINT = "complaint", _("complaint")
    PROBLEM = "problem", _("problem found at work")
    OTHER = "other", pgettext_lazy("request", "other")


class Urgency(models.TextChoices):
    ORDINARY = "ordinary", _("ordinary")
    URGENT = "urgent", _("urgent")
    VERY_URGENT = "very_urgent", _("very urgent")


class Channel(models.TextChoices):
    HOTLINE = "hotline", _("hotline")
    PAGE = "page", _("resident's page")
    GRID = "grid", _("grid worker")
    COLLEAGUE = "colleague", _("colleague")
    CITY_HOTLINE = "city_hotline", _("city hotline")
    GATE = "gate", _("gate")


class Exchange(models.Model):
    """A telephone system that reports calls, and the key by which it is let in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    area_path = AreaPathField()
    secret_hash = models.BinaryField(max_length=32, unique=True)
    set_by = models.UUIDField()
    set_at = models.DateTimeField(default=now)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """A line of the hotline, and who sits at it. Calls are shared: any line answers any call.

    number   as the telephone system names it
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    area_path = AreaPathField()
    operator = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    since = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="line_is_held_since",
                condition=Q(operator=None, since=None)
                | Q(operator__isnull=False, since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Answer(models.Model):
    """A question that is asked often, and what is answered. Words of ours, no person's.

    keywords   by which it is found besides the words of the question
    used       how many calls it ended
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area_path = AreaPathField()
    category = models.CharField(max_length=12, choices=Category.choices)
    question = models.CharField(max_length=200)
    answer = models.TextField(max_length=2000)
    question_en = models.CharField(max_length=200, blank=True)
    answer_en = models.TextField(max_length=2000, blank=True)
    keywords = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200, blank=True)
    used = models.IntegerField(default=0)
    set_by = models.UUIDField()
    set_at = models.DateTimeField(default=now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="answer_in_force", fields=["area_path"], condition=Q(withdrawn_at=None)
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="question_is_answered_once",
                fields=["area_path", "question"],
                condition=Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="answer_says_something", condition=~Q(question="") & ~Q(answer="")
            ),
        ]

    def __str__(self) -> str:
        return self.question


class Call(models.Model):
    """One call to the hotline, from its first ring to what came of it.

    resident     whom the number, or the operator, recognised
    hung_up_at   the caller is gone, or the line went dead: to be called back
    behind       waits behind others, for earlier calls from this number were abusive
    emergency    said to be one: then nothing may end it but help
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("call", "waiting")
        TAKEN = "taken", pgettext_lazy("call", "taken")
        ENDED = "ended", pgettext_lazy("call", "ended")

    class Intent(models.TextChoices):
        ASK = "ask", pgettext_lazy("call", "ask")
        DECLARE = "declare", pgettext_lazy("call", "declare")
        HELP = "help", pgettext_lazy("call", "help")

    class Ending(models.TextChoices):
        ANSWER = "answer", _("answered")
        DECLARATION = "declaration", _("declared")
        REQUEST = "request", _("made a request")
        NOT_REACHED = "not_reached", _("could not be called back")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area_path = AreaPathField()
    line = models.ForeignKey(Line, models.PROTECT, null=True, related_name="+")
    phone = EncryptedField(kind="phone", null=True)
    phone_index = models.BinaryField(max_length=16, null=True)
    resident = models.ForeignKey("people.Resident", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    came_at = models.DateTimeField(default=now)
    hung_up_at = models.DateTimeField(null=True)
    behind = models.BooleanField(default=False)
    emergency = models.BooleanField(default=False)
    abusive = models.BooleanField(default=False)
    warned_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    intent = models.CharField(max_length=7, choices=Intent.choices, blank=True)
    ending = models.CharField(max_length=11, choices=Ending.choices, blank=True)
    answer = models.ForeignKey(Answer, models.PROTECT, null=True, related_name="+")
    words = models.CharField(max_length=1000, blank=True)
    declaration = models.CharField(max_length=12, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # Who is next?
            models.Index(
                name="call_waiting",
                fields=["area_path", "behind", "came_at"],
                condition=Q(state="waiting"),
            ),
            models.Index(name="call_by_time", fields=["-came_at", "-id"]),
            models.Index(
                name="call_from_number",
                fields=["phone_index", "came_at"],
                condition=Q(phone_index__isnull=False),
            ),
            models.Index(
                name="call_ended_by_time", fields=["ended_at"], condition=Q(state="ended")
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="operator_has_one_call_at_a_time",
                fields=["taken_by"],
                condition=Q(state="taken"),
            ),
            models.CheckConstraint(
                name="call_taken_has_an_operator",
                condition=~Q(state="taken") | Q(taken_by__isnull=False, taken_at__isnull=False),
            ),
            models.CheckConstraint(
                name="call_waiting_has_no_operator",
                condition=~Q(state="waiting") | Q(taken_by=None),
            ),
            models.CheckConstraint(
                name="call_ends_with_something",
                condition=~Q(state="ended", ending="")
                & (
                    Q(state="ended", ended_at__isnull=False)
                    | ~Q(state="ended") & Q(ended_at=None, ending="")
                ),
            ),
            models.CheckConstraint(
                name="call_phone_comes_with_its_index",
                condition=Q(phone=None, phone_index=None)
                | Q(phone__isnull=False, phone_index__isnull=False),
            ),
            models.CheckConstraint(
                name="call_of_an_emergency_ends_with_help",
                condition=~Q(emergency=True, state="ended")
                | Q(ending__in=["request", "not_reached"]),
            ),
            models.CheckConstraint(
                name="call_is_abusive_only_after_a_warning",
                condition=Q(abusive=False) | Q(warned_at__isnull=False, emergency=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.came_at:%H:%M:%S} {self.state}"


class Request(models.Model):
    """What somebody needs or complains of, until that person says that it is done.

    resident        who asks, if known; `Concerned` names everybody it is about
    by              the number to call back, of whoever asked
    place           where exactly, in words
    words           as they were said; deleted by the retention
    digest          of the words, so that the same words are noticed
    head            the first of many that ask the same: answered there, told to each
    repeat_of       the earlier one, closed, that this person made of the same matter
    first_receiver  who took it in hand first, and is responsible to the end
    stage_due       when the time of the stage it is in runs out
    told_at         when whoever asked was told the answer
    level           who must see to it by now: 0 grid, 1 community, 2 subdistrict, 3 district
    """

    class State(models.TextChoices):
        RAISED = "raised", pgettext_lazy("request", "raised")
        GROUPED = "grouped", pgettext_lazy("request", "with others")
        ACCEPTED = "accepted", pgettext_lazy("request", "accepted")
        DISPATCHED = "dispatched", pgettext_lazy("request", "being handled")
        DONE = "done", pgettext_lazy("request", "done, to be confirmed")
        CLOSED = "closed", pgettext_lazy("request", "closed")

    class CloseReason(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed by who asked")
        NOT_SOLVED = "not_solved", _("cannot be solved, and told why")
        NOT_REACHED = "not_reached", _("nobody could be asked")
        WITHDRAWN = "withdrawn", _("withdrawn by who asked")
        TRANSFER = "transfer", _("became an emergency transfer")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    category = models.CharField(max_length=12, choices=Category.choices)
    urgency = models.CharField(max_length=11, choices=Urgency.choices)
    area_path = AreaPathField()
    place = models.CharField(max_length=120, blank=True)
    words = models.CharField(max_length=1000)
    digest = models.BinaryField(max_length=16)
    resident = models.ForeignKey("people.Resident", models.PROTECT, null=True, related_name="+")
    by = EncryptedField(kind="phone", null=True)
    by_index = models.BinaryField(max_length=16, null=True)
    call = models.ForeignKey(Call, models.PROTECT, null=True, related_name="requests")
    city_number = models.CharField(max_length=40, blank=True)
    head = models.ForeignKey("self", models.PROTECT, null=True, related_name="others")
    repeat_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    repeats = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RAISED)
    pack = models.CharField(max_length=60, blank=True)
    raised_by = models.UUIDField()
    raised_at = models.DateTimeField(default=now)
    first_receiver = models.UUIDField(null=True)
    accepted_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    first_contact_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)
    answer = models.CharField(max_length=1000, blank=True)
    told_at = models.DateTimeField(null=True)
    call_back_tries = models.PositiveSmallIntegerField(default=0)
    verified_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=11, choices=CloseReason.choices, blank=True)
    solved = models.BooleanField(null=True)
    score = models.PositiveSmallIntegerField(null=True)
    score_words = models.CharField(max_length=500, blank=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    accept_due = models.DateTimeField(null=True)
    dispatch_due = models.DateTimeField(null=True)
    handle_due = models.DateTimeField(null=True)
    overall_due = models.DateTimeField(null=True)
    confirm_due = models.DateTimeField(null=True)
    stage_due = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True)
    transfer_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [
            # What is open here, first what is due first?
            models.Index(
                name="request_open_here",
                fields=["area_path", "stage_due", "id"],
                condition=Q(state__in=["raised", "accepted", "dispatched", "done"]),
            ),
            models.Index(
                name="request_open_by_time",
                fields=["stage_due", "id"],
                condition=Q(state__in=["raised", "accepted", "dispatched", "done"]),
            ),
            models.Index(name="request_newest", fields=["-raised_at", "-id"]),
            # Was the same said before?
            models.Index(name="request_same_words", fields=["digest", "raised_at"]),
            models.Index(
                name="request_of_number",
                fields=["by_index", "raised_at"],
                condition=Q(by_index__isnull=False),
            ),
            models.Index(
                name="request_of_resident",
                fields=["resident", "raised_at"],
                condition=Q(resident__isnull=False),
            ),
            models.Index(name="request_raised_by", fields=["raised_by", "raised_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="request_says_something", condition=~Q(words="")),
            models.CheckConstraint(
                name="request_number_to_call_comes_with_its_index",
                condition=Q(by=None, by_index=None) | Q(by__isnull=False, by_index__isnull=False),
            ),
            models.CheckConstraint(
                name="request_is_not_with_itself", condition=Q(head=None) | ~Q(head=F("id"))
            ),
            models.CheckConstraint(
                name="request_with_others_has_a_head",
                condition=~Q(state="grouped") | Q(head__isnull=False),
            ),
            models.CheckConstraint(
                name="request_of_an_emergency_stands_alone",
                condition=~Q(category="emergency") | Q(head=None),
            ),
            models.CheckConstraint(
                name="request_accepted_has_a_receiver",
                condition=Q(state__in=["raised", "grouped", "closed"])
                | Q(first_receiver__isnull=False, accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="request_done_says_what",
                condition=~Q(state="done")
                | (Q(done_at__isnull=False, done_by__isnull=False) & ~Q(answer="")),
            ),
            models.CheckConstraint(
                name="request_closed_says_why",
                condition=(Q(state="closed", closed_at__isnull=False) & ~Q(close_reason=""))
                | (~Q(state="closed") & Q(closed_at=None, close_reason="")),
            ),
            models.CheckConstraint(
                name="request_is_not_verified_by_its_doer",
                condition=Q(verified_by=None)
                | Q(done_by=None)
                | Q(verified_by__isnull=False, done_by__isnull=False)
                & ~Q(verified_by=F("done_by")),
            ),
            models.CheckConstraint(
                name="request_scores_from_one_to_five",
                condition=Q(score=None) | Q(score__isnull=False, score__gte=1, score__lte=5),
            ),
            models.UniqueConstraint(
                name="request_of_the_city_is_taken_in_once",
                fields=["city_number"],
                condition=~Q(city_number=""),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return code("Q", self.number)


class Concerned(models.Model):
    """Somebody whom a request is about."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(Request, models.PROTECT, related_name="concerned")
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="request_concerns_somebody_once", fields=["request", "resident"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.resident_id}"


class Handling(models.Model):
    """A unit that handles a request: one leads, others help.

    handed_back_at   it said that this is not for it, and why
    """

    class Role(models.TextChoices):
        LEAD = "lead", pgettext_lazy("handling", "lead")
        HELPER = "helper", pgettext_lazy("handling", "helps")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(Request, models.PROTECT, related_name="handlings")
    unit = models.ForeignKey("workforce.Organisation", models.PROTECT, related_name="+")
    role = models.CharField(max_length=6, choices=Role.choices)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(null=True)
    contact_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)
    note = models.CharField(max_length=1000, blank=True)
    handed_back_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="handling_of_unit", fields=["unit", "asked_at"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="unit_handles_a_request_once",
                fields=["request", "unit"],
                condition=Q(handed_back_at=None, done_at=None),
            ),
            models.UniqueConstraint(
                name="request_has_one_lead_at_a_time",
                fields=["request"],
                condition=Q(role="lead", handed_back_at=None, done_at=None),
            ),
            models.CheckConstraint(
                name="handling_is_handed_back_with_a_reason",
                condition=Q(handed_back_at=None) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="handling_done_says_what",
                condition=Q(done_at=None) | (Q(done_by__isnull=False) & ~Q(note="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.unit_id}"


class Extension(models.Model):
    """More time for the stage a request is in, asked before its time ran out."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(Request, models.PROTECT, related_name="extensions")
    stage = models.CharField(max_length=10, choices=Request.State.choices)
    due_at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=500)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=now)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="extension_is_asked_once_a_stage", fields=["request", "stage", "due_at"]
            ),
            models.CheckConstraint(
                name="extension_is_asked_before_the_time_is_up",
                condition=Q(asked_at__lt=F("due_at"), until__gt=F("due_at")),
            ),
            models.CheckConstraint(
                name="extension_is_decided_by_another",
                condition=Q(decided_by=None, decided_at=None, granted=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False, granted__isnull=False)
                & ~Q(decided_by=F("asked_by")),
            ),
            models.CheckConstraint(name="request_extension_says_why", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.until}"


class Note(models.Model):
    """Something said while a request was seen to; words are here, never in the ledger."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(Request, models.PROTECT, related_name="notes")
    at = models.DateTimeField(default=now)
    by = models.UUIDField()
    words = models.CharField(max_length=1000)

    class Meta:
        indexes: ClassVar = [models.Index(name="note_of_request", fields=["request", "at"])]
        constraints: ClassVar = [
            models.CheckConstraint(name="note_says_something", condition=~Q(words="")),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.at}"


class Whistle(models.Model):
    """A community calls: for people, or for a department. It scores who came.

    caller      the committee that calls, if it is entered
    people      how many are needed; 0 where a department is called
    level       who is called by now: 0 the units named, then the subdistrict, then the district
    """

    class For(models.TextChoices):
        PEOPLE = "people", _("people")
        DEPARTMENT = "department", _("a department")

    class State(models.TextChoices):
        BLOWN = "blown", _("blown, nobody there yet")
        ARRIVED = "arrived", _("units are there")
        DONE = "done", _("done and scored")
        WITHDRAWN = "withdrawn", pgettext_lazy("whistle", "withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    area_path = AreaPathField()
    caller = models.ForeignKey(
        "workforce.Organisation", models.PROTECT, null=True, related_name="+"
    )
    wants = models.CharField(max_length=10, choices=For.choices)
    category = models.CharField(max_length=12, choices=Category.choices, default=Category.PROBLEM)
    people = models.PositiveSmallIntegerField(default=0)
    skills = ArrayField(models.CharField(max_length=30), default=list)
    place = models.CharField(max_length=120, blank=True)
    words = models.CharField(max_length=500)
    state = models.CharField(max_length=9, choices=State.choices, default=State.BLOWN)
    pack = models.CharField(max_length=60, blank=True)
    request = models.ForeignKey(Request, models.PROTECT, null=True, related_name="whistles")
    blown_by = models.UUIDField()
    blown_at = models.DateTimeField(default=now)
    answer_due = models.DateTimeField(null=True)
    arrive_due = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    climbed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="whistle_open_here",
                fields=["area_path", "blown_at"],
                condition=Q(state__in=["blown", "arrived"]),
            ),
            models.Index(name="whistle_newest", fields=["-blown_at", "-id"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="whistle_says_something", condition=~Q(words="")),
            models.CheckConstraint(
                name="whistle_for_people_says_how_many",
                condition=Q(wants="people", people__gte=1) | Q(wants="department"),
            ),
            models.CheckConstraint(
                name="whistle_ended_has_a_time",
                condition=Q(state__in=["done", "withdrawn"], ended_at__isnull=False)
                | Q(state__in=["blown", "arrived"], ended_at=None),
            ),
            models.CheckConstraint(
                name="whistle_climbs_to_the_district_at_most", condition=Q(level__lte=3)
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return code("Y", self.number)


class Response(models.Model):
    """A unit that a whistle calls, and what it did.

    people   how many it sends
    """

    class Says(models.TextChoices):
        NOTHING = "", _("has not answered")
        COMING = "coming", _("is coming")
        CANNOT = "cannot", _("cannot come")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    whistle = models.ForeignKey(Whistle, models.PROTECT, related_name="responses")
    unit = models.ForeignKey("workforce.Organisation", models.PROTECT, related_name="+")
    called_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=6, choices=Says.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    people = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)
    arrived_at = models.DateTimeField(null=True)
    arrival_seen_by = models.UUIDField(null=True)
    score = models.PositiveSmallIntegerField(null=True)
    score_words = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="response_of_unit", fields=["unit", "called_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(name="unit_is_called_once", fields=["whistle", "unit"]),
            models.CheckConstraint(
                name="unit_that_cannot_come_says_why",
                condition=~Q(says="cannot") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="unit_is_scored_by_one_to_five",
                condition=Q(score=None) | Q(score__isnull=False, score__gte=1, score__lte=5),
            ),
            models.CheckConstraint(
                name="arrival_is_seen_by_another",
                condition=Q(arrival_seen_by=None)
                | Q(answered_by=None)
                | Q(arrival_seen_by__isnull=False, answered_by__isnull=False)
                & ~Q(arrival_seen_by=F("answered_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.whistle_id} {self.unit_id}"
