"""What people judge on the day: who came back from where, who infected whom, who objects.

Two lists of returnees reach the district in the morning. A list restricts nobody: those on it are
asked, and only what one of them declares, and somebody confirms, leads to an order.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from fangxian.cases.queries import cases_visible_to, contacts_of, open_case_of
from fangxian.exercise.cast import BUILDER
from fangxian.exercise.scene import DAY, Scene
from fangxian.kernel import clock
from fangxian.linelists.actions import link_cases
from fangxian.measures.actions import issue_order, object_to_order
from fangxian.measures.queries import orders_about, restricted_now
from fangxian.people.queries import residents_in
from fangxian.protocol.queries import in_force
from fangxian.screening.actions import (
    begin_campaign,
    confirm_stay,
    note_attempt,
    note_risk_elsewhere,
    receive_list,
    take_in_list,
)
from fangxian.screening.declaring import declare, open_link
from fangxian.screening.handing import answer_hand_over, hand_over, take_over
from fangxian.screening.queries import follow_ups_visible_to, last_event_of
from fangxian.screening.rules import Stay

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from fangxian.people.models import Resident
    from fangxian.screening.models import FollowUp

AT_RISK = "西安 雁塔 明德门"
HARMLESS = ("西安市碑林区", "西安市莲湖区", "咸阳市秦都区")
UNCLEAR = "西安市"  # on the way to the place of risk, and not exact enough
HEADINGS = "姓名,身份证号,手机号,来自,到达日期,车次"
NAMED = 38  # people of both lists together
BY_STATION, BY_EMPLOYER = slice(0, 26), slice(18, NAMED)
ANSWERED, UNSURE, IN_VAIN, TWICE_IN_VAIN = slice(0, 14), slice(14, 16), slice(16, 20), slice(18, 20)
HANDED_OVER = 21
DECLARED = 3


def asks_returnees(scene: Scene) -> bool:
    """Whether the rules in force do anything about who comes from an area of high risk."""
    pack = in_force(clock.now(), scene.district)
    zone = pack.zone("high")
    return bool(zone and zone.leaver and pack.measure(zone.leaver))


def ask_returnees(scene: Scene, hands: clock.Hands) -> None:
    """A campaign, two lists with people in common and bad rows, calls, and a first answer each."""
    if not asks_returnees(scene):
        return
    zhao = scene.actors["zhao"]
    note_risk_elsewhere(
        zhao, place=AT_RISK, level="high", from_day=_ago(12), source="演练通告（虚构）"
    )
    campaign = begin_campaign(
        zhao,
        name="西安来返人员排查",
        ground="lists",
        place_said="西安",
        since=_ago(14),
        area_path=scene.district,
        channels=["declaration", "phone", "visit"],
        ends_at=clock.now() + timedelta(days=12),
    )
    scene.campaign = campaign.id
    people = _somebody_else(scene, NAMED + DECLARED)
    _take_in(scene, campaign.id, "西宁站", "station", people[BY_STATION])
    hands.forward(minutes=20)
    _take_in(scene, campaign.id, "青海某建设公司", "employer", people[BY_EMPLOYER])
    _call(scene, hands)
    hands.forward(minutes=15)
    _declare(scene, campaign.code, people[NAMED:])


def _take_in(
    scene: Scene, campaign_id: UUID, sender: str, kind: str, people: "Sequence[Resident]"
) -> None:
    """Of each list one identity number does not add up, and one day lies too far back."""
    rows = []
    for number, one in enumerate(people):
        identity = one.identity.reveal() if one.identity else ""
        if number == 5:  # noqa: PLR2004
            identity = identity[:-1] + ("1" if identity[-1] != "1" else "2")
        day = "2023-01-01" if number == 9 else _ago(2 + number % 4).isoformat()  # noqa: PLR2004
        phone = one.phone.reveal() if one.phone else ""
        from_where = HARMLESS[number % len(HARMLESS)]
        rows.append([one.name.reveal(), identity, phone, from_where, day, f"D{2700 + number % 3}"])
    text = "\n".join([HEADINGS, *(",".join(row) for row in rows)])
    zhao = scene.actors["zhao"]
    inbound = receive_list(
        zhao,
        campaign_id,
        text.encode(),
        f"{sender}来返人员.csv",
        sender=sender,
        sender_kind=kind,
    )
    take_in_list(zhao, inbound.id)


def _call(scene: Scene, hands: clock.Hands) -> None:
    """Most answer; some name only the city, and some do not answer."""
    zhao = scene.actors["zhao"]
    everybody = list(_followed(scene))
    for number, one in enumerate(everybody[ANSWERED.start : UNSURE.stop]):
        place = UNCLEAR if number >= UNSURE.start else HARMLESS[number % len(HARMLESS)]
        note_attempt(
            zhao,
            one.id,
            channel="phone",
            outcome="reached",
            was_there=True,
            stays=[Stay(place, _ago(9), _ago(3), "D2701")],
        )
        hands.forward(minutes=2)
    for one in [*everybody[IN_VAIN], *everybody[TWICE_IN_VAIN]]:
        note_attempt(zhao, one.id, channel="phone", outcome="no_answer")
        hands.forward(minutes=1)
    hand_over(zhao, everybody[HANDED_OVER].id, other="西安市碑林区", why="本人仍在当地，未返回")


def _declare(scene: Scene, code: str, people: "Iterable[Resident]") -> None:
    """From the poster at the gate; the first had been where the risk is high."""
    link = open_link(code)
    for number, one in enumerate(people):
        place = "西安市雁塔区明德门小区6号楼" if number == 0 else HARMLESS[number]
        declare(
            BUILDER,
            link,
            name=one.name.reveal(),
            identity=one.identity.reveal() if one.identity else "",
            was_there=True,
            stays=[Stay(place, _ago(6), _ago(3), "G2095")],
        )
        if number == 0:
            scene.returnee = one.id


def take_over_from_elsewhere(scene: Scene, hands: clock.Hands) -> None:
    """Another district hands over a contact whose first days are behind them; chen orders the rest.

    The measure that follows is the last of its stages: under the ninth edition, at home.
    """
    if scene.campaign is None:
        return
    zhao, chen = scene.actors["zhao"], scene.actors["chen"]
    [one] = _somebody_else(scene, 1, within=scene.grid)
    letter = take_over(
        zhao,
        scene.campaign,
        other="兰州市七里河区",
        why="贵区居民，我区病例密切接触者，已在我区隔离，请继续落实余下措施",
        name=one.name.reveal(),
        identity=one.identity.reveal() if one.identity else "",
        area_path=one.area_path,
        place="兰州市七里河区",
        from_day=_ago(9),
        until_day=DAY,
    )
    hands.forward(minutes=25)
    answer_hand_over(zhao, letter.id, receipt="城北区流调溯源组 赵静")
    answered = last_event_of(chen, letter.follow_up_id)
    told = [Stay("兰州市七里河区", _ago(9), DAY)]
    note_attempt(
        zhao, letter.follow_up_id, channel="phone", outcome="reached", was_there=True, stays=told
    )
    pack = in_force(clock.now(), one.area_path)
    measure = pack.measure("close_contact")
    served = [stage.span.length for stage in measure.stages[:-1]] if measure else []
    order = issue_order(
        chen,
        resident_id=one.id,
        area_path=one.area_path,
        subject="close_contact",
        about_id=letter.id,
        counted_from=clock.now() - sum(served, timedelta(days=1)),
        because=answered,
    )
    scene.at_home = one.id if order else None


def confirm_what_was_declared(scene: Scene, hands: clock.Hands) -> None:
    """A declaration that nobody checked is confirmed by a person, and the measure follows."""
    followed = _returnee(scene)
    if followed is not None:
        confirm_stay(scene.actors["chen"], followed.id)


def say_who_infected_whom(scene: Scene, hands: clock.Hands) -> None:
    """The case and the two before: one link is sure, one is possible."""
    zhao = scene.actors["zhao"]
    case = open_case_of(zhao, scene.case)
    if case is None:
        return
    before = list(cases_visible_to(zhao).exclude(id=case.id).order_by("number"))[-2:]
    if len(before) < 2:  # noqa: PLR2004
        return
    first, second = before
    link_cases(zhao, first.id, second.id, setting="workplace", sure=True, note="同一班组")
    link_cases(zhao, second.id, case.id, setting="venue", sure=False, note="可能同在面馆用餐")


def object_to_an_order(scene: Scene, hands: clock.Hands) -> None:
    """Somebody says that the days are counted wrongly; until it is decided, the order stands."""
    followed = _returnee(scene)
    case = open_case_of(BUILDER, scene.case)
    if followed is not None:
        grounds = [followed.id]
    elif case is not None:
        grounds = list(contacts_of(BUILDER, case.id).values_list("id", flat=True))
    else:
        return
    liu = scene.actors["liu"]
    for ground in grounds:
        order = orders_about(BUILDER, ground).filter(state="in_force").first()
        if order is not None and liu.sees(order.area_path):
            object_to_order(liu, order.id, text="本人8月29日已离开，有车票为证，请重新计算起算日期")
            return


def _returnee(scene: Scene) -> "FollowUp | None":
    if scene.returnee is None:
        return None
    return _followed(scene).filter(resident=scene.returnee).first()


def _followed(scene: Scene) -> "QuerySet[FollowUp]":
    rows = follow_ups_visible_to(BUILDER).filter(campaign=scene.campaign)
    return rows.order_by("number")


def _somebody_else(scene: Scene, number: int, *, within: str = "") -> "list[Resident]":
    """Grown-ups of many households who have no other part in the day."""
    taken = {*scene.members, scene.in_need, *restricted_now(BUILDER)}
    people = residents_in(BUILDER, within or scene.subdistrict).exclude(
        area_path__startswith=scene.stairwell
    )
    people = people.filter(identity__isnull=False, birth_date__lt=date(2000, 1, 1))
    ids = [one for one in people.values_list("id", flat=True)[:4000] if one not in taken]
    chosen = ids[:: max(1, len(ids) // number)][:number]
    return list(people.filter(id__in=chosen))


def _ago(days: int) -> date:
    return DAY - timedelta(days=days)
