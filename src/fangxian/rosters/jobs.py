"""Who did not come, and what is bare."""

from datetime import date
from uuid import UUID

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import RETRIES, app
from fangxian.kernel.models import Account
from fangxian.rosters.actions import note_missing, tell_gaps


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="note_missing", lock="note_missing", pass_context=False)
def look_at_posts(timestamp: int) -> None:
    note_missing(PLAYBOOK)
    tell_gaps(PLAYBOOK)


@app.task(retry=RETRIES, lock="plan_staff", pass_context=False)
def plan_staff(account: str, area_path: str, from_day: str, until_day: str, kind: str) -> None:
    """Acts as the account that asked. Safe to run again: nothing is kept before the end."""
    from fangxian.rosters.staffing import propose_plan  # noqa: PLC0415 - its engine is large

    propose_plan(
        Account.objects.get(id=UUID(account)).actor,
        area_path=area_path,
        from_day=date.fromisoformat(from_day),
        until_day=date.fromisoformat(until_day),
        kind=kind,
    )
