"""Who sees which request, and what is known of it."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.errors import NotFound
from fangxian.requests.models import Request

SEE_ALL = frozenset({Duty.ANSWER_CALLS, Duty.DISPATCH, Duty.COMMAND, Duty.AUDIT, Duty.CARRY_OUT})


def requests_visible_to(viewer: Actor) -> QuerySet[Request]:
    """Every request of the viewer's area; for a resident, and for who does not see to requests,
    their own.
    """
    if SEE_ALL & viewer.duties:
        return Request.objects.filter(area_path__startswith=viewer.within)
    return Request.objects.filter(Q(raised_by=viewer.id) | Q(resident_id=viewer.id))


def get_request(viewer: Actor, request_id: UUID, *, for_change: bool = False) -> Request:
    rows = requests_visible_to(viewer)
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(id=request_id).first()
    if found is None:
        raise NotFound(_("request"), request=str(request_id))
    return found
