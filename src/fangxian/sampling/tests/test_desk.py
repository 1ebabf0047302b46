"""A desk's work: tables, shifts, swabs that come in batches from many phones."""

import json
import time
from datetime import timedelta
from pathlib import Path
from threading import Event as Event_
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fangxian.areas.actions import close_site
from fangxian.areas.models import Site
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import code, new_id
from fangxian.kernel.models import Event
from fangxian.people.models import Resident
from fangxian.people.rules import PersonRef
from fangxian.sampling import errors, queries, rules
from fangxian.sampling.actions import (
    close_round,
    end_shift,
    note_queue,
    open_tube,
    open_tubes,
    seal_tube,
    seal_tubes,
    start_shift,
    take_swabs,
    void_tube,
)
from fangxian.sampling.models import Shift, Swab, Tube, Turnout
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db

CASES = json.loads(
    (Path(__file__).parents[4] / "field" / "test" / "cases" / "pools.json").read_text("utf-8")
)


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules_in_force()


@pytest.fixture
def point() -> Site:
    make.places()
    return make.sampling_point("广场", tables=3)


def codes(answers: list[rules.Answer]) -> list[str]:
    return [one.code or one.outcome for one in answers]


# The same words and rules as on the phone


@pytest.mark.parametrize("case", CASES["entries"], ids=lambda case: case["name"])
def test_the_office_decides_like_the_phone(case: dict) -> None:  # type: ignore[type-arg]
    person = case["person"]
    tube = case["tube"] and rules.TubeInside(
        capacity=case["tube"]["capacity"], swabs=case["tube"]["swabs"]
    )

    entry = rules.entry(tube, **person)

    assert (entry.answer, entry.rule) == (case["answer"], case["rule"])


@pytest.mark.parametrize("case", CASES["capacities"], ids=lambda case: case["group"])
def test_a_tube_holds_the_same_on_both_sides(case: dict) -> None:  # type: ignore[type-arg]
    groups = CASES["pools"]["groups"]

    assert rules.capacity(groups, case["group"], case["purpose"]) == case["capacity"]


@pytest.mark.parametrize(
    "case", [case for case in CASES["entries"] if "refused" in case], ids=lambda case: case["name"]
)
def test_the_office_refuses_what_the_phone_would_not_do(case: dict, point: Site) -> None:  # type: ignore[type-arg]
    round_ = make.round_of_testing()
    person = make.resident()
    if case["person"].get("in_this_round"):
        first = make.desk_tube(point, round_id=round_.id)
        take_swabs(PLAYBOOK, [make.swab_row(first, person)])
    if case["person"].get("single"):
        make.call(person)
    purpose = "order" if case["tube"]["capacity"] == 1 else "round"
    tube = make.desk_tube(point, round_id=round_.id, group=case["tube"]["group"], purpose=purpose)
    others = [make.swab_row(tube, one) for one in make.residents(case["tube"]["swabs"])]
    take_swabs(PLAYBOOK, others)

    [answer] = take_swabs(PLAYBOOK, [make.swab_row(tube, person)])

    assert answer.code == case["refused"]


# Swabs of many desks


def test_swabs_of_two_desks_come_in_one_batch(point: Site) -> None:
    round_ = make.round_of_testing()
    left, right = (make.desk_tube(point, table=n, round_id=round_.id) for n in (1, 2))
    people = make.residents(5)
    rows = [make.swab_row(left if n % 2 else right, who) for n, who in enumerate(people)]

    answers = take_swabs(PLAYBOOK, rows)

    assert codes(answers) == ["applied"] * 5
    assert [answer.id for answer in answers] == [row.id for row in rows]
    assert sorted(Tube.objects.values_list("swabs", flat=True)) == [2, 3]
    assert Turnout.objects.filter(round=round_).count() == 5
    assert set(Swab.objects.values_list("id", flat=True)) == {row.id for row in rows}


def test_a_batch_sent_again_is_known_and_counts_nobody_twice(point: Site) -> None:
    tube = make.desk_tube(point, round_id=make.round_of_testing().id)
    rows = [make.swab_row(tube, who) for who in make.residents(3)]
    take_swabs(PLAYBOOK, rows)

    again = take_swabs(PLAYBOOK, rows)

    assert codes(again) == ["known"] * 3
    tube.refresh_from_db()
    assert (tube.swabs, Swab.objects.count(), Turnout.objects.count()) == (3, 3, 3)


