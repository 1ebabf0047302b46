"""What the whole house stands on: accounts, the ledger and its seals, keys."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in: a list of duties within one area."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(_("user name"), max_length=40, unique=True)
    email = models.EmailField(blank=True)
    display_name = models.CharField(_("name shown"), max_length=40)
    post = models.CharField(_("post"), max_length=60, blank=True)
    area_path = AreaPathField(blank=True)
    duties = ArrayField(models.CharField(max_length=30, choices=Duty.choices), default=list)
    demo = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="account_duties_are_known_words",
                condition=Q(duties__contained_by=[str(duty) for duty in Duty]),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def actor(self) -> Actor:
        return Actor(
            id=self.id,
            within=self.area_path,
            duties=frozenset(Duty(word) for word in self.duties),
            name=self.display_name,
        )


class Event(models.Model):
    """One fact: append only, sealed. It holds ids and codes, never names, numbers or phones."""

    id = models.UUIDField(primary_key=True, editable=False)
    # Transactions commit out of order; (tx, seq) is the order in which the sealer takes them.
    tx = models.BigIntegerField(db_default=models.Func(function="ledger_tx"))
    seq = models.BigIntegerField(db_default=models.Func(function="ledger_seq"))
    kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    area_path = AreaPathField()
    actor_id = models.UUIDField()
    because_id = models.UUIDField(null=True)
    pack = models.CharField(max_length=40)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    facts = models.JSONField()
    exercise = models.BooleanField()

    class Meta:
        indexes: ClassVar = [
            models.Index(name="event_in_sealing_order", fields=["tx", "seq"]),
            # What happened to this thing? Who has looked at this person?
            models.Index(name="event_of_subject", fields=["subject_id", "seq"]),
            # What followed from this?
            models.Index(
                name="event_because", fields=["because_id"], condition=Q(because_id__isnull=False)
            ),
            # What happened lately, here?
            models.Index(name="event_in_order", fields=["seq"]),
            models.Index(name="event_in_area", fields=["area_path", "seq"]),
            # When did this last happen?
            models.Index(name="event_of_kind", fields=["kind", "seq"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class Seal(models.Model):
    """A batch of events, hashed onto the seal before it and signed with the district's key.

    leaves   the first 8 bytes of each event's SHA-256, in sealing order
    digest   SHA-256 over the digest before, the bounds and the full hashes
    """

    number = models.BigIntegerField(primary_key=True)
    last_tx = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    events = models.IntegerField()
    leaves = models.BinaryField()
    digest = models.BinaryField()
    signature = models.BinaryField()
    key_number = models.SmallIntegerField()
    sealed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="seal_holds_events", condition=Q(events__gte=1)),
            models.CheckConstraint(name="seal_numbers_start_at_one", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"


class VaultKey(models.Model):
    """A key, wrapped by the master key. Numbers are written into every value sealed with it."""

    class Purpose(models.TextChoices):
        DATA = "data"
        INDEX = "index"
        SEAL = "seal"
        CODE = "code"
        TRUST = "trust"

    number = models.SmallIntegerField(primary_key=True)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    wrapped = models.BinaryField()
    public = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="vault_key_retires_after_it_was_made",
                condition=Q(retired_at=None) | Q(retired_at__gte=F("created_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} key {self.number}"
