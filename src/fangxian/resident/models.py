"""How a resident was let in: what was asked for, and what is open. Apart from all accounts."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import new_id
from fangxian.resident import rules


class Way(models.TextChoices):
    TEXT = "text", _("code by text message")
    CARD = "card", _("card or number that is said")


class Challenge(models.Model):
    """Somebody asks to be let in. Numbers that nobody has get one, too: nothing tells them apart.

    who_index    blind index of the phone or of the number on the card
    from_index   keyed digest of the address on the net, different each day
    candidates   who bears that phone; nobody, where nobody does
    digest       of the code, once it was made; the code itself is nowhere
    shown        the code, sealed: in a made-up district only, where no message goes out
    proved_at    when the code was right, where it still has to be said who of several it is
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    way = models.CharField(max_length=4, choices=Way.choices)
    who_index = models.BinaryField(max_length=16)
    from_index = models.BinaryField(max_length=16)
    candidates = ArrayField(models.UUIDField(), default=list)
    language = models.CharField(max_length=10, blank=True)
    asked_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    digest = models.BinaryField(max_length=32, null=True)
    shown = EncryptedField(kind="code", null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_wrong_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # How often was this number asked for lately, and how often was it guessed at?
            models.Index(name="challenge_of_number", fields=["who_index", "asked_at"]),
            models.Index(name="challenge_from_place", fields=["from_index", "asked_at"]),
            models.Index(name="challenge_by_age", fields=["asked_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="challenge_expires_after_it_was_asked",
                condition=Q(expires_at__gt=F("asked_at")),
            ),
            models.CheckConstraint(
                name="challenge_is_worth_nothing_after_its_tries",
                condition=Q(tries__lte=rules.MOST_TRIES),
            ),
            models.CheckConstraint(
                name="challenge_is_used_in_its_time",
                condition=Q(used_at=None)
                | Q(
                    used_at__isnull=False, used_at__gte=F("asked_at"), used_at__lte=F("expires_at")
                ),
            ),
            models.CheckConstraint(
                name="challenge_keeps_no_code_once_used",
                condition=Q(used_at=None) | Q(digest=None, shown=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.way} {self.id}"


class Session(models.Model):
    """A device on which a resident is signed in. The cookie's secret is kept as a digest only.

    on_behalf   whose page is open, if not their own: a child of the household, or whoever they
                act for
    """

    class Device(models.TextChoices):
        PHONE = "phone", _("mobile phone")
        TABLET = "tablet", _("tablet")
        COMPUTER = "computer", _("computer")
        OTHER = "other", _("other device")

    class End(models.TextChoices):
        SIGNED_OUT = "signed_out", _("signed out there")
        ELSEWHERE = "elsewhere", _("ended from another device")
        IDLE = "idle", _("not used for a while")
        LONGEST = "longest", _("open for as long as may be")
        OFFICE = "office", _("ended by the community")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey("people.Resident", models.PROTECT, related_name="+")
    on_behalf = models.ForeignKey("people.Resident", models.PROTECT, null=True, related_name="+")
    area_path = AreaPathField()
    digest = models.BinaryField(max_length=32, unique=True)
    way = models.CharField(max_length=4, choices=Way.choices)
    device = models.CharField(max_length=8, choices=Device.choices)
    began_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="session_of_resident", fields=["resident", "-began_at"]),
            models.Index(name="session_by_age", fields=["began_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="session_expires_after_it_began", condition=Q(expires_at__gt=F("began_at"))
            ),
            models.CheckConstraint(
                name="session_says_how_it_ended",
                condition=Q(ended_at=None, end="") | (Q(ended_at__isnull=False) & ~Q(end="")),
            ),
            models.CheckConstraint(
                name="session_is_on_behalf_of_somebody_else",
                condition=Q(on_behalf=None) | ~Q(on_behalf=F("resident")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.way} {self.device} {self.began_at:%Y-%m-%d}"
