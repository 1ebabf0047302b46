"""Lists that take longer than a page may, messages to send, and what is to be forgotten."""

from uuid import UUID

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import RETRIES, app
from fangxian.screening import actions, messages
from fangxian.screening.models import InboundList

_AT_ONCE = 2000


@app.task(retry=RETRIES, pass_context=False)
def take_in(list_id: str) -> None:
    """Safe to run again after a break. Acts as the account that uploaded the list."""
    inbound = InboundList.objects.select_related("account").defer("upload", "errors").get(
        id=UUID(list_id)
    )  # fmt: skip
    if inbound.ended_at is None and inbound.account is not None:
        actions.take_in_list(inbound.account.actor, inbound.id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_messages", lock="send_messages", pass_context=False)
def send_messages(timestamp: int) -> None:
    while messages.send_messages(PLAYBOOK):
        pass


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="forget_screened", lock="forget_screened", pass_context=False)
def forget_who_was_without_risk(timestamp: int) -> None:
    while actions.forget_without_risk(PLAYBOOK, at_most=_AT_ONCE) == _AT_ONCE:
        pass
