"""What is over is deleted, and an incident that ended leaves a signed record."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.translation import override

from fangxian.cases.actions import close_case
from fangxian.cases.models import Sweep, Swept, Visit
from fangxian.cases.tests import make
from fangxian.cases.tests.make import MA, NOON
from fangxian.gates.models import Scan
from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import Hands, playing
from fangxian.kernel.errors import NotYours
from fangxian.kernel.forgetting import delete, delete_all
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account, Event
from fangxian.measures.actions import end_orders_of
from fangxian.oversight import commands
from fangxian.oversight.actions import (
    approve_destruction,
    carry_out_retention,
    propose_destruction,
    reject_destruction,
)
from fangxian.oversight.errors import (
    DestructionIsDecided,
    IncidentIsNotOver,
    NoRetention,
    ReasonIsNeeded,
    SecondOfficerDecides,
)
from fangxian.oversight.models import Destruction
from fangxian.oversight.queries import retention_rules
from fangxian.people.models import Resident
from fangxian.people.tests import make as people
from fangxian.quarantine.actions import end_watch, leave_for_hospital
from fangxian.quarantine.models import Placement
from fangxian.quarantine.tests import make as sites
from fangxian.screening.models import FollowUp
from fangxian.screening.tests import make as screening

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon(nothing_follows: None) -> object:
    with playing(NOON) as hands, override("en"):
        yield hands


def officer(*duties: Duty) -> Actor:
    return Actor(id=new_id(), within="", duties=frozenset(duties), name="Shen")


COMMANDER = officer(Duty.COMMAND, Duty.INVESTIGATE, Duty.DECIDE_MEASURES, Duty.AUDIT)
AUDITOR = officer(Duty.AUDIT, Duty.COMMAND, Duty.INVESTIGATE, Duty.DECIDE_MEASURES)


def visits(*days_ago: int) -> None:
    who, where = people.resident(), make.site()
    for days in days_ago:
        make.visit(who, where, hours_ago=24 * days)


def test_visits_older_than_the_pack_lets_them_be_are_deleted() -> None:
    make.rules()
    visits(40, 31, 29, 1)

    run = carry_out_retention(PLAYBOOK)

    assert run is not None
    assert run.gone["visits"][0] == 2
    assert Visit.objects.count() == 2
    assert Event.objects.get(kind="oversight.retention_carried_out").facts == {"rows": 2}
    assert carry_out_retention(PLAYBOOK) is None


def test_what_an_open_case_still_needs_is_kept(noon: Hands) -> None:
    make.rules()
    visits(1)
    make.case()
    noon.forward(days=60)

    assert carry_out_retention(PLAYBOOK) is None


def test_the_digest_is_of_what_the_rows_held() -> None:
    make.rules()
    visits(3, 2, 1)
    rows = list(Visit.objects.order_by("id"))

    with transaction.atomic():
        first = delete_all(Visit.objects.all())
        transaction.set_rollback(True)
    assert Visit.objects.count() == 3
    with transaction.atomic():
        same = delete_all(Visit.objects.all())
        transaction.set_rollback(True)
    rows[0].source = "attended"
    rows[0].save()
    other = delete_all(Visit.objects.all())

    assert first == same
    assert first.rows == other.rows == 3
    assert first.digest != other.digest
    assert delete(Visit.objects.all()).rows == 0


def test_sets_are_chained() -> None:
    make.rules()
    visits(3, 2, 1)

    one = delete(Visit.objects.all(), at_most=2)
    both = one.and_then(delete(Visit.objects.all(), at_most=2))

    assert (one.rows, both.rows) == (2, 3)
    assert both.digest != one.digest


def test_nothing_is_destroyed_while_anything_stands() -> None:
    make.rules()
    case = make.case()

    with pytest.raises(IncidentIsNotOver, match="1 open cases"):
        propose_destruction(COMMANDER, reason="the incident is over")

    close_case(MA, case.id)
    with pytest.raises(ReasonIsNeeded):
        propose_destruction(COMMANDER, reason=" ")
    proposed = propose_destruction(COMMANDER, reason="the incident is over")
    make.case()
    with pytest.raises(IncidentIsNotOver):
        approve_destruction(AUDITOR, proposed.id)


def test_two_officers_destroy_and_leave_a_signed_record(tmp_path: Path) -> None:
    make.rules()
    visits(2, 1)
    proposed = propose_destruction(COMMANDER, reason="the incident is over")
    assert propose_destruction(COMMANDER, reason="again").id == proposed.id

    with pytest.raises(SecondOfficerDecides):
        approve_destruction(COMMANDER, proposed.id)
    with pytest.raises(NotYours):
        approve_destruction(officer(Duty.COMMAND), proposed.id)
    done = approve_destruction(AUDITOR, proposed.id)

    assert Visit.objects.count() == 0
    assert done.document is not None
    told = json.loads(done.document["payload"])
    assert told["destroyed"]["visits"]["rows"] == 2
    assert signing.document_is_ours(done.document)
    assert Event.objects.get(kind="oversight.incident_destroyed").facts["rows"] == 2
    with pytest.raises(DestructionIsDecided):
        reject_destruction(AUDITOR, proposed.id)

    file = tmp_path / "record.json"
    file.write_text(json.dumps(done.document))
    assert commands.retention(["verify", str(file)]) == 0
    changed = done.document | {"payload": done.document["payload"].replace(": 2", ": 1")}
    file.write_text(json.dumps(changed))
    assert commands.retention(["verify", str(file)]) == 1
    file.write_text("no record")
    assert commands.retention(["verify", str(file)]) == 1


def test_without_agreement_nothing_is_deleted() -> None:
    make.rules()
    visits(1)
    proposed = propose_destruction(COMMANDER, reason="the incident is over")

    reject_destruction(AUDITOR, proposed.id)

    assert Visit.objects.count() == 1


def test_a_record_cannot_say_otherwise() -> None:
    by = new_id()
    whole = {"reason": "over", "proposed_by": by}
    for name, wrong in (
        ("destruction_says_why", whole | {"reason": ""}),
        (
            "destruction_is_decided_by_a_second_officer",
            whole | {"state": "rejected", "decided_by": by, "decided_at": NOON},
        ),
        (
            "destruction_done_is_on_a_signed_record",
            whole | {"state": "done", "decided_by": new_id(), "decided_at": NOON},
        ),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Destruction.objects.create(**wrong)
    Destruction.objects.create(**whole)
    with (
        pytest.raises(IntegrityError, match="destruction_is_proposed_once"),
        transaction.atomic(),
    ):
        Destruction.objects.create(**whole)


def test_rules_without_retention_delete_nothing() -> None:
    make.rules("who-2022")

    with pytest.raises(NoRetention):
        carry_out_retention(PLAYBOOK)
    assert {rule.span for rule in retention_rules(PLAYBOOK)} == {None}


def test_the_command_says_what_is_kept_and_what_went(capsys: pytest.CaptureFixture[str]) -> None:
    make.rules()
    visits(60)

    assert commands.retention(["--lang", "en", "show"]) == 0
    assert commands.retention(["--lang", "en", "run"]) == 0

    said = capsys.readouterr().out
    assert "30 d [unverified]" in said
    assert "who was where" in said


def test_the_page_leads_two_officers_through_the_end() -> None:
    make.rules()
    first, second = (
        Account.objects.create(username=name, display_name=name, duties=["command", "audit"])
        for name in ("chen", "shen")
    )
    one, other = Client(headers={"accept-language": "en"}), Client()
    one.force_login(first)
    other.force_login(second)
    page = "/oversight/retention"

    assert one.post(f"{page}/propose", {"reason": ""}).status_code == 422
    one.post(f"{page}/propose", {"reason": "the incident is over"})
    found = Destruction.objects.get()
    assert "Agree, and destroy" not in one.get(page).text
    other.post(f"{page}/{found.id}/approve")

    assert "signed record" in one.get(page).text
    assert one.get(f"{page}/{found.id}.json").json()["kid"]
    assert one.post(f"{page}/{found.id}/maybe").status_code == 404


def test_the_end_of_an_incident_takes_what_every_room_holds_of_people() -> None:
    make.rules()
    campaign = screening.campaign()
    screening.inbound(campaign, screening.row())
    placement = sites.staying()
    leave_for_hospital(PLAYBOOK, placement.resident_id)
    end_orders_of(PLAYBOOK, placement.resident_id, reason="over", because=None)
    end_watch(PLAYBOOK, placement.resident_id)
    gate = make.site("东门", kind="checkpoint")
    Scan.objects.create(
        site=gate.number,
        by_id=new_id(),
        direction="in",
        person=1,
        shown="word",
        verdict="pass",
        at=NOON,
    )
    stranger = Resident.objects.get(provisional=True)

    proposed = propose_destruction(COMMANDER, reason="the incident is over")
    with playing(NOON + timedelta(days=1)):
        done = approve_destruction(AUDITOR, proposed.id)

    assert done.document is not None
    told = json.loads(done.document["payload"])["destroyed"]
    for kind in ("screening", "placements", "passages", "provisional"):
        assert told[kind]["rows"] > 0, kind
        assert len(told[kind]["sha256"]) == 64, kind
    assert not FollowUp.objects.exists()
    assert not Placement.objects.exists()
    assert not Scan.objects.exists()
    stranger.refresh_from_db()
    assert (stranger.name.reveal(), stranger.identity, stranger.phone) == ("—", None, None)
    campaign.refresh_from_db()
    assert campaign.forgotten_persons == 1


def test_what_a_sweep_said_of_people_goes_with_their_visits() -> None:
    make.rules()
    run = Sweep.objects.create(
        account=Account.objects.create(username="ma", display_name="Ma", duties=[]),
        engine="duckdb",
        state="done",
        ended_at=NOON - timedelta(days=40),
    )
    Swept.objects.create(sweep=run, person=1, standing=8, last_at=NOON, reasons=1)

    ended = carry_out_retention(PLAYBOOK)

    assert ended is not None
    assert not Swept.objects.exists()
    assert Sweep.objects.filter(id=run.id).exists()
