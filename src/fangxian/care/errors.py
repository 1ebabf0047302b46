from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.kernel.errors import NotFound


class NoSuchCareTransfer(NotFound):
    def __init__(self, transfer_id: UUID | str) -> None:
        super().__init__(_("journey to care"), transfer=str(transfer_id))
