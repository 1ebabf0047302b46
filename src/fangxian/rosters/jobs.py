"""Who did not come, and what is bare."""

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app
from fangxian.rosters.actions import note_missing, tell_gaps


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="note_missing", lock="note_missing", pass_context=False)
def look_at_posts(timestamp: int) -> None:
    note_missing(PLAYBOOK)
    tell_gaps(PLAYBOOK)
