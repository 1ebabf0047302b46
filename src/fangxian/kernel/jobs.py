"""Jobs live in the same database and are enqueued in the same transaction as what they follow.

A room's jobs.py says `@app.task`; a failed job stays in the table, is counted in the metrics and
shown to the operator, and can be tried again.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from fangxian.kernel import ledger
from fangxian.kernel.access import Actor, Duty

__all__ = ["RETRIES", "app"]

RETRIES = RetryStrategy(max_attempts=5, exponential_wait=4)


@app.periodic(cron="*/5 * * * * *")
@app.task(queueing_lock="seal_ledger", lock="seal_ledger", pass_context=False)
def seal_ledger(timestamp: int) -> None:
    ledger.seal_all()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take_up_lost_jobs", pass_context=True)
async def take_up_lost_jobs(context: object, timestamp: int) -> None:
    """Jobs whose worker was killed are begun again; that is why each is safe to repeat."""
    for job in await app.job_manager.get_stalled_jobs():
        if job.status == Status.DOING.value:
            await app.job_manager.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget_done_jobs", pass_context=False)
def forget_done_jobs(timestamp: int) -> None:
    """Done jobs of the last week are kept for the operator's eyes; failed ones are kept all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs job WHERE status = 'succeeded' AND NOT EXISTS (SELECT"
            " FROM procrastinate_events WHERE job_id = job.id AND at > now() - interval '7 days')"
        )


@dataclass(frozen=True, slots=True)
class Job:
    """One job as the operator sees it; its arguments are ids and file names, never people."""

    id: int
    name: str
    status: str
    attempts: int
    at: datetime | None


def jobs_to_look_at(viewer: Actor, *, at_most: int = 100) -> list[Job]:
    """Failed jobs first, then those under way or waiting, latest first."""
    viewer.must(Duty.OPERATE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, status::text, attempts,"
            " (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id)"
            " FROM procrastinate_jobs job WHERE status IN ('failed', 'doing', 'todo')"
            " ORDER BY status <> 'failed', id DESC LIMIT %s",
            [at_most],
        )
        return [Job(*row) for row in cursor.fetchall()]


@transaction.atomic
def try_again(actor: Actor, job_id: int) -> bool:
    """Put a failed job back in the queue; whether there was one."""
    actor.must(Duty.OPERATE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM procrastinate_jobs WHERE id = %s AND status = 'failed'", [job_id]
        )
        if cursor.fetchone() is None:
            return False
        cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job_id])
    return True
