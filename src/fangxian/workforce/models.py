"""Who works: organisations of every kind, and their people."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import new_id


class Organisation(models.Model):
    """Anything that people belong to and that can be given something to do.

    area_path    what it is there for: the district, a subdistrict, a community, one building
    site         where it sits, if it is there for one site (a branch at a quarantine site)
    ends_at      a temporary one ends by itself then; None stands until it is dissolved
    phone        its own number, not a person's
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
    founded_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True)
    dissolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="organisation_here", fields=["area_path", "kind"]),
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
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person at work: a secondee, a cadre, a volunteer, a medic.

    unit        who sent them: the home unit
    area_path   where they may be given something to do
    lives_at    where they live, as exactly as is known; "" if that is outside the district
    resident    their record in the register, if they live in the district
    account     with which they sign in, if they do
    duty_phone  on which residents and colleagues reach them; shown. Their own is `phone`, masked
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
    area_path = AreaPathField()
    lives_at = AreaPathField(blank=True)
    resident = models.OneToOneField("people.Resident", models.PROTECT, null=True, related_name="+")
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.READY)
    party_member = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="member_here", fields=["area_path", "id"]),
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
