from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app
from fangxian.requests.actions import climb_unanswered, escalate_overdue, tell_waiting


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="climb_requests", lock="climb_requests", pass_context=False)
def climb(timestamp: int) -> None:
    """What is late, and what nobody answers, goes one level up."""
    climb_unanswered(PLAYBOOK)
    escalate_overdue(PLAYBOOK)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="tell_requests", lock="tell_requests", pass_context=False)
def tell(timestamp: int) -> None:
    tell_waiting(PLAYBOOK)
