"""Posts with a name: where somebody must stand, when, and who does."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import code, new_id


class Post(models.Model):
    """A place where somebody must be: a table's registrar, a gate, a building, a hotline line.

    area_path   where it is; `site` if it is at one
    team        the organisation whose people fill it, if it is one's
    standing    one name for as long as it lasts, without shifts: the lead of a sampling point
    told_at     when it was last told that a standing post has no name; None while it has
    """

    class Kind(models.TextChoices):
        POINT_LEAD = "point_lead", _("lead of a sampling point")
        SAMPLER = "sampler", _("sampler")
        REGISTRAR = "registrar", _("registrar")
        MARSHAL = "marshal", _("keeps order")
        GATE = "gate", _("gate")
        BUILDING = "building", _("building")
        QUARANTINE = "quarantine", _("quarantine site")
        HOTLINE = "hotline", _("hotline")
        SORTING = "sorting", _("sorting and delivery")
        DRIVING = "driving", _("driving")
        OUTREACH = "outreach", _("door to door")
        DISINFECTION = "disinfection", _("disinfection")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=80)
    area_path = AreaPathField()
    site = models.ForeignKey("areas.Site", models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey("workforce.Organisation", models.PROTECT, null=True, related_name="+")
    standing = models.BooleanField(default=False)
    duties = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="post_here", fields=["area_path", "kind"]),
            # Which posts must have a name before this site may open?
            models.Index(
                name="post_at_site",
                fields=["site"],
                condition=Q(site__isnull=False, closed_at=None),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="post_closes_after_it_opened",
                condition=Q(closed_at=None)
                | Q(closed_at__isnull=False, closed_at__gte=F("opened_at")),
            ),
            models.CheckConstraint(
                name="post_of_a_point_lead_stands",
                condition=~Q(kind="point_lead") | Q(standing=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """Hangs at the post, to be scanned, typed or said."""
        return code("J", self.number)


class Need(models.Model):
    """How many people a post needs, of which skill, from when to when, every day.

    skill        a word of the force's skills; "" is anybody
    ends         not after `starts`: on the next day
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, models.PROTECT, related_name="needs")
    skill = models.CharField(max_length=20, blank=True)
    headcount = models.PositiveSmallIntegerField(default=1)
    starts = models.TimeField()
    ends = models.TimeField()
    from_day = models.DateField()
    until_day = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="need_is_of_somebody", condition=Q(headcount__gte=1)),
            models.CheckConstraint(
                name="need_ends_after_it_begins",
                condition=Q(until_day=None)
                | Q(until_day__isnull=False, until_day__gte=F("from_day")),
            ),
            models.UniqueConstraint(
                name="need_is_stated_once",
                fields=["post", "skill", "starts"],
                condition=Q(until_day=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.headcount} {self.skill} {self.starts:%H:%M}-{self.ends:%H:%M}"


class Tenure(models.Model):
    """Who holds a standing post by name, from when to when.

    lead   a sampling point has one lead, and whoever leads one leads no other
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, models.PROTECT, related_name="tenures")
    member = models.ForeignKey("workforce.Member", models.PROTECT, related_name="+")
    lead = models.BooleanField(default=False)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="tenure_of_member", fields=["member"], condition=Q(until=None)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="tenure_is_of_one_person_at_a_time", fields=["post"], condition=Q(until=None)
            ),
            models.UniqueConstraint(
                name="tenure_leads_one_point_at_a_time",
                fields=["member"],
                condition=Q(until=None, lead=True),
            ),
            models.CheckConstraint(
                name="tenure_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.member_id}"


class Shift(models.Model):
    """One post's hours on one day, and how many people it needs in them.

    day       on which it begins, where the district is
    told_at   when it was last told that it is not filled; None while it is
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, models.PROTECT, related_name="shifts")
    need = models.ForeignKey(Need, models.PROTECT, related_name="+")
    area_path = AreaPathField()
    day = models.DateField()
    skill = models.CharField(max_length=20, blank=True)
    headcount = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # What is to be filled here on these days?
            models.Index(name="shift_here", fields=["day", "area_path"]),
            models.Index(name="shift_of_post", fields=["post", "starts_at"]),
            # Which shifts run now?
            models.Index(
                name="shift_running",
                fields=["ends_at", "starts_at"],
                condition=Q(cancelled_at=None),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(name="shift_is_opened_once", fields=["need", "day"]),
            models.CheckConstraint(
                name="shift_ends_after_it_begins", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(name="shift_is_of_somebody", condition=Q(headcount__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.starts_at:%m-%d %H:%M}"


class Turn(models.Model):
    """One person's turn at a shift: all of it, or, after a relief or in heat, a part.

    Nobody has two turns at the same time: the table itself refuses that (0002).

    arrived_by   how they said that they were there
    reason       why they were taken off, or did not come
    """

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("turn", "planned")
        THERE = "there", pgettext_lazy("turn", "there")
        DONE = "done", pgettext_lazy("turn", "done")
        MISSING = "missing", pgettext_lazy("turn", "did not come")
        OFF = "off", pgettext_lazy("turn", "taken off")

    class Way(models.TextChoices):
        CODE = "code", _("by the post's code")
        SUPERVISOR = "supervisor", _("by the supervisor")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    shift = models.ForeignKey(Shift, models.PROTECT, related_name="turns")
    member = models.ForeignKey("workforce.Member", models.PROTECT, related_name="+")
    member_number = models.IntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.PLANNED)
    arrived_at = models.DateTimeField(null=True)
    arrived_by = models.CharField(max_length=10, choices=Way.choices, blank=True)
    left_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    relieves = models.ForeignKey("self", models.PROTECT, null=True, related_name="reliefs")
    made_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="turn_of_member", fields=["member", "starts_at"]),
            # Who has not come yet?
            models.Index(name="turn_awaited", fields=["starts_at"], condition=Q(state="planned")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="turn_ends_after_it_begins", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="turn_there_has_arrived",
                condition=~Q(state__in=["there", "done"])
                | (Q(arrived_at__isnull=False) & ~Q(arrived_by="")),
            ),
            models.CheckConstraint(
                name="turn_done_was_left",
                condition=Q(state="done", left_at__isnull=False)
                | (~Q(state="done") & Q(left_at=None)),
            ),
            models.CheckConstraint(
                name="turn_off_says_why", condition=~Q(state="off") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.state}"


class HandOver(models.Model):
    """What one turn leaves to the next: a note, and things counted.

    counts   [[what, how many], …]; nobody's name in either
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, models.PROTECT, related_name="hand_overs")
    given = models.OneToOneField(Turn, models.PROTECT, related_name="hand_over")
    taken = models.ForeignKey(Turn, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=500)
    counts = models.JSONField(default=list)
    given_at = models.DateTimeField(default=now)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="hand_over_of_post", fields=["post", "given_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="hand_over_is_taken_by_somebody",
                condition=Q(taken=None, taken_at=None)
                | Q(taken__isnull=False, taken_at__isnull=False),
            ),
            models.CheckConstraint(
                name="hand_over_is_to_somebody_else", condition=Q(taken=None) | ~Q(taken=F("given"))
            ),
        ]

    def __str__(self) -> str:
        return self.note


class Swap(models.Model):
    """Somebody's wish that another takes their turn, or that they change turns.

    in_return   the turn of the other that they take for it; None: the other only takes theirs
    """

    class State(models.TextChoices):
        OFFERED = "offered", pgettext_lazy("swap", "offered")
        ACCEPTED = "accepted", pgettext_lazy("swap", "accepted, to be approved")
        DECLINED = "declined", pgettext_lazy("swap", "declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("swap", "withdrawn")
        APPROVED = "approved", pgettext_lazy("swap", "approved")
        REFUSED = "refused", pgettext_lazy("swap", "refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    turn = models.ForeignKey(Turn, models.PROTECT, related_name="swaps")
    to = models.ForeignKey("workforce.Member", models.PROTECT, related_name="+")
    in_return = models.ForeignKey(Turn, models.PROTECT, null=True, related_name="+")
    area_path = AreaPathField()
    reason = models.CharField(max_length=200, blank=True)
    refusal = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OFFERED)
    offered_at = models.DateTimeField(default=now)
    answered_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="swap_awaited",
                fields=["to"],
                condition=Q(state__in=["offered", "accepted"]),
            ),
            models.Index(
                name="swap_to_approve", fields=["area_path"], condition=Q(state="accepted")
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="swap_of_a_turn_is_one_at_a_time",
                fields=["turn"],
                condition=Q(state__in=["offered", "accepted"]),
            ),
            models.CheckConstraint(
                name="swap_decided_has_a_time",
                condition=Q(state__in=["approved", "refused"], decided_at__isnull=False)
                | (~Q(state__in=["approved", "refused"]) & Q(decided_at=None)),
            ),
            models.CheckConstraint(
                name="swap_refused_says_why", condition=~Q(state="refused") | ~Q(refusal="")
            ),
            models.CheckConstraint(
                name="swap_is_of_two_turns", condition=Q(in_return=None) | ~Q(in_return=F("turn"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.turn_id} {self.state}"


class HotDay(models.Model):
    """A day on which whoever wears a suit is relieved by the hour; said by whoever sees to it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area_path = AreaPathField()
    day = models.DateField()
    said_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="hot_day_is_said_once", fields=["day", "area_path"]),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class Pair(models.Model):
    """Two people who work together: a learner and who shows them, a couple with one car."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first = models.ForeignKey("workforce.Member", models.PROTECT, related_name="+")
    second = models.ForeignKey("workforce.Member", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="pair_is_of_two", condition=~Q(first=F("second"))),
            models.UniqueConstraint(
                name="pair_has_one_first", fields=["first"], condition=Q(until=None)
            ),
            models.UniqueConstraint(
                name="pair_has_one_second", fields=["second"], condition=Q(until=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"


class Proposal(models.Model):
    """A staffing plan as the machine proposes it; nobody is on a post by it until it is accepted.

    kind      a whole week, or what is to change after sick calls
    rows      [[shift, member], …]: who is to have which turn
    off       turns that would end, when it changes a roster
    gap       how far it may be from the best there is, in per cent, as proven
    places    turns asked for; `filled` are those it found somebody for
    facts     what else the machine says: bound, solver, wishes met
    """

    class Kind(models.TextChoices):
        FILL = "fill", _("fills what is bare")
        REPAIR = "repair", _("changes as little as possible after people fell out")

    class State(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("plan", "proposed")
        ACCEPTED = "accepted", pgettext_lazy("plan", "accepted")
        DROPPED = "dropped", pgettext_lazy("plan", "dropped")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    area_path = AreaPathField()
    from_day = models.DateField()
    until_day = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    rows = models.JSONField(default=list)
    off = models.JSONField(default=list)
    places = models.PositiveIntegerField(default=0)
    filled = models.PositiveIntegerField(default=0)
    gap = models.FloatField(default=0)
    seconds = models.FloatField(default=0)
    seed = models.BigIntegerField(default=0)
    version = models.CharField(max_length=40)
    pack = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="proposal_here", fields=["area_path", "made_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="proposal_decided_has_a_time",
                condition=Q(state="proposed", decided_at=None)
                | (~Q(state="proposed") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="proposal_fills_no_more_than_there_is",
                condition=Q(filled__lte=F("places")),
            ),
            models.CheckConstraint(
                name="proposal_ends_after_it_begins", condition=Q(until_day__gte=F("from_day"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_day} {self.state}"
