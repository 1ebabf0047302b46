"""Who works: organisations of every kind, and their people."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import code, new_id


class Organisation(models.Model):
    """Anything that people belong to and that can be given something to do.

    area_path    what it is there for: the district, a subdistrict, a community, one building
    site         where it sits, if it is there for one site (a branch at a quarantine site)
    ends_at      a temporary one ends by itself then; None stands until it is dissolved
    phone        its own number, not a person's
    contact      whom to ask for there, if that is no member: a manager, a shopkeeper
    """

    class Kind(models.TextChoices):
        COMMAND_POST = "command_post", _("command post")
        WORKING_GROUP = "working_group", _("working group")
        GOVERNMENT = "government", _("district or subdistrict office")
        COMMITTEE = "committee", _("community or village committee")
        UNIT = "unit", _("unit")
        BRANCH = "branch", _("Party branch")
        TEMPORARY_BRANCH = "temporary_branch", _("temporary Party branch")
        SQUAD = "squad", _("squad")
        TEAM = "team", _("volunteer team")
        ENTERPRISE = "enterprise", _("enterprise")
        PROPERTY = "property", _("property company")
        OWNERS = "owners", _("owners' committee")
        POLICE = "police", _("police")
        CLINIC = "clinic", _("clinic or hospital")
        SHOP = "shop", _("shop")
        OTHER = "other", _("other")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    area_path = AreaPathField()
    site = models.ForeignKey("areas.Site", models.PROTECT, null=True, related_name="+")
    phone = models.CharField(max_length=30, blank=True)
    contact = EncryptedField(kind="name", null=True)
    founded_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True)
    dissolved_at = models.DateTimeField(null=True)
    why_dissolved = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="organisation_here", fields=["area_path", "kind"]),
            models.Index(name="organisation_by_name", fields=["name"]),
            # Which temporary ones have come to their end?
            models.Index(
                name="organisation_to_end",
                fields=["ends_at"],
                condition=Q(dissolved_at=None, ends_at__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="organisation_is_not_its_own_part",
                condition=Q(parent=None) | ~Q(parent=F("id")),
            ),
            models.CheckConstraint(
                name="organisation_ends_after_it_was_founded",
                condition=Q(ends_at=None) | Q(ends_at__isnull=False, ends_at__gt=F("founded_at")),
            ),
            models.CheckConstraint(
                name="organisation_is_dissolved_after_it_was_founded",
                condition=Q(dissolved_at=None)
                | Q(dissolved_at__isnull=False, dissolved_at__gte=F("founded_at")),
            ),
            models.UniqueConstraint(
                name="organisation_of_this_name_stands_once_in_a_place",
                fields=["area_path", "kind", "name"],
                condition=Q(dissolved_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Liaison(models.Model):
    """A side link: a unit, or a leader, looks after a place that is not its own (联点).

    The whole is so a graph and not a tree. Exactly one of `organisation` and `member` is set.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="liaisons"
    )
    member = models.ForeignKey("Member", models.PROTECT, null=True, related_name="liaisons")
    area_path = AreaPathField()
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="liaison_here", fields=["area_path"], condition=Q(until=None)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="liaison_is_of_a_unit_or_of_a_leader",
                condition=Q(organisation__isnull=False, member=None)
                | Q(organisation=None, member__isnull=False),
            ),
            models.UniqueConstraint(
                name="liaison_of_a_unit_with_a_place_stands_once",
                fields=["organisation", "area_path"],
                condition=Q(until=None, organisation__isnull=False),
            ),
            models.UniqueConstraint(
                name="liaison_of_a_leader_with_a_place_stands_once",
                fields=["member", "area_path"],
                condition=Q(until=None, member__isnull=False),
            ),
            models.CheckConstraint(
                name="liaison_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.area_path)


class Member(models.Model):
    """A person at work: a secondee, a cadre, a volunteer, a medic.

    unit        who sent them: the home unit; `unit_elsewhere` in words if it is no unit of ours
    area_path   where they may be given something to do
    lives_at    where they live, as exactly as is known; "" if that is outside the district
    resident    their record in the register, if they live in the district
    account     with which they sign in, if they do
    duty_phone  on which residents and colleagues reach them; shown. Their own is `phone`, masked
    weekdays    1 Monday … 7 Sunday on which they can work; none means any
    """

    class Kind(models.TextChoices):
        CADRE = "cadre", _("community cadre")
        GRID_WORKER = "grid_worker", _("grid worker")
        OFFICIAL = "official", _("official of the district")
        SECONDEE = "secondee", _("seconded official")
        VOLUNTEER = "volunteer", _("volunteer")
        MEDIC = "medic", _("medic")
        MILITIA = "militia", _("militia")
        RECRUIT = "recruit", _("new recruit")
        POLICE = "police", _("police officer")
        DRIVER = "driver", _("driver")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        READY = "ready", _("ready")
        ILL = "ill", _("ill")
        LOCKED_IN = "locked_in", _("locked in at home")
        APART = "apart", _("in quarantine or in hospital")
        RECALLED = "recalled", _("recalled by the home unit")
        LEFT = "left", _("left")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = EncryptedField(kind="name")
    name_index = models.BinaryField(max_length=16)
    phone = EncryptedField(kind="phone", null=True)
    phone_index = models.BinaryField(max_length=16, null=True)
    duty_phone = models.CharField(max_length=30, blank=True)
    unit = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    unit_elsewhere = models.CharField(max_length=80, blank=True)
    area_path = AreaPathField()
    lives_at = AreaPathField(blank=True)
    resident = models.OneToOneField("people.Resident", models.PROTECT, null=True, related_name="+")
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.READY)
    state_because = models.CharField(max_length=200, blank=True)
    party_member = models.BooleanField(default=False)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    joined_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="member_here", fields=["area_path", "id"]),
            # Who of us lives in a place that was closed?
            models.Index(name="member_lives_here", fields=["lives_at"], condition=~Q(lives_at="")),
            models.Index(name="member_by_name", fields=["name_index"]),
            models.Index(
                name="member_by_phone",
                fields=["phone_index"],
                condition=Q(phone_index__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="member_phone_comes_with_its_index",
                condition=Q(phone=None, phone_index=None)
                | Q(phone__isnull=False, phone_index__isnull=False),
            ),
            models.CheckConstraint(
                name="member_weekdays_are_days_of_the_week",
                condition=Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)


class Membership(models.Model):
    """Who belongs to an organisation, as what, from when to when."""

    class Role(models.TextChoices):
        LEAD = "lead", _("lead")
        DEPUTY = "deputy", _("deputy")
        MEMBER = "member", _("member")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    member = models.ForeignKey(Member, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.MEMBER)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="membership_is_held_once_at_a_time",
                fields=["organisation", "member"],
                condition=Q(until=None),
            ),
            models.UniqueConstraint(
                name="organisation_has_one_lead_at_a_time",
                fields=["organisation"],
                condition=Q(until=None, role="lead"),
            ),
            models.CheckConstraint(
                name="membership_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.role}"


# What somebody can, may, and has had


class Skill(models.Model):
    """Something a member can do, and what shows it: a certificate and until when it holds.

    proof        the number or title of what was shown; "" if nobody has seen any yet
    valid_until  the proof's own end
    """

    class Kind(models.TextChoices):
        SAMPLING = "sampling", _("taking swabs")
        REGISTRATION = "registration", _("registering at a table")
        ORDER = "order", _("keeping order")
        MEDICINE = "medicine", _("medicine or nursing")
        FIRST_AID = "first_aid", _("first aid")
        DRIVING = "driving", _("driving")
        DISINFECTION = "disinfection", _("disinfection")
        HOTLINE = "hotline", _("answering calls")
        COUNSELLING = "counselling", _("psychological help")
        TRACING = "tracing", _("case investigation")
        DATA = "data", _("data entry")
        LANGUAGES = "languages", _("interpreting")
        CARRYING = "carrying", _("carrying and delivering")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="skills")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    proof = models.CharField(max_length=80, blank=True)
    valid_until = models.DateField(null=True)
    seen_by = models.UUIDField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="skill_is_noted_once", fields=["member", "kind"]),
            models.CheckConstraint(
                name="skill_seen_names_who_and_when",
                condition=Q(seen_by=None, seen_at=None)
                | (Q(seen_by__isnull=False, seen_at__isnull=False) & ~Q(proof="")),
            ),
        ]
        indexes: ClassVar = [
            # Who can do this?
            models.Index(name="skill_of_kind", fields=["kind", "member"]),
        ]

    def __str__(self) -> str:
        return self.kind


