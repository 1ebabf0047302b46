"""Lists of cases and contacts as others keep them, and who infected whom."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField, EncryptedField
from fangxian.kernel.ids import new_id


class Setting(models.TextChoices):
    """Where somebody was infected."""

    HOUSEHOLD = "household", _("household or family")
    HOSPITAL = "hospital", _("hospital or clinic")
    WORKPLACE = "workplace", _("workplace")
    SCHOOL = "school", _("school")
    TRANSPORT = "transport", _("transport")
    VENUE = "venue", _("shop, market or other venue")
    TRAVEL = "travel", _("elsewhere, before coming")
    OTHER = "other", _("other")
    UNKNOWN = "unknown", _("not known")


class LineList(models.Model):
    """A file of cases, or of who infected whom, as it was taken in.

    about      the list of cases whose names a list of contacts uses
    headings   of the columns, as they stood in the file
    mapping    meaning of each column, in their order; "" is kept and not read
    upload     the file in base64, until it was taken in
    refused    rows that were not taken, as JSON: [line, reasons, cells]
    """

    class Kind(models.TextChoices):
        CASES = "cases", _("line list of cases")
        CONTACTS = "contacts", _("list of who infected whom")

    class State(models.TextChoices):
        WAITING = "waiting", _("columns are to be named")
        RUNNING = "running", _("being taken in")
        DONE = "done", _("taken in")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=80)
    area_path = AreaPathField(blank=True)
    about = models.ForeignKey("self", models.PROTECT, null=True, related_name="lists_of_contacts")
    file_name = models.CharField(max_length=120)
    headings = ArrayField(models.CharField(max_length=200))
    samples = EncryptedField(kind="file")
    mapping = ArrayField(models.CharField(max_length=20), default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True)
    upload = EncryptedField(kind="file", null=True)
    refused = EncryptedField(kind="file", null=True)
    rows_in_all = models.IntegerField(default=0)
    rows_read = models.IntegerField(default=0)
    rows_taken = models.IntegerField(default=0)
    rows_refused = models.IntegerField(default=0)
    found = models.IntegerField(default=0)  # of those taken, who is in the register
    language = models.CharField(max_length=10, default="zh-hans")
    account = models.ForeignKey("kernel.Account", models.PROTECT, null=True, related_name="+")
    taken_by = models.UUIDField()
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="line_list_here", fields=["area_path", "created_at", "id"])
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="line_list_of_contacts_says_about_which_cases",
                condition=Q(kind="cases", about=None) | Q(kind="contacts", about__isnull=False),
            ),
            models.CheckConstraint(
                name="line_list_counts_every_row_once",
                condition=Q(rows_read=F("rows_taken") + F("rows_refused")),
            ),
            models.CheckConstraint(
                name="line_list_keeps_no_upload_after_its_end",
                condition=Q(state__in=["waiting", "running"], ended_at=None)
                | Q(state__in=["done", "refused"], ended_at__isnull=False, upload=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Mapping(models.Model):
    """What the columns of a kind of file meant the last time. `headings` are its fingerprint."""

    kind = models.CharField(max_length=10, choices=LineList.Kind.choices)
    headings = models.CharField(max_length=64)
    mapping = ArrayField(models.CharField(max_length=20))
    saved_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="mapping_is_kept_once", fields=["kind", "headings"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.headings}"


class Entry(models.Model):
    """One listed person. Dates are kept as they were written, and as far as they can be read.

    key        what the list calls them
    resident   who it is, where the register knows them
    case       the case of ours that it is
    said       every cell of the row as JSON, in the order of the headings
    """

    class Sex(models.TextChoices):
        MALE = "male", _("male")
        FEMALE = "female", _("female")
        UNKNOWN = "", _("not said")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    list = models.ForeignKey(LineList, models.PROTECT, related_name="entries")
    line = models.IntegerField()
    key = models.CharField(max_length=60)
    resident = models.ForeignKey("people.Resident", models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="+")
    sex = models.CharField(max_length=6, choices=Sex.choices, blank=True)
    age = models.PositiveSmallIntegerField(null=True)
    onset_said = models.CharField(max_length=60, blank=True)
    onset_from = models.DateField(null=True)
    onset_until = models.DateField(null=True)
    exposed_from = models.DateField(null=True)
    exposed_until = models.DateField(null=True)
    confirmed_on = models.DateField(null=True)
    place = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=60, blank=True)
    said = EncryptedField(kind="file")

    class Meta:
        indexes: ClassVar = [
            models.Index(name="entry_of_list", fields=["list", "line", "id"]),
            models.Index(name="entry_of_resident", fields=["resident"]),
            models.Index(name="entry_of_case", fields=["case"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(name="entry_is_named_once_a_list", fields=["list", "key"]),
            models.CheckConstraint(name="entry_has_a_name", condition=~Q(key="")),
            models.CheckConstraint(
                name="entry_onset_does_not_end_before_it_begins",
                condition=Q(onset_until__gte=F("onset_from"))
                | Q(onset_from=None)
                | Q(onset_until=None),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Link(models.Model):
    """A listed person infected another; without an infector only the setting is known.

    said   the cells of its row as JSON, in the order of the headings
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    list = models.ForeignKey(LineList, models.PROTECT, related_name="links")
    line = models.IntegerField()
    infector = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="infected")
    infectee = models.ForeignKey(Entry, models.PROTECT, related_name="infected_by")
    setting = models.CharField(max_length=10, choices=Setting.choices, default=Setting.UNKNOWN)
    setting_said = models.CharField(max_length=200, blank=True)
    said = EncryptedField(kind="file")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="link_is_kept_once", fields=["infector", "infectee"]),
            models.CheckConstraint(
                name="link_is_between_two", condition=~Q(infector=F("infectee"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.infector_id} > {self.infectee_id}"


class CaseLink(models.Model):
    """A case of ours infected another, as an investigator judges it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    infector = models.ForeignKey("cases.Case", models.PROTECT, related_name="+")
    infectee = models.ForeignKey("cases.Case", models.PROTECT, related_name="+")
    setting = models.CharField(max_length=10, choices=Setting.choices)
    sure = models.BooleanField()  # False: possible
    note = models.CharField(max_length=200, blank=True)
    by_id = models.UUIDField()
    at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="case_link_is_kept_once", fields=["infector", "infectee"]),
            models.CheckConstraint(
                name="case_link_is_between_two", condition=~Q(infector=F("infectee"))
            ),
            models.UniqueConstraint(
                name="case_has_one_sure_infector", fields=["infectee"], condition=Q(sure=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.infector_id} > {self.infectee_id}"
