from fangxian.dispatch.actions import escalate_overdue
from fangxian.dispatch.directives import remind_late_places
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="escalate_overdue", lock="escalate_overdue", pass_context=False)
def escalate(timestamp: int) -> None:
    escalate_overdue(PLAYBOOK)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="remind_late_places", lock="remind_late_places", pass_context=False)
def remind(timestamp: int) -> None:
    remind_late_places(PLAYBOOK)
