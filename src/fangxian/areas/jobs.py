from django.db import transaction

from fangxian.areas import rooting
from fangxian.areas.models import Area
from fangxian.kernel.jobs import RETRIES, app


@app.task(retry=RETRIES)
def settle_move(area_id: str, was: str) -> None:
    """Bring along what was written under the old path while an area was being moved.

    Safe to repeat; does nothing if the area has moved on or back since.
    """
    with transaction.atomic():
        area = Area.objects.filter(id=area_id).first()
        if area is not None and area.path != was:
            rooting.reroot(was, area.path)
