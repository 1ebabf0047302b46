from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app
from fangxian.status.actions import let_lapse


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="let_statuses_lapse", lock="let_statuses_lapse", pass_context=False)
def let_statuses_lapse(timestamp: int) -> None:
    let_lapse(PLAYBOOK)
