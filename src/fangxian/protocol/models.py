"""Which pack is in force where, from when. The packs themselves are files (packs/)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fangxian.kernel.clock import now
from fangxian.kernel.fields import AreaPathField
from fangxian.kernel.ids import new_id


class Adoption(models.Model):
    """The decision that the rules of one pack bind one area, and all in it, from a moment on.

    area_path     "" is everywhere
    fingerprint   of the text that was adopted: it cannot change unseen
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    pack_id = models.CharField(max_length=30)
    pack_version = models.CharField(max_length=8)
    fingerprint = models.CharField(max_length=16)
    area_path = AreaPathField(blank=True)
    from_at = models.DateTimeField()
    reason = models.TextField(max_length=500)
    adopted_by = models.UUIDField()
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            # Also answers: which adoption is the latest for this area?
            models.UniqueConstraint(
                name="adoption_is_one_for_each_area_and_moment", fields=["area_path", "from_at"]
            ),
            models.CheckConstraint(
                name="adoption_names_a_pack_and_version",
                condition=Q(pack_id__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$")
                & Q(pack_version__regex=r"^[0-9]+(\.[0-9]+)*$")
                & Q(fingerprint__regex=r"^[0-9a-f]{16}$"),
            ),
            models.CheckConstraint(name="adoption_has_a_reason", condition=Q(reason__regex=r"\S")),
            models.CheckConstraint(
                name="adoption_binds_an_area", condition=Q(area_path__regex=r"^([0-9a-z]+/)*$")
            ),
        ]

    def __str__(self) -> str:
        return self.stamp

    @property
    def stamp(self) -> str:
        return f"{self.pack_id}@{self.pack_version}"
