"""The field on the day: gates and doors, and a box on its way to the laboratory.

Phones would send all of this; the demonstration calls the same verbs.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from fangxian.areas.queries import sites_of_kind
from fangxian.exercise.cast import BUILDER
from fangxian.exercise.scene import POOL, Scene, at
from fangxian.gates.actions import (
    begin_sign_up_drive,
    issue_pass,
    note_queue,
    record_scans,
    set_checkpoint,
    sign_up_venue,
    start_shift,
)
from fangxian.gates.rules import ScanRow
from fangxian.kernel import clock
from fangxian.kernel.ids import code, new_id
from fangxian.people.actions import issue_codes
from fangxian.people.codes import texts
from fangxian.people.queries import residents_in
from fangxian.people.rules import PersonRef
from fangxian.sampling.actions import (
    hand_over_box,
    open_tube,
    pack_box,
    print_labels,
    receive_box,
    seal_tube,
    take_swabs,
)
from fangxian.sampling.actions import note_queue as note_waiting
from fangxian.sampling.actions import start_shift as start_sampling
from fangxian.sampling.queries import get_tube
from fangxian.sampling.rules import SwabRow

ASKED = ("temperature", "mask")
SIGNED_UP = 0.6  # of the venues in the drive, by the evening
PASSES = 12
SCANS = 240
REFERRED = 0.03
TURNED_BACK = 0.01
GUARD_BEGINS = at(7)
POINTS, TABLES, TUBES = 6, 3, 5
TABLES_BEGIN = at(20, 25)
A_TUBE_TAKES = timedelta(minutes=9)
A_SWAB_TAKES = timedelta(seconds=45)


def open_gates(scene: Scene, hands: clock.Hands) -> None:
    """Every gate says what it asks for; households get passes; venues are to get their codes."""
    liu = scene.actors["liu"]
    for gate in sites_of_kind(BUILDER, "checkpoint", below=scene.district):
        set_checkpoint(BUILDER, gate.id, demands=ASKED)
    passed: set[object] = set()
    for resident in residents_in(BUILDER, scene.grid).order_by("area_path", "id")[: 4 * PASSES]:
        if resident.household_id is None or resident.household_id in passed:
            continue
        passed.add(resident.household_id)
        issue_pass(
            liu,
            kind="entry_exit",
            area_path=scene.grid,
            valid_from=clock.now(),
            valid_to=clock.now() + timedelta(days=14),
            resident_id=resident.id,
        )
        if len(passed) == PASSES:
            break
    venues = list(sites_of_kind(BUILDER, "venue", below=scene.subdistrict).order_by("number"))
    if venues:
        begin_sign_up_drive(liu, scene.subdistrict, due_at=at(20))
    for number, venue in enumerate(venues[: round(SIGNED_UP * len(venues))]):
        sign_up_venue(liu, venue.id, kind="shop", screen=number % 5 == 0)


def send_the_box(scene: Scene, hands: clock.Hands) -> None:
    """The stairwell's tube goes to the laboratory, counted at each hand-over."""
    ma, li = scene.actors["ma"], scene.actors["li"]
    point = sites_of_kind(BUILDER, "sampling_point", below=scene.district).first()
    if point is None:
        return
    tube = get_tube(ma, scene.tube)
    label = code("B", print_labels(ma, kind="B", count=1).first)
    hands.to(at(9, 40))
    box = pack_box(
        ma,
        barcode=label,
        site_id=point.id,
        tubes=[tube.barcode],
        counted=1,
        at=clock.now(),
    )
    hand_over_box(ma, box.id, to="courier", at=clock.now(), temperature=5.1)
    hands.to(at(10, 35))
    receive_box(li, label, tubes=[tube.barcode], at=clock.now(), temperature=4.6)


def guard_a_gate(scene: Scene, hands: clock.Hands) -> None:
    """What a guard scanned since the morning comes in when the phone has a network again."""
    gao = scene.actors["gao"]
    gate = sites_of_kind(gao, "checkpoint", below=gao.within).first()
    if gate is None:
        return
    shift = new_id()
    start_shift(gao, shift, gate.id, at=GUARD_BEGINS)
    people = texts(issue_codes(BUILDER, scene.stairwell))
    rows = []
    for number in range(SCANS):
        verdict = _verdict(scene.dice.random())
        rows.append(
            ScanRow(
                id=new_id(),
                by=gao,
                at=GUARD_BEGINS + timedelta(minutes=2 * number),
                site=gate.id,
                shift=shift,
                direction="out" if number % 2 else "in",
                person=PersonRef(code=scene.dice.choice(list(people.values()))),
                shown="code",
                temperature=round(scene.dice.gauss(36.5, 0.2), 1),
                mask=verdict != "turn_back",
                verdict=verdict,
                rule={"pass": "all_met", "refer": "guard", "turn_back": "mask"}[verdict],
                reason="未戴口罩" if verdict == "turn_back" else "",
            )
        )
    record_scans(gao, rows)
    note_queue(gao, gate.id, waiting=9, at=clock.now())


def work_at_the_points(scene: Scene, hands: clock.Hands) -> None:
    """The last hour at some tables, as their phones tell it: tubes, swabs, and who is waiting."""
    zhou = scene.actors["zhou"]
    points = list(sites_of_kind(zhou, "sampling_point", below=zhou.within)[:POINTS])
    # From the end of the register: the morning began at its start.
    waiting = residents_in(BUILDER, zhou.within).order_by("-area_path", "-id")
    people = iter(waiting.values_list("id", flat=True)[: len(points) * TABLES * TUBES * POOL])
    for point in points:
        for table in range(1, min(TABLES, point.capacity or 1) + 1):
            start_sampling(
                zhou, site_id=point.id, table=table, at=TABLES_BEGIN, round_id=scene.round
            )
            for number in range(TUBES):
                fill_a_tube(scene, point.id, table, TABLES_BEGIN + number * A_TUBE_TAKES, people)
        note_waiting(zhou, site_id=point.id, waiting=scene.dice.randint(3, 40), at=clock.now())


def fill_a_tube(
    scene: Scene, point: UUID, table: int, begins: datetime, people: Iterator[UUID]
) -> None:
    zhou = scene.actors["zhou"]
    tube = open_tube(zhou, round_id=scene.round, site_id=point, table=table, at=begins)
    answers = take_swabs(
        zhou,
        [
            SwabRow(
                id=new_id(),
                by=zhou,
                tube_id=tube.id,
                person=PersonRef(resident=person),
                taken_at=begins + place * A_SWAB_TAKES,
            )
            for place, person in enumerate(islice(people, POOL), start=1)
        ],
    )
    taken = sum(answer.outcome == "applied" for answer in answers)
    if taken:
        seal_tube(zhou, tube.id, sealed_at=begins + A_TUBE_TAKES, counted=taken)


def _verdict(dice: float) -> str:
    if dice < TURNED_BACK:
        return "turn_back"
    return "refer" if dice < TURNED_BACK + REFERRED else "pass"