class Vaccination(models.Model):
    """One dose that a member has had."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="vaccinations")
    dose = models.PositiveSmallIntegerField()
    given_on = models.DateField()
    product = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="vaccination_dose_is_given_once", fields=["member", "dose"]
            ),
            models.CheckConstraint(
                name="vaccination_doses_are_counted_from_one", condition=Q(dose__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return str(self.dose)


class Exemption(models.Model):
    """What a member is not to be asked for. The reason stays with them and a doctor; not here."""

    class From(models.TextChoices):
        VACCINATION = "vaccination", _("vaccination")
        SAMPLING_RISK = "sampling_risk", _("contact with infected people")
        NIGHTS = "nights", _("nights")
        OUTDOORS = "outdoors", _("heat and cold outdoors")
        SHIFTS = "shifts", _("shifts altogether")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="exemptions")
    exempt_from = models.CharField(max_length=13, choices=From.choices)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="exemption_is_noted_once",
                fields=["member", "exempt_from"],
                condition=Q(until=None),
            ),
            models.CheckConstraint(
                name="exemption_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return self.exempt_from


class Absence(models.Model):
    """Days on which a member cannot work, both included."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="absences")
    since = models.DateField()
    until = models.DateField()
    because = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="absence_ends_after_it_began", condition=Q(until__gte=F("since"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.since} {self.until}"


class VolunteerOffer(models.Model):
    """Somebody of the public offers to help; a colleague takes them in or thanks and declines.

    born     from their document, for the age that the rules ask; the number itself is not kept
    said     what they declared, in the words of the form they saw
    """

    class State(models.TextChoices):
        OFFERED = "offered", _("to be looked at")
        TAKEN_IN = "taken_in", _("taken in as a volunteer")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    area_path = AreaPathField()
    name = EncryptedField(kind="name", null=True)
    phone = EncryptedField(kind="phone", null=True)
    phone_index = models.BinaryField(max_length=16, null=True)
    born = models.DateField()
    resident = models.ForeignKey("people.Resident", models.PROTECT, null=True, related_name="+")
    skills = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    pack = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OFFERED)
    offered_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    why = models.CharField(max_length=200, blank=True)
    member = models.OneToOneField(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="volunteer_offer_to_decide",
                fields=["area_path", "id"],
                condition=Q(state="offered"),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="volunteer_offers_once_at_a_time",
                fields=["phone_index"],
                condition=Q(state="offered"),
            ),
            models.CheckConstraint(
                name="volunteer_offer_decided_has_a_time",
                condition=Q(state="offered", decided_at=None)
                | (~Q(state="offered") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="volunteer_offer_taken_in_has_a_member",
                condition=(Q(state="taken_in") & Q(member__isnull=False))
                | (~Q(state="taken_in") & Q(member=None)),
            ),
            models.CheckConstraint(
                name="volunteer_offer_declined_says_why",
                condition=~Q(state="declined") | ~Q(why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.number}"


# Where people work


class CheckIn(models.Model):
    """A member, or a unit, reports at a community: "I live here" or "we are here, give us work".

    elsewhere   the place in words, when it lies in another district or city; `area_path` is "" then
    id          made on the phone, so that a tap that is sent twice counts once
    A receipt goes to both sides: `code("K", number)` is the same on both.
    """

    class Way(models.TextChoices):
        PHONE = "phone", _("own phone")
        LIST = "list", _("list of the unit")
        COLLEAGUE = "colleague", _("entered by a colleague")
        LOCKED_IN = "locked_in", _("locked in, helps where they live")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="check_ins")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="check_ins"
    )
    area_path = AreaPathField(blank=True)
    elsewhere = models.CharField(max_length=120, blank=True)
    way = models.CharField(max_length=9, choices=Way.choices)
    at = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)
    home_path = AreaPathField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="checked_in_here", fields=["area_path", "id"], condition=Q(until=None)
            ),
            models.Index(name="check_ins_of_member", fields=["member", "at"]),
            # What does the home side see of its people?
            models.Index(name="check_in_of_home", fields=["home_path", "id"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="check_in_is_of_a_member_or_of_a_unit",
                condition=Q(member__isnull=False, organisation=None)
                | Q(member=None, organisation__isnull=False),
            ),
            models.UniqueConstraint(
                name="member_is_checked_in_at_one_place_at_a_time",
                fields=["member"],
                condition=Q(until=None, member__isnull=False),
            ),
            models.UniqueConstraint(
                name="unit_is_checked_in_at_a_place_once",
                fields=["organisation", "area_path", "elsewhere"],
                condition=Q(until=None, organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="check_in_is_here_or_elsewhere",
                condition=(~Q(area_path="") & Q(elsewhere=""))
                | (Q(area_path="") & ~Q(elsewhere="")),
            ),
            models.CheckConstraint(
                name="check_in_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("at")),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return code("K", self.number)


class Need(models.Model):
    """A community says whom it lacks: so many, of this skill, from when to when."""

    class State(models.TextChoices):
        OPEN = "open", _("still to be met")
        MET = "met", _("everybody came")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    area_path = AreaPathField()
    skill = models.CharField(max_length=12, choices=Skill.Kind.choices, blank=True)
    headcount = models.PositiveIntegerField()
    since = models.DateField()
    until = models.DateField()
    why = models.CharField(max_length=200)
    about = models.UUIDField(null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    stated_at = models.DateTimeField(default=now)
    stated_by = models.UUIDField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="need_open_here", fields=["area_path", "id"], condition=Q(state="open")
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="need_is_for_somebody", condition=Q(headcount__gte=1)),
            models.CheckConstraint(
                name="need_of_people_ends_after_it_began", condition=Q(until__gte=F("since"))
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return code("N", self.number)


class Sending(models.Model):
    """One person sent by their unit to where they are needed, until they go back.

    Sent by the unit, received by the community when they have come, acknowledged by the unit that
    the community has them. Each step has its time; what is missing between them is the gap.
    """

    class State(models.TextChoices):
        SENT = "sent", _("sent, on the way")
        RECEIVED = "received", _("has come")
        ACKNOWLEDGED = "acknowledged", _("received and acknowledged")
        NOT_COME = "not_come", _("stayed away")
        RECALLED = "recalled", _("called back by the unit")
        ENDED = "ended", _("went back")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    need = models.ForeignKey(Need, models.PROTECT, related_name="sendings")
    member = models.ForeignKey(Member, models.PROTECT, related_name="sendings")
    unit = models.ForeignKey(Organisation, models.PROTECT, related_name="sendings")
    area_path = AreaPathField()
    was_path = AreaPathField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.SENT)
    sent_at = models.DateTimeField(default=now)
    received_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="sending_here", fields=["area_path", "state"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="member_is_sent_to_one_place_at_a_time",
                fields=["member"],
                condition=Q(state__in=["sent", "received", "acknowledged"]),
            ),
            models.CheckConstraint(
                name="sending_received_has_a_time",
                condition=~Q(state__in=["received", "acknowledged"]) | Q(received_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sending_acknowledged_was_received",
                condition=Q(acknowledged_at=None)
                | Q(acknowledged_at__isnull=False, received_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sending_ended_has_a_time",
                condition=Q(state__in=["sent", "received", "acknowledged"], ended_at=None)
                | (Q(state__in=["not_come", "recalled", "ended"]) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="sending_called_back_says_why", condition=~Q(state="recalled") | ~Q(why="")
            ),
        ]

    def __str__(self) -> str:
        return self.state


class Wanted(models.Model):
    """Something on the claim board that people or units may take: a post, a wish, a service.

    about   the thing of another room that it stands for, if it does: a post, a request
    """

    class Kind(models.TextChoices):
        POST = "post", _("post")
        SERVICE = "service", _("service")
        WISH = "wish", _("wish of residents")

    class State(models.TextChoices):
        OPEN = "open", _("to be taken")
        TAKEN = "taken", _("all taken")
        DONE = "done", _("done")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    words = models.CharField(max_length=200)
    area_path = AreaPathField()
    skill = models.CharField(max_length=12, choices=Skill.Kind.choices, blank=True)
    headcount = models.PositiveIntegerField(default=1)
    by = models.DateTimeField(null=True)
    about = models.UUIDField(null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    put_up_at = models.DateTimeField(default=now)
    put_up_by = models.UUIDField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="wanted_open_here", fields=["area_path", "id"], condition=Q(state="open")
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="wanted_is_for_somebody", condition=Q(headcount__gte=1)),
            models.UniqueConstraint(
                name="wanted_stands_once_for_a_thing",
                fields=["about"],
                condition=Q(state__in=["open", "taken"], about__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return code("Y", self.number)


class Claim(models.Model):
    """A member, or a unit with so many people, has taken something off the board."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    wanted = models.ForeignKey(Wanted, models.PROTECT, related_name="claims")
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="claims")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="claims")
    people = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=now)
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="claim_is_of_a_member_or_of_a_unit",
                condition=Q(member__isnull=False, organisation=None)
                | Q(member=None, organisation__isnull=False),
            ),
            models.CheckConstraint(name="claim_is_for_somebody", condition=Q(people__gte=1)),
            models.UniqueConstraint(
                name="claim_is_made_once_by_a_member",
                fields=["wanted", "member"],
                condition=Q(given_back_at=None, member__isnull=False),
            ),
            models.UniqueConstraint(
                name="claim_is_made_once_by_a_unit",
                fields=["wanted", "organisation"],
                condition=Q(given_back_at=None, organisation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.wanted_id)


# What is remembered of it


class Service(models.Model):
    """Time that somebody gave, counted once for what it was given to.

    about   the shift, the claim or the task that it was given to
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="services")
    day = models.DateField()
    minutes = models.PositiveIntegerField()
    what = models.CharField(max_length=80)
    area_path = AreaPathField()
    about = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="services_of_member", fields=["member", "day"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="service_is_counted_once_for_a_thing",
                fields=["member", "about"],
                condition=Q(about__isnull=False),
            ),
            models.CheckConstraint(
                name="service_lasts_between_a_minute_and_a_day",
                condition=Q(minutes__gte=1, minutes__lte=1440),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.minutes}"


class Certificate(models.Model):
    """A record of service that was handed out; `code("G", number)` stands on it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="certificates")
    since = models.DateField()
    until = models.DateField()
    days = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField()
    issued_at = models.DateTimeField(default=now)
    issued_by = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="certificate_ends_after_it_began", condition=Q(until__gte=F("since"))
            ),
            models.CheckConstraint(
                name="certificate_is_of_some_service", condition=Q(minutes__gte=1, days__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return code("G", self.number)


class Training(models.Model):
    """Somebody has been taught something, on a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="trainings")
    course = models.CharField(max_length=80)
    on = models.DateField()
    passed = models.BooleanField(default=True)
    skill = models.CharField(max_length=12, choices=Skill.Kind.choices, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="training_is_noted_once", fields=["member", "course", "on"]
            ),
        ]

    def __str__(self) -> str:
        return self.course


class Commendation(models.Model):
    """What was thanked for: a fact, no mark and no list of the worst. Assessment comes later."""

    class By(models.TextChoices):
        RESIDENT = "resident", _("the residents")
        COMMUNITY = "community", _("community")
        UNIT = "unit", _("home unit")
        DISTRICT = "district", _("district")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="commendations")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="commendations"
    )
    by = models.CharField(max_length=9, choices=By.choices)
    words = models.CharField(max_length=200)
    on = models.DateField()
    about = models.UUIDField(null=True)
    noted_by = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="commendation_is_of_a_member_or_of_a_unit",
                condition=Q(member__isnull=False, organisation=None)
                | Q(member=None, organisation__isnull=False),
            ),
            models.CheckConstraint(name="commendation_says_what_for", condition=~Q(words="")),
        ]

    def __str__(self) -> str:
        return self.words
