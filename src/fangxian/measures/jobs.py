from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app
from fangxian.measures.actions import propose_due_releases


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="propose_due_releases", lock="propose_due_releases", pass_context=False)
def propose_releases(timestamp: int) -> None:
    propose_due_releases(PLAYBOOK)
