"""A new infection among guests is a proposal about those near it, and evidence for it."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.kernel.errors import NotYours
from fangxian.measures.actions import end_order, extend_order
from fangxian.measures.errors import ProlongsIsolation
from fangxian.measures.queries import get_order
from fangxian.quarantine.actions import decide_restart, propose_restart
from fangxian.quarantine.errors import DecisionNeedsReason, RestartIsDecided
from fangxian.quarantine.models import Restart
from fangxian.quarantine.tests import make
from fangxian.quarantine.tests.make import HEAD_MA, OFFICER_DENG

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def infection(noon: Hands) -> tuple[Restart, dict[str, object]]:
    """Two days in, the guest of 301 is found infected; there is somebody on every floor."""
    site = make.site(floors=(1, 2, 3, 4, 5))
    guests = {
        name: make.staying(at=site, name=name)
        for name in ("102", "202", "301", "302", "402", "502")
    }
    noon.forward(hours=48)
    infected = guests["301"].resident
    restart = propose_restart(PLAYBOOK, infected.id, because=make.measures.case(infected))
    assert restart is not None
    return restart, {name: guest.order_id for name, guest in guests.items()}


def test_the_floor_and_its_neighbours_are_named_with_until_when_and_nobody_stays_longer_yet(
    noon: Hands,
) -> None:
    restart, orders = infection(noon)

    assert restart.floors == [2, 3, 4]
    lines = {line.order_id: line for line in restart.lines.all()}
    assert set(lines) == {orders["202"], orders["302"], orders["402"]}
    for line in lines.values():
        assert get_order(PLAYBOOK, line.order_id).ends_at == line.was
        assert (line.becomes - restart.exposed_at).days == 7


def test_an_infection_proposes_once(noon: Hands) -> None:
    restart, _orders = infection(noon)

    again = propose_restart(PLAYBOOK, restart.placement.resident_id, because=restart.because_id)

    assert again == restart


def test_an_officer_applies_it_with_a_reason_by_the_evidence_about_each(noon: Hands) -> None:
    restart, orders = infection(noon)

    with pytest.raises(DecisionNeedsReason):
        decide_restart(OFFICER_DENG, restart.id, apply=True, reason=" ")
    decide_restart(OFFICER_DENG, restart.id, apply=True, reason="the guest of 301 is infected")

    for line in restart.lines.all():
        assert get_order(PLAYBOOK, line.order_id).ends_at == line.becomes
    untouched = get_order(PLAYBOOK, orders["502"])  # type: ignore[arg-type]
    assert not untouched.extensions.exists()
    assert decide_restart(OFFICER_DENG, restart.id, apply=True, reason="again").state == "applied"
    with pytest.raises(RestartIsDecided):
        decide_restart(OFFICER_DENG, restart.id, apply=False, reason="no")


def test_an_officer_may_leave_it_as_it_was(noon: Hands) -> None:
    restart, _orders = infection(noon)

    decide_restart(OFFICER_DENG, restart.id, apply=False, reason="301 had just moved in")

    for line in restart.lines.all():
        assert get_order(PLAYBOOK, line.order_id).ends_at == line.was


@pytest.mark.django_db(transaction=True)
def test_without_that_evidence_the_same_extension_is_refused(noon: Hands) -> None:
    restart, orders = infection(noon)
    line = restart.lines.first()
    assert line is not None

    with pytest.raises(ProlongsIsolation):
        extend_order(
            OFFICER_DENG,
            orders["502"],  # type: ignore[arg-type]
            until=line.becomes,
            reason="to be sure",
            because=line.because_id,
        )


def test_an_order_that_ended_meanwhile_is_left_alone(noon: Hands) -> None:
    restart, orders = infection(noon)
    end_order(OFFICER_DENG, orders["302"], reason="no contact after all")  # type: ignore[arg-type]

    decide_restart(OFFICER_DENG, restart.id, apply=True, reason="the guest of 301 is infected")

    assert get_order(PLAYBOOK, orders["302"]).state == "ended"  # type: ignore[arg-type]
    assert get_order(PLAYBOOK, orders["402"]).extensions.count() == 1  # type: ignore[arg-type]


def test_the_staff_does_not_decide(noon: Hands) -> None:
    restart, _orders = infection(noon)

    with pytest.raises(NotYours):
        decide_restart(HEAD_MA, restart.id, apply=True, reason="-")


def test_an_infection_of_somebody_at_home_concerns_no_site() -> None:
    who = make.people.resident()

    assert propose_restart(PLAYBOOK, who.id, because=make.measures.case(who)) is None
