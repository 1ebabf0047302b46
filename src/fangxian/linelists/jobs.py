from uuid import UUID

from fangxian.kernel.jobs import RETRIES, app
from fangxian.linelists import actions
from fangxian.linelists.models import LineList


@app.task(retry=RETRIES, pass_context=False)
def take_line_list(list_id: str) -> None:
    """Safe to run again after a break. Acts as the account that uploaded the list."""
    found = LineList.objects.select_related("account").defer("upload").get(id=UUID(list_id))
    if found.state == LineList.State.RUNNING and found.account is not None:
        actions.take_list(found.account.actor, found.id)
