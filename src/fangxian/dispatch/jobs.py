from fangxian.dispatch.actions import escalate_overdue
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="escalate_overdue", lock="escalate_overdue", pass_context=False)
def escalate(timestamp: int) -> None:
    escalate_overdue(PLAYBOOK)
