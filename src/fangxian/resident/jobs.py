"""Messages that carry codes, sessions to close, and what is to be forgotten."""

from uuid import UUID

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.kernel.jobs import RETRIES, app
from fangxian.protocol.queries import regions
from fangxian.resident import actions


@app.task(retry=RETRIES, pass_context=False)
def send_code(challenge_id: str) -> None:
    actions.send_code(PLAYBOOK, UUID(challenge_id))


@app.task(retry=RETRIES, pass_context=False)
def tell_of_entry(session_id: str, language: str) -> None:
    actions.tell_of_entry(PLAYBOOK, UUID(session_id), language)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="close_old_sessions", pass_context=False)
def close_old_sessions(timestamp: int) -> None:
    actions.close_old_sessions(PLAYBOOK)


@app.periodic(cron="23 3 * * *")
@app.task(queueing_lock="forget_sign_ins", pass_context=False)
def forget_sign_ins(timestamp: int) -> None:
    """As long as ended personal codes are kept, by the rules that keep them longest."""
    kept = [
        one.pack.retention.codes.length for one in regions(PLAYBOOK, now()) if one.pack.retention
    ]
    if kept:
        actions.forget_sign_ins(PLAYBOOK, now() - max(kept))
