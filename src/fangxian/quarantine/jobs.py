from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app
from fangxian.quarantine.actions import note_missed_readings


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="note_missed_readings", lock="note_missed_readings", pass_context=False)
def look_for_missed_readings(timestamp: int) -> None:
    note_missed_readings(PLAYBOOK)
