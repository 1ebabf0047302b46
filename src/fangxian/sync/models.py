"""Phones, what they were invited to, and the commands they sent."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import new_id
from fangxian.sync.modes import Mode

_MODES = Q(modes__contained_by=[str(mode) for mode in Mode]) & ~Q(modes=[])


class Invitation(models.Model):
    """Leave to enrol one phone, shown as a QR code; whoever scans it first uses it up.

    token_hash   SHA-256; the token itself is only ever on the supervisor's screen
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    modes = ArrayField(models.CharField(max_length=10, choices=Mode.choices))
    area_path = AreaPathField(blank=True)
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.UUIDField()
    invited_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    device_expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="invitation_has_known_modes", condition=_MODES),
            models.CheckConstraint(
                name="invitation_ends_after_it_began", condition=Q(ends_at__gt=F("invited_at"))
            ),
            models.CheckConstraint(
                name="invitation_is_used_before_it_ends",
                condition=Q(used_at=None) | Q(used_at__lte=F("ends_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Device(models.Model):
    """One enrolled phone: whose it is, what it may be used for, until when.

    secret_hash   SHA-256 of what the phone proves itself with
    skew_ms       how far its clock was ahead of ours at its last request; below 0: behind
    last_seq      highest number of a command that it sent
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    platform = models.CharField(max_length=200, blank=True)
    protocol = models.PositiveSmallIntegerField(default=1)
    modes = ArrayField(models.CharField(max_length=10, choices=Mode.choices))
    area_path = AreaPathField(blank=True)
    secret_hash = models.BinaryField(max_length=32)
    enrolled_at = models.DateTimeField(default=now)
    enrolled_by = models.UUIDField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)
    revoked_reason = models.CharField(max_length=200, blank=True)
    last_seen = models.DateTimeField(null=True)
    skew_ms = models.BigIntegerField(null=True)
    last_seq = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            # Which phones are there, the latest first?
            models.Index(name="device_lately", fields=["enrolled_at", "id"]),
            models.Index(name="device_of_account", fields=["account", "enrolled_at"]),
            models.Index(name="device_here", fields=["area_path", "enrolled_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="device_has_known_modes", condition=_MODES),
            models.CheckConstraint(
                name="device_expires_after_enrolment",
                condition=Q(expires_at__gt=F("enrolled_at")),
            ),
            models.CheckConstraint(
                name="device_revoked_says_who_and_why",
                condition=Q(revoked_at=None, revoked_by=None, revoked_reason="")
                | (Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoked_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """ "revoked", "expired" or "active"; revoked is the stronger."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now() else "active"


class Command(models.Model):
    """One command of a phone, kept so that it is applied once. It holds nothing about people.

    id             made on the phone; the same id again is the same command
    at             the phone's own time; what the rooms were told is corrected by its clock's skew
    """

    class Outcome(models.TextChoices):
        APPLIED = "applied", pgettext_lazy("command", "applied")
        REFUSED = "refused", pgettext_lazy("command", "refused")
        KEPT = "kept", pgettext_lazy("command", "kept for later")

    id = models.UUIDField(primary_key=True, editable=False)
    # Devices are never deleted, and a check of each row would cost more than the row.
    device = models.ForeignKey(
        Device, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=now)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.APPLIED)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Held(models.Model):
    """A command that was not applied: refused, or kept until the server understands it.

    at        when it was given, by our clock; None if that could not be made out
    body      what the phone sent, encrypted; emptied once the matter is settled
    code      the refusal's code, `message` its sentence as the phone was told it
    """

    class Settled(models.TextChoices):
        APPLIED = "applied", _("applied after all")
        DROPPED = "dropped", _("set aside")

    command = models.OneToOneField(Command, models.PROTECT, primary_key=True, related_name="held")
    device = models.ForeignKey(Device, models.PROTECT, related_name="+", db_index=False)
    area_path = AreaPathField(blank=True)
    at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Command.Outcome.choices)
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=500)
    facts = models.JSONField(default=dict)
    body = EncryptedField(kind="command", null=True)
    settled = models.CharField(max_length=8, choices=Settled.choices, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            # What waits to be put right, the latest first? Of one phone?
            models.Index(
                name="held_lately", fields=["received_at", "command"], condition=Q(settled="")
            ),
            models.Index(
                name="held_of_device", fields=["device", "received_at"], condition=Q(settled="")
            ),
            # What can be applied since the server was updated?
            models.Index(
                name="held_for_later",
                fields=["received_at"],
                condition=Q(settled="", outcome="kept"),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="held_was_refused_or_kept", condition=Q(outcome__in=["refused", "kept"])
            ),
            models.CheckConstraint(name="held_says_the_trouble", condition=~Q(code="")),
            models.CheckConstraint(
                name="held_has_its_body_until_settled",
                condition=Q(settled="", body__isnull=False, settled_at=None, settled_by=None)
                | (
                    ~Q(settled="")
                    & Q(body=None, settled_at__isnull=False, settled_by__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="held_set_aside_says_why", condition=~Q(settled="dropped") | ~Q(note="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.command_id}"
