from fangxian.care.actions import (
    climb_overdue,
    note_missed_rides,
    note_missed_visits,
    plan_visits,
    prepare_rides,
)
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.jobs import app


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="care_climbs", lock="care_climbs", pass_context=False)
def let_overdue_journeys_climb(timestamp: int) -> None:
    note_missed_rides(PLAYBOOK)
    climb_overdue(PLAYBOOK)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="care_rides", lock="care_rides", pass_context=False)
def make_rides_ready(timestamp: int) -> None:
    prepare_rides(PLAYBOOK)


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="care_visits", lock="care_visits", pass_context=False)
def look_after_visits(timestamp: int) -> None:
    plan_visits(PLAYBOOK)
    note_missed_visits(PLAYBOOK)
