"""Where: the tree from the province down to the dwelling, and the sites that stand in it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Area(models.Model):
    """One node of the tree. Its identity outlives its name, its code and its place in the tree.

    number   short and stable; the last step of `path`
    code     division code of the statistics bureau without trailing zeros (2 to 12 digits); a grid
             adds 3 digits to its community's code; "" below the grid
    """

    class Level(models.TextChoices):
        PROVINCE = "province", _("province")
        CITY = "city", _("city")
        DISTRICT = "district", _("district")
        SUBDISTRICT = "subdistrict", _("subdistrict")
        COMMUNITY = "community", _("community")
        GRID = "grid", _("grid")
        BUILDING = "building", _("building")
        UNIT = "unit", _("stairwell")
        FLOOR = "floor", _("floor")
        DWELLING = "dwelling", _("dwelling")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="children", db_index=False
    )
    level = models.CharField(max_length=12, choices=Level.choices)
    code = models.CharField(max_length=15, blank=True)
    name = models.CharField(max_length=60)
    path = AreaPathField()
    # The housing estate (小区) that a building belongs to; estates are no level of the tree.
    compound = models.ForeignKey(
        "Compound", models.PROTECT, null=True, related_name="buildings", db_index=False
    )
    lat = models.FloatField(null=True)  # WGS84, degrees
    lon = models.FloatField(null=True)
    edition = models.PositiveSmallIntegerField(null=True)  # year of the division table
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="area_children", fields=["parent", "name"]),
            models.Index(name="area_of_level", fields=["level", "path"]),
            models.Index(
                name="area_of_compound", fields=["compound"], condition=Q(compound__isnull=False)
            ),
        ]
        constraints: ClassVar = [
            # Said here and not by unique=True, which would add a second index of this wide column.
            models.UniqueConstraint(name="area_path_leads_to_one_area", fields=["path"]),
            models.UniqueConstraint(
                name="area_code_is_used_once_at_a_time",
                fields=["code"],
                condition=~Q(code="") & Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="area_code_is_digits", condition=Q(code__regex=r"^([0-9]{2,15})?$")
            ),
            models.CheckConstraint(
                name="area_below_province_has_a_parent",
                condition=Q(level="province") | Q(parent__isnull=False),
            ),
            models.CheckConstraint(
                name="area_coordinates_come_in_pairs_on_earth",
                condition=Q(lat=None, lon=None)
                | Q(
                    lat__isnull=False,
                    lon__isnull=False,
                    lat__range=(-90, 90),
                    lon__range=(-180, 180),
                ),
            ),
            models.CheckConstraint(
                name="area_compound_is_of_buildings",
                condition=Q(compound=None) | Q(level="building"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Compound(models.Model):
    """A housing estate (小区): buildings behind common gates, inside one community."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    area_path = AreaPathField()
    property_managed = models.BooleanField(default=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="compound_here", fields=["area_path"])]

    def __str__(self) -> str:
        return self.name


class Boundary(models.Model):
    """The outline of an area as GeoJSON geometry in WGS84."""

    class Origin(models.TextChoices):
        PUBLISHED = "published", _("published")
        GENERATED = "generated", _("generated, not surveyed")
        IMPORTED = "imported", _("imported")

    area = models.OneToOneField(Area, models.CASCADE, primary_key=True, related_name="boundary")
    geometry = models.JSONField()
    origin = models.CharField(max_length=10, choices=Origin.choices)
    source = models.CharField(max_length=200)
    drawn_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.area_id} {self.origin}"


