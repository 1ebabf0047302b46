"""A day like 2 September 2022, hour by hour, played by the verbs of the rooms.

    05:00  everybody's post for the day is known
    05:10  the city's notice goes down to the communities
    05:30  gates say what they ask for, households get passes, venues are to get their codes
    06:00  a round of testing begins
    06:20  a community whistles for people, and two units come
    08:40  ten people of one stairwell are swabbed into one tube
    08:55  the quarantine site takes its guests' temperatures; one has a fever
    09:30  the tube goes to the laboratory in a box
    10:40  one reading did not come; two lists of returnees do, and people are asked
    12:10  another district hands over a contact, whose last days are at home
    13:00  what one of the returnees declared is confirmed, and ordered
    14:05  the laboratory finds it positive: members and neighbours are held, a squad is sent
    14:10  somebody calls, is brought medicine, and says so when called back
    15:10  the squad swabs each of them singly
    16:00  a gate's phone sends what its guard scanned since seven
    16:30  readings again, at the site and by telephone; one does not come
    17:15  the grid worker looks in on whoever lives alone
    18:20  nine are negative and free; one is a case: hospital, contacts, risk areas proposed
    18:50  the investigator interviews; contacts are confirmed and get their orders
    19:20  it is said who may have infected whom
    19:30  the command post decides on the risk areas and plans a round for the district
    19:40  a few contacts of the day get rooms, and are brought there
    20:10  somebody behind the sealed gate needs care, and goes
    20:55  the hospital has taken over
    21:05  somebody objects to an order
    21:15  the tables' phones send their last hour
    21:20  what had to be served was served
    21:25  somebody waits on the hotline

The days before bring a few cases of other places, so that the district has a history. The clock of
the whole play is moved; the dice have a seed.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from fangxian.areas.queries import area_by_code, areas_of_level, site_by_number, sites_of_kind
from fangxian.cases.actions import (
    confirm_contacts,
    find_contacts,
    note_onset,
    record_visits,
)
from fangxian.cases.partial import exactly, read_line
from fangxian.cases.queries import contacts_of, open_case_of
from fangxian.cases.rules import VisitRow
from fangxian.cases.stays import add_stay
from fangxian.dispatch.actions import finish_task, take_task
from fangxian.dispatch.queries import my_tasks, pending_here
from fangxian.exercise.cast import BUILDER
from fangxian.exercise.field import (
    guard_a_gate,
    open_gates,
    send_the_box,
    work_at_the_points,
)
from fangxian.exercise.force import be_there, go_on_duty, mobilise
from fangxian.exercise.judgement import (
    ask_returnees,
    confirm_what_was_declared,
    object_to_an_order,
    say_who_infected_whom,
    take_over_from_elsewhere,
)
from fangxian.exercise.promises import (
    answer_the_whistle,
    hear_the_notice,
    help_a_caller,
    leave_somebody_waiting,
    look_in_on_people,
    stand_ready,
)
from fangxian.exercise.quarters import (
    bring_contacts,
    notice_what_is_missing,
    open_the_site,
    read,
    read_and_find_a_fever,
    read_but_one,
)
from fangxian.exercise.scene import DAY, DISTRICT, EVENING, POOL, RULES_FROM, Scene, at, set_scene
from fangxian.kernel import clock
from fangxian.kernel.access import Actor
from fangxian.kernel.ids import new_id
from fangxian.measures.actions import (
    approve_risk_area,
    hand_over_patient,
    leave_for_emergency_care,
    serve_order,
)
from fangxian.measures.queries import orders_in_force, risk_areas_proposed
from fangxian.people.queries import residents_in
from fangxian.protocol.actions import adopt_pack
from fangxian.sampling.actions import (
    add_swab,
    open_round,
    open_tube,
    plan_round,
    register_tubes,
    report_tube_result,
    seal_tube,
)
from fangxian.sampling.planning import Resources
from fangxian.sampling.queries import tubes_awaiting_result
from fangxian.sampling.rules import SealedTube

VENUES = 400
VISITS_A_DAY = 15_000
SHARE_BY_NOON = 0.12  # of the district, swabbed when the laboratory's first results come
RESULTS_BY_NOON = 0.06  # of the tubes
TOLD_IN_WORDS = (
    (1, "大约中午 马家牛肉面馆"),
    (1, "下午三点到四点 小桥农贸市场 与王秀英?"),
    (2, "上午 公园散步"),
)
# As published on the day: 360 outside medics, 85 point leads, 2,900 others.
AT_HAND = Resources(medics=360, leads=85, others=2900, opens=time(6), closes=time(22))


def play(pack_id: str, say: Callable[[str], None], *, until: datetime = EVENING) -> Scene:
    """Play the days before and the day itself under one pack; what it was played with.

    until   what is due at this hour or later is left to others
    """
    with clock.playing(RULES_FROM) as hands:
        district = area_by_code(BUILDER, DISTRICT).path
        adopt_pack(BUILDER, pack_id, area_path=district, from_at=RULES_FROM, reason="exercise")
        scene = set_scene(district)
        hands.to(at(7, days_back=6))
        say("the days before")
        mobilise(scene)
        stand_ready(scene)
        go_about(scene)
        open_the_site(scene, hands)
        for days_back, number in ((5, 1), (4, 2), (3, 1), (2, 3), (1, 2)):
            for reading_hour in (9, 15):
                hands.to(at(reading_hour, days_back=days_back))
                read(scene, hands)
            hands.to(at(16, days_back=days_back))
            for _ in range(number):
                earlier_case(scene, hands)
            bring_contacts(scene, hands)
        say("2 September 2022")
        for hour, what_happens in HOURS:
            if hour >= until:
                break
            hands.to(hour)
            what_happens(scene, hands)
    return scene


def go_about(scene: Scene) -> None:
    """Scans at venues in the days that matter: who was where, so that contacts can be found."""
    venues = sites_of_kind(BUILDER, "venue", below=scene.district).order_by("number")
    scene.venues = list(venues.values_list("number", flat=True)[:VENUES])
    everybody = residents_in(BUILDER, scene.district).order_by("number")
    people = list(everybody.values_list("number", flat=True))
    rows = []
    for days_back in range(1, 5):
        for person in scene.dice.sample(people, min(VISITS_A_DAY, len(people))):
            start = at(scene.dice.randint(8, 19), scene.dice.randint(0, 59), days_back=days_back)
            rows.append(
                VisitRow(
                    person=person,
                    place=scene.dice.choice(scene.venues),
                    start_at=start,
                    end_at=start + timedelta(minutes=scene.dice.randint(8, 70)),
                    source="attended",
                )
            )
    with clock.playing(at(5)):
        record_visits(BUILDER, rows)


def earlier_case(scene: Scene, hands: clock.Hands) -> None:
    """Somebody elsewhere in the district, tested singly at a hospital."""
    zhao, chen, li = scene.actors["zhao"], scene.actors["chen"], scene.actors["li"]
    communities = list(areas_of_level(BUILDER, "community", below=scene.district))
    home = scene.dice.choice([one for one in communities if one.path != scene.community])
    people = list(residents_in(BUILDER, home.path).order_by("id")[:200])
    patient = scene.dice.choice(people)
    single(scene, patient.id, home.path, hands, finding="positive", by=li, purpose="wish")
    hands.forward(minutes=35)
    case = open_case_of(zhao, patient.id)
    if case is None:
        return
    close = contacts_of(zhao, case.id).filter(state="proposed", kind="close")
    confirm_contacts(zhao, close.values_list("id", flat=True))
    hands.forward(minutes=10)
    for area in risk_areas_proposed(chen):
        approve_risk_area(chen, area.id)
    hands.forward(minutes=50)
    for task in pending_here(chen).filter(area_path__startswith=home.path):
        finish_task(chen, task.id, note="当日办结")


def single(
    scene: Scene,
    resident_id: UUID,
    area_path: str,
    hands: clock.Hands,
    *,
    finding: str,
    by: Actor,
    purpose: str,
) -> None:
    ma = scene.actors["ma"]
    tube = open_tube(ma, area_path=area_path, purpose=purpose, group="key_person")
    add_swab(ma, tube.id, resident_id, taken_at=clock.now())
    seal_tube(ma, tube.id, sealed_at=clock.now())
    hands.forward(minutes=40)
    report_tube_result(by, tube.id, finding, measured_at=clock.now())


def begin_round(scene: Scene, hands: clock.Hands) -> None:
    chen = scene.actors["chen"]
    round_ = plan_round(chen, area_path=scene.district, starts_at=clock.now(), resources=AT_HAND)
    open_round(chen, round_.id)
    scene.round = round_.id


def swab_the_stairwell(scene: Scene, hands: clock.Hands) -> None:
    ma = scene.actors["ma"]
    tube = open_tube(ma, tube_id=scene.tube, area_path=scene.stairwell, round_id=scene.round)
    for resident_id in scene.members:
        add_swab(ma, tube.id, resident_id, taken_at=clock.now())
        hands.forward(seconds=40)
    seal_tube(ma, tube.id, sealed_at=clock.now())


def swab_the_district(scene: Scene, hands: clock.Hands) -> None:
    """A part of the round that is behind them at noon: one pool after another, home by home."""
    ma, li = scene.actors["ma"], scene.actors["li"]
    people = list(
        residents_in(BUILDER, scene.district)
        .exclude(id__in=scene.members)
        .order_by("area_path", "id")
        .values_list("id", "area_path")
    )
    groups = [people[i : i + POOL] for i in range(0, len(people) - POOL, POOL)]
    chosen = [group for group in groups if scene.dice.random() < SHARE_BY_NOON]
    tubes = []
    for place, group in enumerate(chosen):
        sealed = at(6, 5) + timedelta(minutes=460 * place / len(chosen))
        tubes.append(
            SealedTube(
                id=new_id(),
                area_path=group[0][1],
                members=[(one, sealed - timedelta(minutes=3)) for one, _ in group],
                sealed_at=sealed,
            )
        )
    hands.to(at(13, 50))
    for start in range(0, len(tubes), 500):
        register_tubes(ma, tubes[start : start + 500], round_id=scene.round)
    waiting = tubes_awaiting_result(li).exclude(id=scene.tube).values_list("id", flat=True)
    for tube_id in waiting[: round(RESULTS_BY_NOON * len(tubes))]:
        report_tube_result(li, tube_id, "negative", measured_at=clock.now())


def report_pool(scene: Scene, hands: clock.Hands) -> None:
    li = scene.actors["li"]
    report_tube_result(li, scene.tube, "positive", measured_at=clock.now())


def retest_singly(scene: Scene, hands: clock.Hands) -> None:
    ma = scene.actors["ma"]
    for resident_id in scene.members:
        tube = open_tube(ma, area_path=scene.stairwell, purpose="retest", retest_of_id=scene.tube)
        add_swab(ma, tube.id, resident_id, taken_at=clock.now())
        hands.forward(minutes=2)
        seal_tube(ma, tube.id, sealed_at=clock.now())
        scene.singles[resident_id] = tube.id


def report_singles(scene: Scene, hands: clock.Hands) -> None:
    li = scene.actors["li"]
    for resident_id, tube_id in scene.singles.items():
        finding = "positive" if resident_id == scene.case else "negative"
        report_tube_result(li, tube_id, finding, measured_at=clock.now())
        hands.forward(seconds=30)


def interview(scene: Scene, hands: clock.Hands) -> None:
    """The case tells where it had been; the investigator decides on every close contact."""
    zhao = scene.actors["zhao"]
    case = open_case_of(zhao, scene.case)
    if case is None:
        return
    note_onset(zhao, case.id, onset_on=DAY - timedelta(days=1))
    told = ((2, 12, 55), (1, 9, 40), (1, 18, 65))
    for venue, (days_back, hour, minutes) in zip(scene.venues, told, strict=False):
        start = at(hour, 5, days_back=days_back)
        site = site_by_number(zhao, venue)
        add_stay(
            zhao,
            case.id,
            begin=exactly(start),
            until=exactly(start + timedelta(minutes=minutes)),
            place=site.name,
            site_id=site.id,
        )
        hands.forward(minutes=5)
    for days_back, words in TOLD_IN_WORDS:
        day = DAY - timedelta(days=days_back)
        leg = read_line(words, day=day, today=DAY, zone=at(0).tzinfo or UTC)
        add_stay(
            zhao,
            case.id,
            begin=leg.begin,
            until=leg.until,
            place=leg.place,
            with_whom=leg.names,
            sure=leg.sure or "told",
        )
    find_contacts(zhao, case.id)
    close = contacts_of(zhao, case.id).filter(state="proposed", kind="close")
    confirm_contacts(zhao, close.values_list("id", flat=True))


def decide(scene: Scene, hands: clock.Hands) -> None:
    chen = scene.actors["chen"]
    for area in risk_areas_proposed(chen):
        approve_risk_area(chen, area.id)
    plan_round(
        chen,
        area_path=scene.district,
        starts_at=at(6) + timedelta(days=1),
        resources=AT_HAND,
    )


def emergency(scene: Scene, hands: clock.Hands) -> None:
    """Whoever is at the gate records it; nobody is asked."""
    wang = scene.actors["wang"]
    hospital = sites_of_kind(BUILDER, "hospital", below=scene.district).first()
    leaving = leave_for_emergency_care(
        scene.actors["liu"],
        scene.in_need,
        kind="regular_treatment",
        hospital_id=hospital.id if hospital else None,
    )
    for task in my_tasks(wang).filter(about_id=leaving.id, kind="emergency_trip"):
        take_task(wang, task.id)
    hands.to(at(20, 55))
    hand_over_patient(scene.actors["liu"], leaving.id)


def serve(scene: Scene, hands: clock.Hands) -> None:
    """The grid worker brings the orders of the stairwell to the doors."""
    wang = scene.actors["wang"]
    for order in orders_in_force(BUILDER).filter(area_path__startswith=wang.within, served_at=None)[
        :5
    ]:
        serve_order(wang, order.id)
    for task in my_tasks(wang).filter(kind="deliver_notice")[:1]:
        take_task(wang, task.id)
        finish_task(wang, task.id, note="楼栋内逐户告知完毕")


def begin_shifts(scene: Scene, hands: clock.Hands) -> None:
    go_on_duty(scene)


def call_the_rolls(scene: Scene, hands: clock.Hands) -> None:
    be_there(scene)


HOURS = (
    (at(5, 0), begin_shifts),
    (at(5, 10), hear_the_notice),
    (at(5, 30), open_gates),
    (at(6), begin_round),
    (at(6, 2), call_the_rolls),
    (at(6, 20), answer_the_whistle),
    (at(8, 40), swab_the_stairwell),
    (at(8, 55), read_and_find_a_fever),
    (at(9, 30), send_the_box),
    (at(10, 40), ask_returnees),
    (at(12, 10), take_over_from_elsewhere),
    (at(12, 50), confirm_what_was_declared),
    (at(13, 30), swab_the_district),
    (at(14, 2), call_the_rolls),
    (at(14, 5), report_pool),
    (at(14, 10), help_a_caller),
    (at(15, 10), retest_singly),
    (at(16), guard_a_gate),
    (at(16, 30), read_but_one),
    (at(17, 15), look_in_on_people),
    (at(18, 5), notice_what_is_missing),
    (at(18, 20), report_singles),
    (at(18, 50), interview),
    (at(19, 20), say_who_infected_whom),
    (at(19, 30), decide),
    (at(19, 40), bring_contacts),
    (at(20, 10), emergency),
    (at(21, 5), object_to_an_order),
    (at(21, 15), work_at_the_points),
    (at(21, 20), serve),
    (at(21, 25), leave_somebody_waiting),
)
