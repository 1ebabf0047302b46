"""What was promised on the day and kept: a notice that went down to the communities, cars that
stand ready, people looked in on, a whistle that was answered, a call that became help; and somebody
who waits on the line.
"""

from datetime import time, timedelta

from fangxian.areas.queries import areas_of_level, sites_of_kind
from fangxian.care.actions import (
    book_series,
    keep_car,
    pair_hospital,
    plan_visits,
    visit_done,
)
from fangxian.care.queries import visits_due
from fangxian.dispatch.directive_queries import receipts_of
from fangxian.dispatch.directives import (
    NewDirective,
    NewItem,
    acknowledge_directive,
    add_item,
    draft_directive,
    issue_directive,
)
from fangxian.exercise.cast import BUILDER
from fangxian.exercise.scene import DAY, Scene
from fangxian.kernel import clock
from fangxian.kernel.access import PLAYBOOK
from fangxian.people.queries import phones_of, residents_in, with_need
from fangxian.requests.actions import (
    answer_call,
    answer_whistle,
    blow_whistle,
    call_back,
    dispatch_request,
    end_whistle,
    finish_request,
    note_arrival,
    note_contact,
    note_unit_there,
    open_lines,
    request_in_call,
    sit_down,
    start_call,
    take_in_call,
)

LINES = [f"0971-5{number:06d}" for number in range(100_001, 100_073)]  # 72, as published
BOOKED, SEEN = 3, 5
NOT_HEARD_FROM = 3  # communities that have not acknowledged the notice by evening


def stand_ready(scene: Scene) -> None:
    """A hospital and a car for each subdistrict, dialysis booked, and whoever needs it looked in
    on."""
    chen = scene.actors["chen"]
    hospitals = list(sites_of_kind(BUILDER, "hospital", below=scene.district))
    for number, street in enumerate(areas_of_level(BUILDER, "subdistrict", below=scene.district)):
        hospital = hospitals[number % len(hospitals)]
        pair_hospital(
            chen,
            hospital.id,
            area_path=street.path,
            contact=f"{hospital.name}总值班",
            phone=f"0971-5551{number:03d}",
            wards=["dialysis", "birth", "emergency"],
        )
        keep_car(
            chen,
            area_path=street.path,
            plate=f"青A{23456 + number}",
            driver="马师傅",
            phone=f"0971-5552{number:03d}",
        )
    on_dialysis = with_need(BUILDER, scene.subdistrict, "dialysis").order_by("id")
    for one in on_dialysis[:BOOKED]:
        book_series(
            BUILDER,
            one.id,
            kind="dialysis",
            hospital_id=hospitals[0].id,
            at=time(8, 30),
            first_day=DAY,
            last_day=DAY + timedelta(days=28),
            weekdays=[1, 3, 5],
        )


def look_in_on_people(scene: Scene, hands: clock.Hands) -> None:
    """The grid worker sees whoever lives alone or is ill, and says how they are."""
    plan_visits(PLAYBOOK)
    wang = scene.actors["wang"]
    for visit in visits_due(wang)[:SEEN]:
        visit_done(wang, visit.id, how="seen", found="well")
        hands.forward(minutes=4)


def hear_the_notice(scene: Scene, hands: clock.Hands) -> None:
    """The city's notice is registered and goes down; all but three communities acknowledge it."""
    chen = scene.actors["chen"]
    directive = draft_directive(
        chen,
        NewDirective(
            title="关于防范疫情传播风险实行居家办公的通告",
            issuer="西宁市新冠肺炎疫情防控处置工作指挥部",
            text="自即日起，除保障城市运行和疫情防控的单位外，实行居家办公。各社区逐楼告知。",
            reference="2022年第12号",
            area_path=scene.district,
            acknowledge_by=clock.now() + timedelta(hours=2),
            effective_until=clock.now() + timedelta(days=3),
        ),
    )
    due_at = clock.now() + timedelta(hours=6)
    add_item(chen, directive.id, NewItem(text="逐楼告知通告内容", due_at=due_at, proof="count"))
    issue_directive(chen, directive.id)
    hands.forward(minutes=20)
    receipts = list(receipts_of(chen, directive.id))
    for receipt in receipts[:-NOT_HEARD_FROM]:
        acknowledge_directive(BUILDER, receipt.id)


def help_a_caller(scene: Scene, hands: clock.Hands) -> None:
    """Somebody calls, is heard, is brought their medicine, and says so when called back."""
    he, lu = scene.actors["he"], scene.actors["lu"]
    open_lines(BUILDER, LINES, area_path=scene.district)
    sit_down(he)
    neighbours = list(
        residents_in(BUILDER, scene.community)
        .filter(phone__isnull=False)
        .exclude(id__in=[*scene.members, scene.in_need])
        .order_by("id")[:3]
    )
    phones = phones_of(BUILDER, [one.id for one in neighbours])
    asker, helped, _waiting = (phones[one.id].reveal() for one in neighbours)
    call = start_call(he, phone=asker)
    hands.forward(minutes=2)
    answer_call(he, call.id, words="采样点开放时间为 6 时至 22 时，携带身份证即可，不必用手机。")
    hands.forward(minutes=1)
    call = start_call(he, phone=helped)
    hands.forward(minutes=3)
    asked = request_in_call(
        he,
        call.id,
        category="medical",
        urgency="urgent",
        words="母亲的降压药今晚吃完，出不去。",
    )
    dispatch_request(he, asked.id, lead=scene.team)
    hands.forward(minutes=9)
    note_contact(lu, asked.id, words="已联系，药名已核对")
    hands.forward(minutes=20)
    note_arrival(lu, asked.id)
    finish_request(lu, asked.id, answer="药已送到门口，家属签收。")
    hands.forward(minutes=15)
    call_back(he, asked.id, outcome="solved", score=5, words="谢谢")
    scene.request = asked.id


def answer_the_whistle(scene: Scene, hands: clock.Hands) -> None:
    """A community is short of people at the doors; two units come, and are scored."""
    liu = scene.actors["liu"]
    first, second = scene.units[:2]
    community = areas_of_level(BUILDER, "community", below=scene.subdistrict)[0]
    whistle = blow_whistle(
        liu,
        area_path=community.path,
        words="两栋楼入户采样缺人手，需要 6 人。",
        units=[first, second],
        wants="people",
        people=6,
    )
    for unit, people in ((first, 4), (second, 2)):
        hands.forward(minutes=6)
        answer_whistle(BUILDER, whistle.id, unit, coming=True, people=people)
    for unit in (first, second):
        hands.forward(minutes=7)
        note_unit_there(liu, whistle.id, unit)
    hands.forward(minutes=90)
    end_whistle(liu, whistle.id, scores={first: (5, "到得快"), second: (4, "")})


def leave_somebody_waiting(scene: Scene, hands: clock.Hands) -> None:
    """Whoever visits the hotline finds a call to answer."""
    neighbours = residents_in(BUILDER, scene.community).filter(phone__isnull=False).order_by("id")
    phones = phones_of(BUILDER, [neighbours[2].id])
    take_in_call(scene.actors["he"], phone=phones[neighbours[2].id].reveal())
