"""Posts with a name: where somebody must stand, when, and who does."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Post(models.Model):
    """A place where somebody must be: a table's registrar, a gate, a building, a hotline line.

    area_path   where it is; `site` if it is at one
    team        the organisation whose people fill it, if it is one's
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
    opened_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(name="post_here", fields=["area_path", "kind"])]

    def __str__(self) -> str:
        return self.name
