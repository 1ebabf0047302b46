from fangxian.gates.actions import forget_persons
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app

_AT_ONCE = 20_000


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="forget_persons", lock="forget_persons", pass_context=False)
def forget_persons_of_old_scans(timestamp: int) -> None:
    while forget_persons(PLAYBOOK, at_most=_AT_ONCE) == _AT_ONCE:
        pass
