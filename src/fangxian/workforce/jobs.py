from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.jobs import app
from fangxian.workforce.actions import end_temporary_organisations, forget_offers
from fangxian.workforce.asking import rules_at


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="end_temporary", lock="end_temporary", pass_context=False)
def end_temporary(timestamp: int) -> None:
    end_temporary_organisations(PLAYBOOK)


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="forget_volunteers", lock="forget_volunteers", pass_context=False)
def forget_volunteers(timestamp: int) -> None:
    """Offers that came to nothing, by the time that the rules in force give."""
    rules = rules_at("")
    if rules is not None:
        forget_offers(PLAYBOOK, now() - rules.forget_offers.length)
