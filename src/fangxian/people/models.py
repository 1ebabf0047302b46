"""Who: residents, households, where they really live, and what they need."""

import base64
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import new_id


class Household(models.Model):
    """People who share a dwelling and its door."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dwelling = models.ForeignKey("areas.Area", models.PROTECT, related_name="+")
    area_path = AreaPathField()

    class Meta:
        indexes: ClassVar = [models.Index(name="household_here", fields=["area_path"])]

    def __str__(self) -> str:
        return str(self.id)


class Resident(models.Model):
    """A person of the register. `area_path` is where they really stay now, as exactly as is known:
    the dwelling, or only the community, or only the district for one who has moved away.

    number        stands for the person in compact tables such as visits
    provisional   met at a table or a door, and not yet found in the register: a visitor, a tourist,
                  a newborn child; `area_path` is where they were met
    died_on       with who says so; the stay has ended, and nothing is asked of them any more
    merged_into   set when this record turned out to be another one of the same person; everything
                  that still refers to it means that one
    """

    class Sex(models.TextChoices):
        MALE = "male", _("male")
        FEMALE = "female", _("female")
        UNKNOWN = "unknown", _("unknown")

    class IdentityType(models.TextChoices):
        RESIDENT_CARD = "10", _("resident identity card")
        HK_MACAU_PERMIT = "14", _("Hong Kong and Macau permit")
        TAIWAN_PERMIT = "15", _("Taiwan permit")
        TAIWAN_SINGLE_PERMIT = "16", _("one-off Taiwan permit")
        PASSPORT = "20", _("passport")
        FOREIGN_RESIDENCE = "34", _("foreigner's permanent residence card")
        OTHER = "99", _("other document")

    class DeathSource(models.TextChoices):
        CERTIFICATE = "certificate", _("death certificate")
        HOSPITAL = "hospital", _("hospital")
        POLICE = "police", _("police")
        FAMILY = "family", _("family")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    name = EncryptedField(kind="name")
    name_index = models.BinaryField(max_length=16)
    identity_type = models.CharField(
        max_length=2, choices=IdentityType.choices, default=IdentityType.RESIDENT_CARD
    )
    identity = EncryptedField(kind="identity", null=True)
    identity_index = models.BinaryField(max_length=16, null=True)
    phone = EncryptedField(kind="phone", null=True)
    phone_index = models.BinaryField(max_length=16, null=True)
    sex = models.CharField(max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    birth_date = models.DateField(null=True)
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="members")
    area_path = AreaPathField(blank=True)
    synthetic = models.BooleanField(default=False)  # made up by the generator, not a person
    provisional = models.BooleanField(default=False, db_default=False)
    died_on = models.DateField(null=True)
    death_source = models.CharField(
        max_length=12, choices=DeathSource.choices, blank=True, default="", db_default=""
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="merged", db_index=False
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            # Everybody who stays here, in the order of the doors; also the pager's key.
            models.Index(name="resident_here", fields=["area_path", "id"]),
            models.Index(name="resident_by_name", fields=["name_index"]),
            # Who of this name may be somebody whose card was seen elsewhere?
            models.Index(
                name="resident_by_name_without_card",
                fields=["name_index"],
                condition=Q(identity_index=None),
            ),
            models.Index(
                name="resident_by_phone",
                fields=["phone_index"],
                condition=Q(phone_index__isnull=False),
            ),
            # Which records are signposts to this one?
            models.Index(
                name="resident_merged_into",
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
            ),
            # Who was met here and has still to be found in the register?
            models.Index(
                name="resident_provisional",
                fields=["area_path", "id"],
                condition=Q(provisional=True),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="resident_identity_is_registered_once",
                fields=["identity_index"],
                condition=Q(identity_index__isnull=False),
            ),
            models.CheckConstraint(
                name="resident_identity_comes_with_its_index",
                condition=Q(identity=None, identity_index=None)
                | Q(identity__isnull=False, identity_index__isnull=False),
            ),
            models.CheckConstraint(
                name="resident_phone_comes_with_its_index",
                condition=Q(phone=None, phone_index=None)
                | Q(phone__isnull=False, phone_index__isnull=False),
            ),
            models.CheckConstraint(
                name="resident_is_not_merged_into_itself",
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")),
            ),
            models.CheckConstraint(
                name="resident_death_has_a_source",
                condition=Q(died_on=None, death_source="")
                | (Q(died_on__isnull=False) & ~Q(death_source="")),
            ),
            # Whoever stays somewhere is found there; a merged record stays nowhere.
            models.CheckConstraint(
                name="resident_is_somewhere_unless_merged",
                condition=(Q(merged_into=None) & ~Q(area_path=""))
                | Q(merged_into__isnull=False, area_path="", household=None, identity=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)


class Stay(models.Model):
    """Where somebody really lives or lived, from when, to when, and how we know."""

    class Source(models.TextChoices):
        REGISTER = "register", _("register")
        VISIT = "visit", _("visit at the door")
        DECLARED = "declared", _("declared by the person")
        IMPORTED = "imported", _("imported list")
        GENERATED = "generated", _("generated")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="stays")
    dwelling = models.ForeignKey("areas.Area", models.PROTECT, related_name="+")
    area_path = AreaPathField()
    since = models.DateField()
    until = models.DateField(null=True)
    source = models.CharField(max_length=10, choices=Source.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="stay_one_dwelling_at_a_time",
                fields=["resident"],
                condition=Q(until=None),
            ),
            models.CheckConstraint(
                name="stay_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resident_id} {self.area_path}"


class ProvisionalEntry(models.Model):
    """Somebody who was met and not known: under which id the phone spoke of them, and whom it
    turned out to be.

    id   made on the phone; everything that it sends of this person refers to it
    """

    class Kind(models.TextChoices):
        VISITOR = "visitor", _("visitor")
        TOURIST = "tourist", _("tourist")
        INFANT = "infant", _("infant")
        FOREIGNER = "foreigner", _("foreigner")
        OTHER = "other", _("other")

    id = models.UUIDField(primary_key=True, editable=False)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.OTHER)
    area_path = AreaPathField()
    met_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class PersonalCode(models.Model):
    """A code that stands for a person: on a phone, a card, or a sheet held by the family.

    The signed text is made anew from this row each time it is shown. `pseudonym` says nothing of
    the person and differs from code to code; `spoken` is the same for mouths and hands, drawn by
    lot so that nobody counts on from their own.
    """

    class Way(models.TextChoices):
        SCREEN = "screen", _("shown on a screen")
        CARD = "card", _("printed card")
        SHEET = "sheet", _("printed for a building")
        PHONE = "phone", _("read out on the phone")
        PROXY = "proxy", _("given to whoever acts for the person")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="codes")
    pseudonym = models.BinaryField(max_length=8, unique=True)
    spoken = models.IntegerField(unique=True)
    way = models.CharField(max_length=6, choices=Way.choices)
    issued_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    pack = models.CharField(max_length=40)
    revoked_at = models.DateTimeField(null=True)
    why_revoked = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            # Which codes of this person are still good?
            models.Index(
                name="code_not_revoked",
                fields=["resident", "expires_at"],
                condition=Q(revoked_at=None),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="code_expires_after_it_was_issued",
                condition=Q(expires_at__gt=F("issued_at")),
            ),
            models.CheckConstraint(
                name="code_is_revoked_after_it_was_issued",
                condition=Q(revoked_at=None)
                | Q(revoked_at__isnull=False, revoked_at__gte=F("issued_at")),
            ),
            models.CheckConstraint(
                name="code_is_revoked_for_a_reason",
                condition=Q(revoked_at=None, why_revoked="")
                | (Q(revoked_at__isnull=False) & ~Q(why_revoked="")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Need(models.Model):
    """A special need of a resident, so that nobody is forgotten behind a sealed door."""

    class Kind(models.TextChoices):
        DIALYSIS = "dialysis", _("dialysis")
        PREGNANCY = "pregnancy", _("pregnancy")
        NEWBORN = "newborn", _("newborn")
        CANCER_TREATMENT = "cancer_treatment", _("radio- or chemotherapy")
        CHRONIC_DISEASE = "chronic_disease", _("chronic disease")
        LONE_ELDERLY = "lone_elderly", _("elderly person living alone")
        DISABILITY = "disability", _("disability")
        CHILD_ALONE = "child_alone", _("child alone")
        MENTAL_ILLNESS = "mental_illness", _("mental illness")
        SIGHT = "sight", _("visual impairment")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="needs")
    kind = models.CharField(max_length=18, choices=Kind.choices)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="need_is_noted_once", fields=["resident", "kind"], condition=Q(until=None)
            ),
            models.CheckConstraint(
                name="need_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
        ]
        indexes: ClassVar = [
            # Who needs this? (dialysis in the whole district, for example)
            models.Index(name="need_of_kind", fields=["kind"], condition=Q(until=None)),
        ]

    def __str__(self) -> str:
        return self.kind


class Consent(models.Model):
    """What a person agreed to, for which purpose, on which legal basis, until when."""

    class Basis(models.TextChoices):
        CONSENT = "consent", _("the person's consent")
        EMERGENCY = "emergency", _("public-health emergency (PIPL art. 13)")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=60)
    basis = models.CharField(max_length=10, choices=Basis.choices)
    given_at = models.DateTimeField(default=now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="consent_is_withdrawn_after_it_was_given",
                condition=Q(withdrawn_at=None)
                | Q(withdrawn_at__isnull=False, withdrawn_at__gte=F("given_at")),
            ),
            models.UniqueConstraint(
                name="consent_stands_once_for_a_purpose",
                fields=["resident", "purpose"],
                condition=Q(withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.purpose


class Proxy(models.Model):
    """Somebody who acts for a resident: a parent, a carer, a neighbour."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="proxies")
    acts = models.ForeignKey(Resident, models.PROTECT, related_name="acts_for")
    relation = models.CharField(max_length=30)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="proxy_is_somebody_else", condition=~Q(resident=F("acts"))),
            models.UniqueConstraint(
                name="proxy_is_named_once", fields=["resident", "acts"], condition=Q(until=None)
            ),
            models.CheckConstraint(
                name="proxy_ends_after_it_began",
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return self.relation


class DuplicateOffer(models.Model):
    """Two records that may be one person, for somebody to decide. The machine never merges.

    `one` was registered before `other`. `area_path` is the smallest area that holds both, so only
    those who see both can decide.
    """

    class Why(models.TextChoices):
        NAME_AND_BIRTH = "name_and_birth", _("same name and birth date")
        NAME_AND_PHONE = "name_and_phone", _("same name and phone")

    class State(models.TextChoices):
        OPEN = "open", _("to decide")
        SAME = "same", _("one person, merged")
        DIFFERENT = "different", _("two people")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    one = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    other = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    why = models.CharField(max_length=14, choices=Why.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    area_path = AreaPathField(blank=True)
    found_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # What is there to decide here?
            models.Index(
                name="duplicate_offer_open", fields=["area_path", "id"], condition=Q(state="open")
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(name="duplicate_is_offered_once", fields=["one", "other"]),
            models.CheckConstraint(
                name="duplicate_is_of_two_records", condition=~Q(one=F("other"))
            ),
            models.CheckConstraint(
                name="duplicate_is_decided_at_a_time",
                condition=Q(state="open", decided_at=None)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} {self.other_id} {self.why}"


class ImportRun(models.Model):
    """One list of residents being taken into the register, and what became of its rows.

    upload   the file as it came, in base64, until the run has ended
    errors   the rows that were not taken, as .xlsx in base64, until somebody discards them
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("kernel.Account", models.PROTECT, null=True, related_name="+")
    area_path = AreaPathField(blank=True)
    file_name = models.CharField(max_length=120)
    language = models.CharField(max_length=10)
    add_dwellings = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True)  # why the whole file was refused
    rows_in_all = models.IntegerField(default=0)
    rows_read = models.IntegerField(default=0)
    rows_taken = models.IntegerField(default=0)
    rows_known = models.IntegerField(default=0)  # already in the register, unchanged
    rows_refused = models.IntegerField(default=0)
    offers = models.IntegerField(default=0)  # possible duplicates for somebody to decide
    upload = EncryptedField(kind="file", null=True)
    errors = EncryptedField(kind="file", null=True)
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="import_run_here", fields=["area_path", "id"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="import_run_counts_every_row_once",
                condition=Q(
                    rows_read=F("rows_taken") + F("rows_known") + F("rows_refused"),
                ),
            ),
            models.CheckConstraint(
                name="import_run_keeps_no_upload_after_its_end",
                condition=Q(state__in=["waiting", "running"], ended_at=None)
                | Q(state__in=["done", "refused"], ended_at__isnull=False, upload=None),
            ),
            models.CheckConstraint(
                name="import_run_is_refused_for_a_reason",
                condition=~Q(state="refused") | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"

    def refused_rows(self) -> bytes:
        """The .xlsx of the rows that were not taken; empty if there are none."""
        return base64.b64decode(self.errors.reveal()) if self.errors else b""

    @property
    def percent(self) -> int:
        return 100 * self.rows_read // self.rows_in_all if self.rows_in_all else 0


class ExportRun(models.Model):
    """One list of residents being written to a file, for the one who asked to take away.

    area_path   what the list is narrowed to
    sought      what else it is narrowed to, in JSON; encrypted, for it may name somebody
    file        the .xlsx in base64, until it expires
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("kernel.Account", models.PROTECT, related_name="+")
    area_path = AreaPathField(blank=True)
    sought = EncryptedField(kind="filter")
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True)
    rows_in_all = models.IntegerField(default=0)
    rows_written = models.IntegerField(default=0)
    file = EncryptedField(kind="file", null=True)
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # What did I ask for lately?
            models.Index(name="export_run_of_account", fields=["account", "id"]),
            # Which files are to be deleted?
            models.Index(
                name="export_run_with_file", fields=["expires_at"], condition=Q(file__isnull=False)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="export_run_ends_done_or_refused",
                condition=Q(state__in=["waiting", "running"], ended_at=None)
                | Q(state__in=["done", "refused"], ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="export_run_keeps_its_file_for_a_time",
                condition=Q(file=None) | Q(state="done", expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="export_run_is_refused_for_a_reason",
                condition=~Q(state="refused") | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def percent(self) -> int:
        return 100 * self.rows_written // self.rows_in_all if self.rows_in_all else 0
