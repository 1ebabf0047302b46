from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app
from fangxian.oversight.actions import carry_out_retention
from fangxian.oversight.errors import NoRetention
from fangxian.protocol.errors import NoPackInForce


@app.periodic(cron="17 4 * * *")
@app.task(queueing_lock="carry_out_retention", lock="carry_out_retention", pass_context=False)
def carry_out_retention_every_night(timestamp: int) -> None:
    try:
        carry_out_retention(PLAYBOOK)
    except (NoPackInForce, NoRetention):
        return
