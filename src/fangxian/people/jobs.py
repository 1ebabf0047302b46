"""Lists that take longer than a page may: the worker takes them in and writes them."""

from uuid import UUID

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import RETRIES, app
from fangxian.people import actions
from fangxian.people.models import ExportRun, ImportRun


@app.task(retry=RETRIES, pass_context=False)
def take_in_list(run_id: str) -> None:
    """Safe to run again after a break. Acts as the account that uploaded the list."""
    run = ImportRun.objects.select_related("account").defer("upload", "errors").get(id=UUID(run_id))
    if run.state in {ImportRun.State.DONE, ImportRun.State.REFUSED} or run.account is None:
        return
    actions.carry_out_import(run.account.actor, run.id)


@app.task(retry=RETRIES, pass_context=False)
def write_list(run_id: str) -> None:
    """Safe to run again after a break. Acts as the account that asked for the list."""
    run = ExportRun.objects.select_related("account").defer("file").get(id=UUID(run_id))
    if run.ended_at is None:
        actions.carry_out_export(run.account.actor, run.id)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="forget_exports", pass_context=False)
def forget_exports(timestamp: int) -> None:
    actions.forget_exports(PLAYBOOK)
