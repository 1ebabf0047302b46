import pytest

from fangxian.kernel.access import Duty
from fangxian.kernel.models import Event
from fangxian.people import actions, queries
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db


def test_a_person_is_registered_at_a_door_with_a_household_and_a_stay() -> None:
    door = make.dwelling()

    wang = make.resident("王建国", at=door)

    assert wang.area_path == door.path
    assert wang.household is not None
    assert queries.stays_of(make.KEEPER, wang.id).get().dwelling == door
    assert Event.objects.get(kind="people.resident_registered").subject_id == wang.id
    assert str(queries.get_resident(make.KEEPER, wang.id).name) == "王**"


def test_merging_keeps_everything_and_old_ids_lead_to_the_kept_record() -> None:
    one = make.resident("王建国")
    two = make.resident("王建国", identity="", birth_date=one.birth_date)
    actions.note_need(make.KEEPER, two.id, "dialysis")
    assert queries.duplicates_to_decide(make.KEEPER).count() == 1

    actions.merge_residents(make.KEEPER, one.id, two.id)

    assert queries.get_resident(make.KEEPER, two.id) == one
    assert queries.brief(make.KEEPER, [two.id])[two.id].number == one.number
    assert queries.needs_of(make.KEEPER, two.id).get().kind == "dialysis"
    assert queries.stays_of(make.KEEPER, one.id).count() == 2
    assert queries.duplicates_to_decide(make.KEEPER).count() == 0
    assert queries.by_numbers(make.KEEPER, [two.number]) == {two.number: (one.id, one.area_path)}
    assert queries.population(make.KEEPER, [one.area_path]) == {one.area_path: 1}
    assert queries.by_name(make.actor(Duty.SEE_REGISTER), "王建国").count() == 1
