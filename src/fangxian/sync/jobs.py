from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app
from fangxian.sync import actions


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="apply_kept_commands", pass_context=False)
def apply_kept_commands(timestamp: int) -> None:
    """After an update the server may understand what it could only keep before."""
    actions.apply_kept(PLAYBOOK)


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="forget_commands", pass_context=False)
def forget_commands(timestamp: int) -> None:
    while actions.forget_commands(PLAYBOOK):
        pass
