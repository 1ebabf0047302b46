"""Whoever is in an emergency is let through, whatever is missing or wrong."""

from datetime import timedelta

import pytest

from fangxian.areas.models import Area
from fangxian.gates import actions
from fangxian.gates.events import EmergencyLetThrough
from fangxian.gates.models import Scan
from fangxian.gates.rules import ScanRow, Unreadable
from fangxian.gates.tests import make
from fangxian.kernel import reactions
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.people.rules import PersonRef
from fangxian.protocol.models import Adoption

pytestmark = pytest.mark.django_db


def _nobody_special() -> Actor:
    return Actor(id=new_id(), within="9/", duties=frozenset())


def test_no_duty_no_shift_no_gate_and_no_person_are_needed() -> None:
    scan = new_id()

    answer = actions.let_through_emergency(
        _nobody_special(), scan_id=scan, site_id=new_id(), at=now()
    )

    assert answer.outcome == "applied"
    stored = Scan.objects.get(id=scan)
    assert (stored.verdict, stored.site, stored.person) == ("emergency", None, None)
    assert Event.objects.get(kind="gates.emergency_let_through").facts["resident_id"] is None


def test_a_forged_code_stops_nobody_in_an_emergency() -> None:
    gate = make.gate("pass", "test")

    answer = actions.let_through_emergency(
        make.guard(),
        scan_id=new_id(),
        site_id=gate.id,
        at=now(),
        person=PersonRef(code="FX1:NONSENSE"),
        reason="胸痛",
    )

    assert (answer.outcome, dict(answer.facts)) == ("applied", {})


def test_it_is_kept_who_it_was_where_that_is_known() -> None:
    gate, person = make.gate(), make.resident()

    actions.let_through_emergency(
        make.guard(), scan_id=new_id(), site_id=gate.id, at=now(), person=make.shown(person)
    )

    told = Event.objects.get(kind="gates.emergency_let_through")
    assert told.facts["resident_id"] == str(person.id)


def test_trouble_in_what_follows_does_not_take_the_record_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def _fails(fact: object, event: object) -> None:
        raise RuntimeError("the playbook is broken")

    reactions.on(EmergencyLetThrough, _fails)
    gate = make.gate()

    answer = actions.let_through_emergency(
        make.guard(), scan_id=new_id(), site_id=gate.id, at=now()
    )

    assert answer.outcome == "applied"
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert "gates.emergency_let_through_alone" in kinds
    assert "gates.emergency_let_through" not in kinds


def test_sent_twice_it_is_one_emergency() -> None:
    gate, guard = make.gate(), make.guard()
    known = {"scan_id": new_id(), "site_id": gate.id, "at": now() - timedelta(hours=3)}

    actions.let_through_emergency(guard, **known)  # type: ignore[arg-type]
    again = actions.let_through_emergency(guard, **known)  # type: ignore[arg-type]

    assert again.outcome == "known"
    assert Event.objects.filter(kind="gates.emergency_let_through").count() == 1


def test_an_emergency_is_read_whatever_is_wrong_with_the_rest_of_it() -> None:
    body = {
        "scan": str(new_id()),
        "site": str(new_id()),
        "verdict": "emergency",
        "direction": 7,
        "person": {"resident": "nonsense"},
        "temperature": "hot",
        "plate": ["x"],
    }

    row = ScanRow.from_json(body, by=_nobody_special(), at=now())

    assert (row.verdict, row.person, row.direction) == ("emergency", None, "out")
    with pytest.raises(Unreadable):
        ScanRow.from_json({"verdict": "emergency"}, by=_nobody_special(), at=now())


def test_an_emergency_comes_through_while_no_rules_are_in_force() -> None:
    """Nobody has adopted a pack, and there is not even a place."""
    assert not Area.objects.exists()
    row = ScanRow(
        id=new_id(),
        by=_nobody_special(),
        at=now(),
        site=new_id(),
        direction="out",
        verdict="emergency",
    )

    assert actions.record_scans(row.by, [row])[0].outcome == "applied"


def test_an_emergency_under_the_id_of_a_scan_is_kept_beside_it() -> None:
    """The guard had referred the person, and then saw how ill they were."""
    gate, guard, scan = make.gate(), make.guard(), new_id()
    make.scanned(gate, guard, make.listed(make.resident()), id=scan, verdict="refer", rule="test")
    known = {"scan_id": scan, "site_id": gate.id, "at": now()}

    first = actions.let_through_emergency(guard, **known)  # type: ignore[arg-type]
    again = actions.let_through_emergency(guard, **known)  # type: ignore[arg-type]

    assert (first.outcome, again.outcome) == ("applied", "known")
    assert set(Scan.objects.values_list("verdict", flat=True)) == {"refer", "emergency"}
    assert Event.objects.filter(kind="gates.emergency_let_through").count() == 1


def test_somebody_not_registered_is_let_through_by_somebody_without_duties() -> None:
    gate = make.gate()

    answer = actions.let_through_emergency(
        _nobody_special(),
        scan_id=new_id(),
        site_id=gate.id,
        at=now(),
        person=PersonRef(provisional=new_id(), name="李访客", kind="visitor"),
    )

    assert answer.outcome == "applied"
    assert Scan.objects.get().person is not None


def test_a_person_who_cannot_be_read_is_let_through() -> None:
    gate = make.gate()

    answer = actions.let_through_emergency(
        make.guard(),
        scan_id=new_id(),
        site_id=gate.id,
        at=now(),
        person=PersonRef(provisional=new_id(), name="7", identity="no number", phone="x"),
    )

    assert (answer.outcome, Scan.objects.get().person) == ("applied", None)


def test_a_pack_that_was_altered_stops_no_gate() -> None:
    gate, guard = make.gate("pass"), make.guard()
    Adoption.objects.update(fingerprint="0" * 16)

    emergency = actions.let_through_emergency(guard, scan_id=new_id(), site_id=gate.id, at=now())
    ordinary = make.scanned(gate, guard, make.listed(make.resident()))

    assert (emergency.outcome, ordinary.outcome) == ("applied", "applied")