def test_the_same_row_twice_in_one_batch_is_one_swab(point: Site) -> None:
    tube = make.desk_tube(point)
    row = make.swab_row(tube, make.resident())

    answers = take_swabs(PLAYBOOK, [row, row])

    assert codes(answers) == ["applied", "known"]
    assert Swab.objects.count() == 1


def test_another_swab_under_a_known_number_is_no_repetition(point: Site) -> None:
    tube = make.desk_tube(point)
    first = make.swab_row(tube, make.resident())
    take_swabs(PLAYBOOK, [first])

    [answer] = take_swabs(PLAYBOOK, [make.swab_row(tube, make.resident(), id=first.id)])

    assert answer.code == "swab_is_known_otherwise"
    tube.refresh_from_db()
    assert tube.swabs == 1


def test_the_eleventh_in_ten_is_refused_by_name_and_the_ten_are_taken(point: Site) -> None:
    tube = make.desk_tube(point)

    answers = take_swabs(PLAYBOOK, [make.swab_row(tube, who) for who in make.residents(11)])

    assert codes(answers) == ["applied"] * 10 + ["tube_is_full"]
    assert "holds 10 swabs" in answers[10].message
    assert answers[10].facts["capacity"] == 10


def test_one_rotten_row_does_not_spoil_the_others(point: Site) -> None:
    tube, void = make.desk_tube(point), make.desk_tube(point)
    sealed = make.desk_tube(point)
    take_swabs(PLAYBOOK, [make.swab_row(sealed, make.resident())])
    seal_tube(make.SAMPLER_WANG, sealed.id, sealed_at=now())
    void_tube(make.SAMPLER_WANG, void.id, reason="it leaked")
    rows = [
        make.swab_row(tube, make.resident()),
        make.swab_row(new_id(), make.resident()),
        make.swab_row(tube, PersonRef(resident=new_id())),
        make.swab_row(tube, PersonRef(code="FX1:NONSENSE")),
        make.swab_row(tube, PersonRef(identity="110101199001010016")),
        make.swab_row(void, make.resident()),
        make.swab_row(sealed, make.resident()),
        make.swab_row(tube, make.resident(), taken_at=now() + timedelta(hours=1)),
        make.swab_row(tube, make.resident(), taken_at=now() - timedelta(days=9)),
        make.swab_row(tube, make.resident(), by=make.SAMPLER_NEXT_DOOR),
        make.swab_row(tube, make.resident(), by=make.GUARD_QIAN),
        make.swab_row(tube, make.resident()),
    ]

    answers = take_swabs(PLAYBOOK, rows)

    assert codes(answers) == [
        "applied",
        "tube_was_not_opened",
        "not_found",
        "code_forged",
        "identity_wrong",
        "tube_is_not_open",
        "tube_is_not_open",
        "time_in_the_future",
        "before_the_incident",
        "not_found",
        "not_your_duty",
        "applied",
    ]
    tube.refresh_from_db()
    assert tube.swabs == 2


def test_a_second_swab_in_a_round_is_refused_with_where_and_when(point: Site) -> None:
    round_, person = make.round_of_testing(), make.resident()
    first = make.desk_tube(point, table=2, round_id=round_.id)
    second = make.desk_tube(point, table=3, round_id=round_.id)
    take_swabs(PLAYBOOK, [make.swab_row(first, person)])

    [answer] = take_swabs(PLAYBOOK, [make.swab_row(second, person)])

    assert answer.code == "swabbed_in_this_round"
    assert f"广场, table 2 · {first.barcode}" in answer.message


def test_two_swabs_of_one_person_in_one_batch_and_round_are_one(point: Site) -> None:
    round_, person = make.round_of_testing(), make.resident()
    tubes = [make.desk_tube(point, round_id=round_.id) for _ in range(2)]

    answers = take_swabs(PLAYBOOK, [make.swab_row(tube, person) for tube in tubes])

    assert codes(answers) == ["applied", "swabbed_in_this_round"]


def test_a_person_is_swabbed_anew_once_the_first_tube_is_void(point: Site) -> None:
    round_, person = make.round_of_testing(), make.resident()
    first, second = (make.desk_tube(point, round_id=round_.id) for _ in range(2))
    take_swabs(PLAYBOOK, [make.swab_row(first, person)])
    void_tube(make.SAMPLER_WANG, first.id, reason="it broke")

    [answer] = take_swabs(PLAYBOOK, [make.swab_row(second, person)])

    assert answer.outcome == "applied"
    assert Turnout.objects.filter(round=round_).count() == 1