class Site(models.Model):
    """A place with a purpose that stands in an area: a shop, a checkpoint, a laboratory."""

    class Kind(models.TextChoices):
        VENUE = "venue", _("venue")
        WORKPLACE = "workplace", _("workplace")
        SCHOOL = "school", _("school")
        CHECKPOINT = "checkpoint", pgettext_lazy("site", "checkpoint")
        SAMPLING_POINT = "sampling_point", _("sampling point")
        QUARANTINE_SITE = "quarantine_site", _("quarantine site")
        HOSPITAL = "hospital", _("hospital")
        LABORATORY = "laboratory", _("laboratory")
        WAREHOUSE = "warehouse", _("warehouse")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField(unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=80)
    area = models.ForeignKey(Area, models.PROTECT, related_name="sites")
    area_path = AreaPathField()
    lat = models.FloatField(null=True)  # WGS84, degrees
    lon = models.FloatField(null=True)
    # tables of a sampling point, rooms of a quarantine site, tubes a day of a laboratory
    capacity = models.IntegerField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="site_of_kind_here", fields=["kind", "area_path"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="site_capacity_is_not_negative",
                condition=Q(capacity=None) | Q(capacity__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Neighbour(models.Model):
    """A district next to ours, drawn grey around the map; no place of the tree."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=60)
    geometry = models.JSONField()  # GeoJSON, WGS84
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class EditionChange(models.Model):
    """What a later edition of the division table says differently about one place.

    Nothing happens until somebody accepts it. `area` is the place as we know it, none if the
    edition lists a new one; `candidates` are the places an ambiguous row might mean.
    """

    class Kind(models.TextChoices):
        RENAMED = "renamed", _("renamed")
        RECODED = "recoded", _("new code")
        MOVED = "moved", _("moved")
        ENDED = "ended", _("no longer listed")
        NEW = "new", _("new")
        AMBIGUOUS = "ambiguous", _("ambiguous")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("to be decided")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("left as it is")
        SUPERSEDED = "superseded", _("superseded")

    class Why(models.TextChoices):
        SAME_CODE = "same_code", _("same code")
        SAME_NAME_HERE = "same_name_here", _("same name under the same parent")
        SAME_NAME_ELSEWHERE = "same_name_elsewhere", _("same name elsewhere in the district")
        SEVERAL_OF_THIS_NAME = "several_of_this_name", _("several places have this name")
        ANOTHER_KIND_OF_COMMITTEE = (
            "another_kind_of_committee",
            _("same name, another kind of committee: a village may have become a community"),
        )
        NOT_LISTED = "not_listed", _("not in this edition")
        LISTED_FIRST = "listed_first", _("in this edition for the first time")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    edition = models.PositiveSmallIntegerField()
    district = models.ForeignKey(Area, models.PROTECT, related_name="+")
    area_path = AreaPathField()  # of the district
    kind = models.CharField(max_length=10, choices=Kind.choices)
    why = models.CharField(max_length=28, choices=Why.choices)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="edition_changes")
    candidates = ArrayField(models.UUIDField(), default=list)
    level = models.CharField(max_length=12, choices=Area.Level.choices)
    code_was = models.CharField(max_length=12, blank=True)
    code_becomes = models.CharField(max_length=12, blank=True)
    name_was = models.CharField(max_length=60, blank=True)
    name_becomes = models.CharField(max_length=60, blank=True)
    parent_code_becomes = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="edition_change_here", fields=["area_path", "state", "id"])
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="edition_change_about_an_area_is_open_once",
                fields=["area"],
                condition=Q(state="proposed", area__isnull=False),
            ),
            models.CheckConstraint(
                name="edition_change_is_about_an_area_unless_new",
                condition=Q(area__isnull=False) | Q(kind__in=["new", "ambiguous"]),
            ),
            models.CheckConstraint(
                name="edition_change_ambiguous_has_candidates",
                condition=Q(kind="ambiguous", candidates__len__gte=1)
                | (~Q(kind="ambiguous") & Q(candidates=[])),
            ),
            models.CheckConstraint(
                name="edition_change_decided_has_a_time_and_a_person",
                condition=Q(state="proposed", decided_at=None, decided_by=None)
                | (~Q(state="proposed") & Q(decided_at__isnull=False, decided_by__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code_was or self.code_becomes}"
