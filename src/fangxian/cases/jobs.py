"""Sweeps take minutes: the worker does them."""

from uuid import UUID

from fangxian.cases.models import Sweep
from fangxian.kernel.jobs import RETRIES, app


@app.task(retry=RETRIES, pass_context=False)
def run_sweep(sweep_id: str) -> None:
    """Safe to run again after a break: it goes on. Acts as the account that asked."""
    from fangxian.cases.sweeping import carry_out_sweep  # noqa: PLC0415 - its engines are large

    run = Sweep.objects.select_related("account").get(id=UUID(sweep_id))
    carry_out_sweep(run.account.actor, run.id)
