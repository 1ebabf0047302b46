"""The ledger is append only, and its seals show what was changed, taken out or put in."""

import time
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from fangxian.kernel import ledger, reactions
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event, Seal, VaultKey
from fangxian.kernel.tests import make

PATIENCE = 300  # tenths of a second


def written(number: int) -> list[Event]:
    """Events that may be sealed: nothing that began before them is still under way."""
    with transaction.atomic():
        record_many([make.knock(door) for door in range(number)], actor=PLAYBOOK)
    events = list(Event.objects.order_by("tx", "seq"))
    for _ in range(PATIENCE):  # the server's own housekeeping may be, such as gathering statistics
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_tx_complete() > %s", [events[-1].tx])
            if cursor.fetchone()[0]:
                return events
        time.sleep(0.1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname, backend_type, state, query, xact_start FROM pg_stat_activity"
        )
        raise AssertionError(f"something does not end: {cursor.fetchall()}")


def tamper(statement: str, *values: UUID | int) -> None:
    """What somebody with all rights on the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.mark.django_db
def test_an_event_names_its_cause_back_to_the_first() -> None:
    first = record(make.knock(1), actor=PLAYBOOK)
    second = record(make.knock(2), actor=PLAYBOOK, because=first)
    third = record(make.knock(3), actor=PLAYBOOK, because=second)

    assert [event.facts["door"] for event in ledger.chain_to(third)] == [3, 2, 1]


@pytest.mark.django_db
def test_the_typed_fact_is_read_back() -> None:
    fact = make.knock(7)

    event = Event.objects.get(id=record(fact, actor=PLAYBOOK).id)

    assert event.kind == "kernel.door_knocked"
    assert ledger.fact_of(event) == fact


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_a_defect() -> None:
    with pytest.raises(RuntimeError, match="in the transaction"):
        record(make.knock(), actor=PLAYBOOK)


@pytest.mark.django_db
def test_a_reaction_runs_in_the_same_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[int] = []
    monkeypatch.setattr(reactions, "_reactions", {})
    reactions._reactions[make.DoorKnocked] = [lambda fact, event: answered.append(fact.door)]

    record(make.knock(5), actor=PLAYBOOK)

    assert answered == [5]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["UPDATE kernel_event SET kind = ''", "DELETE FROM kernel_event"]
)
def test_the_database_refuses_to_change_the_ledger(statement: str) -> None:
    record(make.knock(), actor=PLAYBOOK)

    with pytest.raises(DatabaseError, match="append only"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_an_untouched_ledger_holds() -> None:
    written(25)
    assert ledger.seal(at_most=10) == 10
    assert ledger.seal_all() == 15
    written(3)

    verdict = ledger.verify()

    assert (verdict.events, verdict.seals, verdict.unsealed) == (25, 2, 3)
    assert verdict.breaks == ()
    assert ledger.verify(anchor=verdict.head).breaks == ()


@pytest.mark.django_db(transaction=True)
def test_a_changed_event_is_named() -> None:
    events = written(5)
    ledger.seal_all()

    tamper("UPDATE kernel_event SET facts = '{\"door\": 99}' WHERE id = %s", events[2].id)

    assert ledger.verify().breaks == (ledger.Break("changed", 1, str(events[2].id)),)


@pytest.mark.django_db(transaction=True)
def test_a_missing_event_is_named_by_its_place() -> None:
    events = written(5)
    ledger.seal_all()

    tamper("DELETE FROM kernel_event WHERE id = %s", events[2].id)

    assert ledger.verify().breaks == (ledger.Break("missing", 1, "#3"),)


@pytest.mark.django_db(transaction=True)
def test_an_inserted_event_is_named() -> None:
    events = written(5)
    ledger.seal_all()

    tamper(
        "INSERT INTO kernel_event (id, tx, seq, kind, subject_id, area_path, actor_id, pack, at,"
        " facts, exercise) SELECT gen_random_uuid(), tx, 0, kind, subject_id, area_path, actor_id,"
        " pack, at, facts, exercise FROM kernel_event WHERE id = %s",
        events[2].id,
    )

    (found,) = ledger.verify().breaks
    assert (found.what, found.seal) == ("inserted", 1)
    assert found.event not in {str(event.id) for event in events}


@pytest.mark.django_db(transaction=True)
def test_a_cut_off_end_is_noticed_by_the_anchor() -> None:
    written(3)
    ledger.seal_all()
    written(3)
    ledger.seal_all()
    anchor = ledger.verify().head

    tamper(
        "DELETE FROM kernel_event WHERE (tx, seq) >"
        " (SELECT last_tx, last_seq FROM kernel_seal WHERE number = 1)"
    )
    tamper("DELETE FROM kernel_seal WHERE number = 2")

    assert ledger.verify().breaks == ()
    assert [found.event for found in ledger.verify(anchor=anchor).breaks] == ["anchor"]


@pytest.mark.django_db(transaction=True)
def test_a_forged_seal_needs_the_districts_key() -> None:
    events = written(3)
    ledger.seal_all()
    tamper("UPDATE kernel_event SET facts = '{\"door\": 99}' WHERE id = %s", events[0].id)
    real = bytes(Seal.objects.get().signature)
    tamper("DELETE FROM kernel_seal")
    tamper("UPDATE kernel_vaultkey SET retired_at = now() WHERE purpose = 'seal'")
    ledger.seal_all()  # by somebody with a key of their own
    tamper(
        "UPDATE kernel_seal SET key_number = %s",
        VaultKey.objects.filter(purpose="seal").order_by("number")[0].number,
    )

    assert bytes(Seal.objects.get().signature) != real
    assert ledger.Break("seal", 1, "signature") in ledger.verify().breaks


@pytest.mark.django_db(transaction=True)
def test_the_order_goes_on_after_a_restore_into_a_new_cluster() -> None:
    written(2)
    ledger.seal_all()
    tamper("UPDATE kernel_epoch SET tx_offset = tx_offset - 1000000")

    moved = ledger.continue_after_restore()
    written(2)
    ledger.seal_all()

    assert moved > 0
    assert ledger.continue_after_restore() == 0
    verdict = ledger.verify()
    assert (verdict.events, verdict.seals, verdict.breaks) == (4, 2, ())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("constraint", "values"),
    [("seal_holds_events", (1, 0)), ("seal_numbers_start_at_one", (0, 1))],
)
def test_the_database_refuses_impossible_seals(constraint: str, values: tuple[int, int]) -> None:
    number, events = values
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Seal.objects.create(
            number=number,
            last_tx=1,
            last_seq=1,
            events=events,
            leaves=b"",
            digest=b"",
            signature=b"",
            key_number=1,
        )
