"""The story of an entry that a phone made in vain."""

import pytest

from fangxian.dispatch.queries import tasks_about
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Account
from fangxian.playbook.tests import make
from fangxian.sync import rules
from fangxian.sync.actions import enrol_device, invite_device, receive, set_aside
from fangxian.sync.models import Device, Held
from fangxian.sync.tests.make import account, command

pytestmark = pytest.mark.django_db

DISPATCHER_GAO = make.actor(Duty.DISPATCH, name="Gao")


def phone_of(owner: Account) -> Device:
    _invitation, token = invite_device(DISPATCHER_GAO, owner.id, modes=["desk"], days=7)
    return enrol_device(token, pin_set=True)[0]


def sends(device: Device, *kinds: str) -> None:
    for seq, kind in enumerate(kinds):
        order = rules.read_order(command(kind, {"tube": "nonsense"}, seq=seq))
        assert isinstance(order, rules.Order)
        receive(device.account.actor, device.id, [order])


def sampler(*duties: Duty) -> Account:
    return account(*(duties or (Duty.COLLECT_SAMPLES,)), within=DISPATCHER_GAO.within)


def test_a_refused_entry_becomes_a_task_of_whoever_made_it() -> None:
    make.rules("cn-v9")
    owner = sampler()
    device = phone_of(owner)

    sends(device, "sampling.void_tube")

    task = tasks_about(PLAYBOOK, device.id).get()
    assert (task.kind, task.owner_id, task.state) == ("mend_entries", owner.id, "taken")
    assert (task.due_at - now()).total_seconds() == 30 * 60


def test_many_refused_entries_of_a_phone_are_one_task() -> None:
    make.rules("cn-v9")
    device = phone_of(sampler())

    sends(device, "sampling.void_tube", "sampling.void_tube", "sampling.seal_tube")

    assert tasks_about(PLAYBOOK, device.id).count() == 1


def test_whoever_lacks_the_duty_leaves_the_task_to_those_who_have_it() -> None:
    make.rules("cn-v9")
    device = phone_of(sampler())

    sends(device, "gates.end_shift")

    task = tasks_about(PLAYBOOK, device.id).get()
    assert (task.duty, task.owner_id, task.state) == ("guard", None, "open")


def test_the_task_is_done_when_the_last_entry_is_settled() -> None:
    make.rules("cn-v9")
    device = phone_of(sampler())
    sends(device, "sampling.void_tube", "sampling.seal_tube")
    first, last = Held.objects.order_by("received_at")

    set_aside(DISPATCHER_GAO, first.command_id, note="entered by hand")
    assert tasks_about(PLAYBOOK, device.id).get().state == "taken"
    set_aside(DISPATCHER_GAO, last.command_id, note="entered by hand")

    assert tasks_about(PLAYBOOK, device.id).get().state == "done"


def test_what_is_only_kept_is_nobodys_task() -> None:
    make.rules("cn-v9")
    device = phone_of(sampler())

    sends(device, "later.kind")

    assert not tasks_about(PLAYBOOK, device.id).exists()


def test_before_any_rules_are_in_force_the_task_is_due_now() -> None:
    device = phone_of(sampler())

    sends(device, "sampling.void_tube")

    assert tasks_about(PLAYBOOK, device.id).get().due_at == now()
