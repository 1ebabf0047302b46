"""Sets the stage for the journeys, in a process of its own.

The demonstration's day in a small district, up to the hour before the laboratory reports: the
browser does the rest. A case and two exits beside it let each journey go its own way.
"""

import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import translation

from fangxian.areas.queries import area_at, area_of_level, sites_of_kind
from fangxian.care.queries import transfer_of_exit
from fangxian.cases.queries import cases_visible_to, contacts_of, contacts_visible_to, open_case_of
from fangxian.dispatch.queries import my_tasks
from fangxian.exercise import day, district
from fangxian.exercise.cast import BUILDER
from fangxian.exercise.scene import Scene, at
from fangxian.kernel import clock
from fangxian.kernel.clock import Hands
from fangxian.measures.actions import leave_for_emergency_care
from fangxian.measures.queries import orders_in_force, risk_areas_about, risk_areas_in_force
from fangxian.people.actions import unmask
from fangxian.people.queries import by_phone, get_resident, residents_in
from fangxian.sampling.queries import get_tube, tubes_with_result
from tests.journeys.field_stage import invite, stand_in_the_field

PEOPLE = 20_000


def set_stage(file: str) -> None:
    """Say in a file, as JSON, what stands where."""
    with translation.override("zh-hans"):
        keep = "FANGXIAN_KEEP_STAGE" in os.environ  # quicker, as long as no table has changed
        district.ensure_template(PEOPLE, fresh=not keep, say=print)
        district.copy_template(PEOPLE)
        scene = day.play("cn-v9", print, until=at(14))
        with clock.playing(at(13, 50)) as hands:
            found = {**_of_the_scene(scene), **_exits(scene), **_a_fresh_case(scene, hands)}
            found["field"] = stand_in_the_field(
                scene, shunned=[scene.grid, str(found["proposed_path"])], touched=_touched(found)
            )
            hands.to(at(15, 40))  # an invitation lasts ten minutes, and journeys take longer
            found["invitation"] = invite("han")
    found["starts"] = at(14, 40).isoformat()
    Path(file).write_text(json.dumps(found, default=str), encoding="utf-8")


def _of_the_scene(scene: Scene) -> dict[str, object]:
    chen, li = scene.actors["chen"], scene.actors["li"]
    order = orders_in_force(chen).filter(subject="close_contact").order_by("number").first()
    case = cases_visible_to(chen).order_by("number").first()
    contact = contacts_visible_to(chen).filter(state="confirmed").order_by("id").first()
    risk_area = risk_areas_in_force(chen).order_by("number").first()
    reported = tubes_with_result(li).order_by("number").first()
    assert order is not None
    assert case is not None
    assert contact is not None
    assert risk_area is not None
    assert reported is not None
    return {
        "pool": get_tube(li, scene.tube).barcode,
        "pool_id": scene.tube,
        "members": scene.members,
        "round": scene.round,
        "grid": area_at(chen, scene.grid).id,
        "order": order.id,
        "person": order.resident_id,
        "case": case.id,
        "contact": contact.id,
        "risk_area": risk_area.id,
        "tube": reported.id,
        "hospital": sites_of_kind(chen, "hospital", below=scene.district)[0].name,
        "in_need": scene.in_need,
        "in_need_name": _whole_name(scene.in_need),
        **_a_resident_with_a_phone(scene),
    }


def _a_resident_with_a_phone(scene: Scene) -> dict[str, object]:
    """Grown up, under an order, and nobody else has this phone: who opens their own page."""
    for order in orders_in_force(scene.actors["chen"]).order_by("number"):
        who = get_resident(BUILDER, order.resident_id)
        grown = who.birth_date is not None and who.birth_date.year < _GROWN_UP
        if not grown or who.phone is None or who.id in scene.members:
            continue
        phone = unmask(BUILDER, who.id, field="phone", purpose="other")
        if by_phone(BUILDER, phone).count() == 1:
            return {"resident": who.id, "resident_phone": phone, "resident_order": order.code}
    raise LookupError("no order on anybody with a phone of their own")


_GROWN_UP = 2000


def _touched(found: dict[str, Any]) -> set[UUID]:
    """Of whom a journey changes something: contacts that are decided, who leaves for care."""
    return {*found["members"], *found["fresh_contacts"], found["in_need"], found["person"]}


def _whole_name(resident_id: UUID) -> str:
    return unmask(BUILDER, resident_id, field="name", purpose="other")


def _a_fresh_case(scene: Scene, hands: Hands) -> dict[str, object]:
    """Found today, where no case was: its contacts and its risk area wait for a decision."""
    zhao, chen = scene.actors["zhao"], scene.actors["chen"]
    taken = [place for area in risk_areas_in_force(chen) for place in area.places]
    for patient in residents_in(chen, scene.district).exclude(household=None).order_by("-id"):
        grid = area_of_level(chen, patient.area_path, "grid")
        if (
            grid is None
            or grid.path == scene.grid
            or any(place.startswith(grid.path) for place in taken)
            or patient.household is None
            or patient.household.members.count() < 3
        ):
            continue
        day.single(
            scene,
            patient.id,
            patient.area_path,
            hands,
            finding="positive",
            by=scene.actors["li"],
            purpose="wish",
        )
        case = open_case_of(zhao, patient.id)
        assert case is not None
        waiting = contacts_of(zhao, case.id).filter(state="proposed", kind="close")
        return {
            "fresh_case": case.id,
            "fresh_contact": waiting.order_by("id")[0].resident_id,
            "proposed_area": risk_areas_about(chen, case.id)[0].id,
            "proposed_grid": grid.number,
            "proposed_path": grid.path,
            "fresh_contacts": [one.resident_id for one in waiting],
        }
    raise LookupError("no household of three without a case near it")


def _exits(scene: Scene) -> dict[str, object]:
    """Two who left for care from the grid worker's own grid."""

    wang = scene.actors["wang"]
    others = residents_in(wang, scene.grid).exclude(id__in=[*scene.members, scene.in_need])
    leaving = others.order_by("id")[:2]
    exits = [leave_for_emergency_care(wang, one.id, kind="other_care") for one in leaving]
    trips = [my_tasks(wang).get(about_id=one.id, kind="emergency_trip").id for one in exits]
    journey = transfer_of_exit(wang, exits[0].id)
    return {
        "exit": exits[0].id,
        "care_journey": journey.id if journey else None,
        "trip": trips[0],
        "trip_by_keyboard": trips[1],
    }
