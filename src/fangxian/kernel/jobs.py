"""Jobs live in the same database and are enqueued in the same transaction as what they follow.

A room's jobs.py says `@app.task`; a failed job stays in the table, is counted in the metrics and
shown to the operator, and can be tried again.
"""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from fangxian.kernel import ledger

__all__ = ["RETRIES", "app"]

RETRIES = RetryStrategy(max_attempts=5, exponential_wait=4)


@app.periodic(cron="*/5 * * * * *")
@app.task(queueing_lock="seal_ledger", lock="seal_ledger", pass_context=False)
def seal_ledger(timestamp: int) -> None:
    ledger.seal_all()