def test_whoever_owes_a_test_is_swabbed_again_in_the_same_round(point: Site) -> None:
    round_, person = make.round_of_testing(), make.resident()
    pool = make.desk_tube(point, round_id=round_.id)
    take_swabs(PLAYBOOK, [make.swab_row(pool, person)])
    owed = make.call(person, about_id=pool.id)
    single = make.desk_tube(point, round_id=round_.id, retest_of_id=pool.id)

    [answer] = take_swabs(PLAYBOOK, [make.swab_row(single, person)])

    assert answer.outcome == "applied"
    owed.refresh_from_db()
    assert (owed.state, owed.tube_id) == ("taken", single.id)
    assert Turnout.objects.filter(round=round_).count() == 1


def test_each_single_tube_of_a_batch_explains_the_pool_of_its_person(point: Site) -> None:
    pool = make.tube(swabs=2)
    calls = [make.call(who, about_id=pool.id) for who in make.residents(2)]
    singles = [make.desk_tube(point, group="key_person") for _ in calls]
    rows = [
        make.swab_row(tube, PersonRef(resident=call.resident_id))
        for tube, call in zip(singles, calls, strict=True)
    ]

    assert codes(take_swabs(PLAYBOOK, rows)) == ["applied", "applied"]

    assert {Tube.objects.get(id=one.id).retest_of_id for one in singles} == {pool.id}
    for call, tube in zip(calls, singles, strict=True):
        call.refresh_from_db()
        assert (call.state, call.tube_id) == ("taken", tube.id)


def test_one_household_shares_a_tube_and_nobody_else_enters_it(point: Site) -> None:
    home = make.COMMUNITY + "a/b/c/"
    family, stranger = (
        make.residents(2, area_path=home),
        make.resident(area_path=make.COMMUNITY + "a/b/d/"),
    )
    guest = make.resident(area_path=make.COMMUNITY)  # nobody knows in which flat
    tube = make.desk_tube(point, group="household")

    first = take_swabs(PLAYBOOK, [make.swab_row(tube, who) for who in family])
    later = take_swabs(PLAYBOOK, [make.swab_row(tube, who) for who in (stranger, guest)])

    assert codes(first + later) == ["applied", "applied", "not_of_this_household", "applied"]


def test_somebody_unknown_is_registered_as_they_stand_at_the_desk(point: Site) -> None:
    tube = make.desk_tube(point)
    ref = PersonRef(provisional=new_id(), name="Anna Müller", kind="foreigner", phone="13912345678")

    answers = take_swabs(PLAYBOOK, [make.swab_row(tube, ref)])
    again = take_swabs(PLAYBOOK, [make.swab_row(tube, ref)])

    assert codes(answers + again) == ["applied", "known"]
    [who] = queries.members_of(make.SAMPLER_WANG, tube.id)
    assert Resident.objects.get(id=who).area_path == make.COMMUNITY


def test_a_batch_costs_as_many_statements_for_any_number_of_rows(point: Site) -> None:
    round_ = make.round_of_testing()
    counts = []
    for number in (1, 2, 40):  # the first finds keys and rules that a process reads once
        tubes = [make.desk_tube(point, round_id=round_.id) for _ in range(number // 10 + 1)]
        people = make.residents(number)
        rows = [make.swab_row(tubes[n // 10], who) for n, who in enumerate(people)]
        with CaptureQueriesContext(connection) as asked:
            assert set(codes(take_swabs(PLAYBOOK, rows))) == {"applied"}
        counts.append(len(asked))

    assert counts[1] == counts[2]
    assert counts[1] <= 8


def test_an_empty_batch_is_answered_by_nothing() -> None:
    assert take_swabs(PLAYBOOK, []) == []


# Tubes of tables


def test_a_tube_with_a_printed_label_stands_on_a_table(point: Site) -> None:
    label = make.label()

    tube = make.desk_tube(point, table=2, barcode=f" {label[:4].lower()} {label[4:]} ")

    assert (tube.barcode, tube.site_id, tube.table) == (label, point.id, 2)
    assert tube.area_path == point.area_path


def test_a_tube_scanned_at_two_tables_is_refused_with_where_it_is_open(point: Site) -> None:
    label = make.label()
    make.desk_tube(point, table=1, barcode=label)

    with pytest.raises(errors.TubeIsOpenElsewhere, match="广场, table 1") as refused:
        make.desk_tube(point, table=2, barcode=label)
    assert refused.value.facts["table"] == 1


@pytest.mark.parametrize("text", ["", "T123", "T0000001", "6901234567892", "B" + "0" * 7, "喂"])
def test_garbage_is_no_label(point: Site, text: str) -> None:
    if not text:
        assert make.desk_tube(point, barcode="").barcode.startswith("T")
        return
    with pytest.raises(errors.NoLabel, match="check sign"):
        make.desk_tube(point, barcode=text)


def test_a_number_brought_in_by_a_label_is_never_drawn_again(point: Site) -> None:
    drawn = make.empty_tube().number
    brought = make.desk_tube(point, barcode=code("T", drawn + 1))

    assert make.empty_tube().number > brought.number


def test_a_table_that_the_point_has_not_is_no_table(point: Site) -> None:
    for table in (0, 4):
        with pytest.raises(errors.NoSuchTable, match="1 to 3"):
            make.desk_tube(point, table=table)
    with pytest.raises(NotFound):
        make.desk_tube(make.laboratory())


def test_what_was_taken_before_the_point_was_closed_is_counted_days_later(point: Site) -> None:
    manager = make._actor("马", Duty.MANAGE_AREAS)
    close_site(manager, point.id)

    before = make.desk_tube(point, at=now() - timedelta(days=3))
    with pytest.raises(errors.PointIsClosed, match="Ask the lead"):
        make.desk_tube(point, at=now() + timedelta(minutes=1))

    assert before.state == "open"


def test_what_was_taken_before_the_round_ended_is_counted_afterwards(point: Site) -> None:
    round_ = make.round_of_testing()
    taken_at = now()
    close_round(make.PLANNER_SUN, round_.id)

    tube = make.desk_tube(point, round_id=round_.id, at=taken_at)

    assert tube.round_id == round_.id
    with pytest.raises(errors.RoundIsNotOpen):
        make.desk_tube(point, round_id=round_.id, at=now() + timedelta(minutes=2))


def test_a_hand_count_that_differs_is_kept_and_told(point: Site) -> None:
    tube = make.desk_tube(point)
    take_swabs(PLAYBOOK, [make.swab_row(tube, who) for who in make.residents(3)])

    seal_tube(make.SAMPLER_WANG, tube.id, sealed_at=now(), counted=4)

    told = Event.objects.get(kind="sampling.tube_count_differs")
    assert told.facts == {"barcode": tube.barcode, "counted": 4, "swabs": 3}
    assert Tube.objects.get(id=tube.id).counted == 4


# Shifts


def test_a_desk_on_shift_fills_the_tubes_of_its_own_table(point: Site) -> None:
    start_shift(make.SAMPLER_WANG, site_id=point.id, table=1, at=now() - timedelta(hours=1))
    mine, theirs = make.desk_tube(point, table=1), make.desk_tube(point, table=2)

    answers = take_swabs(
        PLAYBOOK, [make.swab_row(tube, make.resident()) for tube in (mine, theirs)]
    )

    assert codes(answers) == ["applied", "tube_of_another_table"]
    assert "stands on table 2, not on table 1" in answers[1].message


def test_a_shift_begun_twice_is_one_and_ends_with_both_counts(point: Site) -> None:
    mine, began = new_id(), now() - timedelta(hours=1)
    for _ in range(2):
        start_shift(make.SAMPLER_WANG, shift_id=mine, site_id=point.id, table=1, at=began)
    tube = make.desk_tube(point, table=1)
    take_swabs(PLAYBOOK, [make.swab_row(tube, who) for who in make.residents(4)])

    for _ in range(2):
        ended = end_shift(make.SAMPLER_WANG, mine, at=now(), swabs=5, tubes=1)

    assert (Shift.objects.count(), ended.swabs, tube.shift_id) == (1, 5, mine)
    told = Event.objects.get(kind="sampling.shift_ended")
    assert told.facts == {
        "table": 1,
        "swabs": 5,
        "tubes": 1,
        "swabs_in_system": 4,
        "tubes_in_system": 1,
    }


def test_only_who_began_a_shift_ends_it_and_not_before_it_began(point: Site) -> None:
    shift = start_shift(make.SAMPLER_WANG, site_id=point.id, table=1, at=now())
    other = make._actor("吴", Duty.COLLECT_SAMPLES)

    with pytest.raises(errors.ShiftIsAnothers):
        end_shift(other, shift.id, at=now(), swabs=0, tubes=0)
    with pytest.raises(errors.ShiftEndsBeforeItBegan, match="clock"):
        end_shift(make.SAMPLER_WANG, shift.id, at=now() - timedelta(hours=1), swabs=0, tubes=0)
    with pytest.raises(errors.NotACount):
        end_shift(make.SAMPLER_WANG, shift.id, at=now(), swabs=-1, tubes=0)
    with pytest.raises(NotFound):
        end_shift(make.SAMPLER_NEXT_DOOR, shift.id, at=now(), swabs=0, tubes=0)


def test_a_queue_noted_twice_is_one_note(point: Site) -> None:
    mine = new_id()

    for _ in range(2):
        note = note_queue(make.SAMPLER_WANG, site_id=point.id, waiting=120, at=now(), note_id=mine)

    assert (note.id, note.waiting) == (mine, 120)


# What phones are told


def test_a_phone_is_told_its_points_and_the_round_under_way(point: Site) -> None:
    round_ = make.round_of_testing()

    [told] = queries.points_for(make.SAMPLER_WANG)

    assert told == {
        "site": str(point.id),
        "name": "广场",
        "tables": [1, 2, 3],
        "path": make.COMMUNITY,
        "round": {
            "id": str(round_.id),
            "name": round_.name,
            "deadline": round_.deadline.isoformat(),
        },
    }
    assert queries.points_for(make.SAMPLER_NEXT_DOOR) == []


def test_a_phone_is_told_how_many_share_a_tube() -> None:
    told = queries.pools_for(make.SAMPLER_WANG)

    assert told["stamp"] == "cn-v9@1"
    assert told["groups"]["general"] == 10
    assert told["groups"]["precaution"] == 20
    assert told["groups"]["household"] == 5
    assert set(told["never_pooled"]) >= {"close_contact", "fever", "quarantine", "key_person"}
    assert told["titles"]["control"] == {"zh": "管控区", "en": "restricted areas"}
    assert told["clocks"]["retest_due_h"] == 6


def test_a_phone_recognises_who_must_not_be_pooled_and_learns_no_name() -> None:
    make.call(make.resident())
    make.call(make.resident(), reason="order", day=1, group="medium")

    told = queries.singles_for(make.SAMPLER_WANG)

    assert len(queries.people_to_test_singly(make.SAMPLER_WANG)) == 1
    assert told["bytes"] == 4
    assert queries.singles_for(make.SAMPLER_WANG) == told


def test_open_tubes_of_the_desk_keep_their_group(point: Site) -> None:
    tube = open_tube(
        make.SAMPLER_WANG, site_id=point.id, table=1, group="precaution", barcode=make.label()
    )

    assert (tube.group, tube.capacity) == ("precaution", 20)


# Two desks at the same moment


@pytest.mark.django_db(transaction=True)
def test_of_two_desks_that_tell_of_one_person_at_once_the_first_counts() -> None:
    make.places()
    point = make.sampling_point("广场", tables=2)
    round_, person = make.round_of_testing(), make.resident()
    first, second = (make.desk_tube(point, table=n, round_id=round_.id) for n in (1, 2))
    told, came = Event_(), []

    def other_desk() -> None:
        told.wait(20)
        try:
            came.extend(take_swabs(PLAYBOOK, [make.swab_row(second, person)]))
        finally:
            connection.close()

    desk = Thread(target=other_desk)
    desk.start()
    with transaction.atomic():
        mine = take_swabs(PLAYBOOK, [make.swab_row(first, person)])
        told.set()
        wait_until_somebody_waits()
    desk.join(20)

    assert codes(mine) == ["applied"]
    assert codes(came) == ["swabbed_in_this_round"]
    assert Swab.objects.get().tube_id == first.id
    assert dict(Tube.objects.values_list("id", "swabs")) == {first.id: 1, second.id: 0}


@pytest.mark.django_db(transaction=True)
def test_of_two_desks_that_scan_one_label_at_once_one_has_the_tube() -> None:
    make.places()
    point = make.sampling_point("广场", tables=2)
    label, told, refused = make.label(), Event_(), []

    def other_desk() -> None:
        told.wait(20)
        try:
            make.desk_tube(point, table=2, barcode=label)
        except errors.TubeIsOpenElsewhere as refusal:
            refused.append(refusal.facts["table"])
        finally:
            connection.close()

    desk = Thread(target=other_desk)
    desk.start()
    with transaction.atomic():
        make.desk_tube(point, table=1, barcode=label)
        told.set()
        wait_until_somebody_waits()
    desk.join(20)

    assert refused == [1]
    assert Tube.objects.count() == 1


def wait_until_somebody_waits() -> None:
    """For another transaction to be held up by this one."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)


# Tubes of many desks at once


def open_row(point: Site, **unusual: object) -> rules.TubeRow:
    known: dict[str, object] = {
        "id": new_id(),
        "by": make.SAMPLER_WANG,
        "at": now(),
        "barcode": make.label(),
        "site_id": point.id,
        "table": 1,
    }
    return rules.TubeRow(**{**known, **unusual})  # type: ignore[arg-type]


def test_desks_open_their_tubes_together_and_one_mistake_stops_nobody(point: Site) -> None:
    first = open_row(point)
    rows = [
        first,
        open_row(point, table=9),
        open_row(point, barcode=first.barcode, table=2),
        first,
        open_row(point, site_id=new_id()),
        open_row(point, round_id=new_id()),
        open_row(point, table=3),
    ]

    answers = open_tubes(PLAYBOOK, rows)
    again = open_tubes(PLAYBOOK, rows)

    assert codes(answers) == [
        "applied", "no_such_table", "tube_is_open_elsewhere", "applied", "not_found", "not_found",
        "applied",
    ]  # fmt: skip
    assert codes(again) == codes(answers)
    assert answers[0].facts == {"barcode": first.barcode, "capacity": 10}
    assert Tube.objects.count() == 2


def test_a_tube_opened_in_a_set_is_of_the_shift_at_its_table(point: Site) -> None:
    at = now()
    shift = start_shift(make.SAMPLER_WANG, site_id=point.id, table=2, at=at - timedelta(hours=1))

    open_tubes(PLAYBOOK, [open_row(point, at=at), open_row(point, table=2, at=at)])

    assert list(Tube.objects.order_by("table").values_list("shift", flat=True)) == [None, shift.id]


def test_a_hundred_tubes_are_opened_and_sealed_in_a_handful_of_statements(point: Site) -> None:
    rows = [open_row(point, at=now() - timedelta(minutes=5)) for _ in range(100)]

    with CaptureQueriesContext(
        connection,
    ) as opening:
        open_tubes(PLAYBOOK, rows)
    for row, person in zip(rows, make.residents(100), strict=True):
        Swab.objects.create(tube_id=row.id, resident=person, taken_at=row.at)
    Tube.objects.update(swabs=1)
    with CaptureQueriesContext(connection) as sealing:
        answers = seal_tubes(PLAYBOOK, [rules.SealRow(r.id, r.by, now(), 1) for r in rows])

    assert set(codes(answers)) == {"applied"}
    assert len(opening) <= 10
    written = [q["sql"] for q in sealing if "kernel_event" in q["sql"] or "UPDATE" in q["sql"]]
    assert len(written) <= 3


def test_desks_seal_their_tubes_together_and_each_tells_its_own_count(point: Site) -> None:
    opened = now() - timedelta(minutes=5)
    tubes = [make.desk_tube(point, at=opened) for _ in range(5)]
    people = make.residents(4)
    take_swabs(
        PLAYBOOK,
        [
            make.swab_row(tube, person, taken_at=opened)
            for tube, person in zip(tubes, people, strict=False)
        ],
    )
    take = [rules.SealRow(tube.id, make.SAMPLER_WANG, now(), 1) for tube in tubes]
    take[1] = take[1]._replace(counted=2)
    take[2] = take[2]._replace(sealed_at=opened - timedelta(minutes=1))

    answers = seal_tubes(
        PLAYBOOK, [*take, rules.SealRow(new_id(), make.SAMPLER_WANG, now()), take[0]]
    )

    assert codes(answers) == [
        "applied", "applied", "sealed_before_swabbed", "applied", "tube_is_empty", "not_found",
        "applied",
    ]  # fmt: skip
    assert Tube.objects.filter(state="sealed").count() == 3
    assert Event.objects.filter(kind="sampling.tube_sealed").count() == 3
    differs = Event.objects.get(kind="sampling.tube_count_differs")
    assert (differs.subject_id, differs.facts["counted"]) == (tubes[1].id, 2)
