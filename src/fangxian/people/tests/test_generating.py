"""Made-up residents: as many as asked for, in the proportions of the census, the same each time."""

import tomllib
from collections import Counter
from datetime import UTC, date, datetime
from importlib.resources import files

import numpy as np
import pytest
from django.db import IntegrityError, connection

from fangxian.areas.models import Area
from fangxian.engines.synthesis.residents import (
    MALE,
    Made,
    identity_numbers,
    make_people,
    phone_numbers,
)
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import playing
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.people import actions, bulk, errors, queries, rules
from fangxian.people.census import census_of
from fangxian.people.models import Household, Need, Resident, Stay
from fangxian.people.tests import make

DAY = date(2022, 9, 2)
MORNING = datetime(2022, 9, 2, 1, tzinfo=UTC)


def made(people: int = 20_000, *, doors: int = 7000, seed: int = 7) -> Made:
    return make_people(census_of("630105"), people=people, doors=doors, on=DAY, seed=seed)


def ages(people: Made) -> list[int]:
    return [rules.age_at(date.fromordinal(day), DAY) for day in people.born.tolist()]


# The engine


@pytest.mark.parametrize("people", [0, 1, 2, 3, 17, 1000])
def test_there_are_exactly_as_many_as_asked_for(people: int) -> None:
    them = made(people, doors=5)

    assert len(them.names) == len(them.born) == len(them.household) == people
    assert all(rules.is_name(name) for name in them.names)
    assert set(them.door.tolist()) <= set(range(5))


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    one, again, other = made(2000), made(2000), made(2000, seed=8)

    assert one.names == again.names
    assert (one.born == again.born).all()
    assert (one.door == again.door).all()
    assert one.names != other.names


def test_sex_and_age_are_those_of_the_census() -> None:
    census, them = census_of("630105"), made()

    assert int((them.sex == MALE).sum()) == round(20_000 * 212_010 / 417_701)
    share = {group.first: group.males + group.females for group in census.ages}
    counted = Counter(min(age // 5 * 5, 100) for age in ages(them))
    for first, people in share.items():
        expected = people / sum(share.values()) * 20_000
        assert abs(counted[first] - expected) < 0.02 * expected + 25


def test_households_have_the_sizes_of_the_census_and_an_adult_each() -> None:
    census, them = census_of("630105"), made()

    sizes = np.bincount(them.household)
    shares = np.array(census.sizes) / sum(census.sizes)
    for size, share in enumerate(shares.tolist(), start=1):
        assert abs((sizes == size).sum() / len(sizes) - share) < 0.005
    eldest = np.zeros(len(sizes), dtype=int)
    np.maximum.at(eldest, them.household, np.array(ages(them)))
    assert eldest.min() >= census.adult


def test_children_are_a_generation_younger_and_bear_a_name_of_the_house() -> None:
    them, years = made(), np.array(ages(made()))
    start = np.flatnonzero(np.r_[True, np.diff(them.household) > 0])
    sizes = np.bincount(them.household)
    families = start[(sizes >= 3) & (years[np.minimum(start + 2, len(years) - 1)] < 18)]

    gap = years[families] - years[families + 2]

    assert 22 < np.median(gap) < 30
    named = [
        them.names[child + 2][0] in {them.names[child][0], them.names[child + 1][0]}
        for child in families.tolist()
    ]
    assert sum(named) / len(named) > 0.95  # some peoples have no family names


def test_needs_have_their_shares_and_fall_on_those_who_can_have_them() -> None:
    them, years = made(), np.array(ages(made()))
    sizes = np.bincount(them.household)[them.household]

    assert them.needs["dialysis"].sum() == round(20_000 * 0.0005346)
    assert them.needs["disability"].sum() == round(20_000 * 0.0634)
    pregnant = them.needs["pregnancy"]
    assert pregnant.any()
    assert (them.sex[pregnant] != MALE).all()
    assert ((years[pregnant] >= 20) & (years[pregnant] <= 44)).all()
    alone = them.needs["lone_elderly"]
    assert (alone == ((sizes == 1) & (years >= 60))).all()
    assert (DAY.toordinal() - them.born[them.needs["newborn"]] < 28).all()
    assert set(them.needs) == set(Need.Kind.values)


def test_identity_numbers_are_valid_in_form_distinct_and_nobodys() -> None:
    them = made()

    numbers = identity_numbers("990105", them.born, them.sex)

    assert len(set(numbers)) == len(numbers)
    for number, born, sex in list(zip(numbers, them.born, them.sex, strict=True))[::50]:
        assert rules.identity_fault(number, on=DAY, synthetic=True) is None
        assert rules.birth_date_of(number) == date.fromordinal(int(born))
        assert (rules.sex_of(number) == "male") == (sex == MALE)


def test_too_many_people_of_one_birthday_are_noticed() -> None:
    with pytest.raises(ValueError, match="more people"):
        identity_numbers("990105", np.full(500, 730_000), np.full(500, MALE))


def test_phones_are_distinct_and_of_a_block_that_nobody_has() -> None:
    phones = phone_numbers("154", 50_000, seed=3)

    assert len(set(phones)) == 50_000
    assert all(rules.is_phone(phone) and phone.startswith("154") for phone in phones)
    with pytest.raises(ValueError, match="only"):
        phone_numbers("1540000000", 11, seed=1)


def test_people_need_doors() -> None:
    with pytest.raises(ValueError, match="doors"):
        made(1, doors=0)


@pytest.mark.parametrize("file", ["cn", "630105"])
def test_every_figure_names_its_source_and_how_far_to_trust_it(file: str) -> None:
    path = files("fangxian.people") / "data" / f"census-{file}.toml"
    figures = tomllib.loads(path.read_text(encoding="utf-8"))

    sections = {k: v for k, v in figures.items() if isinstance(v, dict) and k != "given"}
    needs = sections.pop("needs", {})
    for part in [*sections.values(), *needs.values(), *figures.get("peoples", [])]:
        assert part["grade"] in {"A", "B", "C", "unverified"}
        assert len(part["source"]) > 10


def test_a_district_without_figures_of_its_own_takes_those_of_the_country() -> None:
    assert census_of("640104").males == pytest.approx(0.5124, abs=0.0001)
    assert census_of("640104").ages == census_of("630105").ages


# The verb


@pytest.fixture
def district(db: None) -> Area:
    district = make.district()
    community = make.community(within=district)
    for door in range(40):
        make.dwelling(f"{door}01", within=community)
    return district


def generate(district: Area, *, people: int = 120, seed: int = 1) -> int:
    with playing(MORNING):
        return actions.generate_residents(make.KEEPER, district.path, people=people, seed=seed)


def test_a_district_is_filled_with_made_up_residents(district: Area) -> None:
    said: list[tuple[str, int, int]] = []

    with playing(MORNING):
        actions.generate_residents(
            make.KEEPER,
            district.path,
            people=120,
            seed=1,
            progress=lambda step, done, of: said.append((step, done, of)),
        )

    assert Resident.objects.filter(synthetic=True).count() == 120
    assert Stay.objects.filter(until=None, source="generated").count() == 120
    assert Household.objects.count() > 30
    assert said[-1] == ("indexes", 120, 120)
    one = Resident.objects.order_by("number").first()
    assert one is not None
    assert one.household is not None
    assert one.household.area_path == one.area_path
    assert one.identity is not None
    assert one.identity.reveal().startswith("990105")
    assert queries.by_identity(make.KEEPER, one.identity.reveal()) == one
    assert queries.by_name(make.KEEPER, one.name.reveal()).filter(id=one.id).exists()
    assert Event.objects.get(kind="people.residents_generated").facts == {"people": 120, "seed": 1}


def test_the_same_seed_writes_the_same_records(district: Area) -> None:
    def snapshot() -> list[tuple[object, ...]]:
        people = [
            (r.id, r.name.reveal(), r.identity and r.identity.reveal(), r.household_id, r.area_path)
            for r in Resident.objects.order_by("id")
        ]
        needs = Need.objects.order_by("id").values_list("id", "resident", "kind", "since")
        return [*people, *needs]

    generate(district)
    first = snapshot()
    for model in (Need, Stay, Resident, Household):
        model.objects.all().delete()
    generate(district)

    assert snapshot() == first


def test_indexes_and_keys_hold_after_a_fast_fill_as_before(district: Area) -> None:
    def shape() -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'people_%'"
                " UNION SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid::regclass::text LIKE 'people_%' ORDER BY 1, 2"
            )
            return [(name, definition) for name, definition in cursor.fetchall()]

    before = shape()
    generate(district)

    assert shape() == before


def test_what_does_not_hold_is_refused_at_the_end_of_a_fast_fill(db: None) -> None:
    stay = (new_id(), new_id(), new_id(), "1/", DAY.toordinal())

    with pytest.raises(IntegrityError, match="foreign key"), bulk.checked_at_the_end():
        bulk.write_stays([stay], "generated")


def test_made_up_people_are_never_mixed_with_others(district: Area) -> None:
    generate(district, people=5)

    with pytest.raises(errors.AlreadyPeopled):
        generate(district, people=5, seed=2)


def test_a_district_without_doors_cannot_be_filled(db: None) -> None:
    with pytest.raises(errors.NoDoors):
        generate(make.district())


def test_filling_a_district_is_for_its_keepers(district: Area) -> None:
    for actor, refusal in (
        (make.actor(Duty.SEE_REGISTER), NotYours),
        (make.actor(Duty.KEEP_REGISTER, within="zz/"), NotYours),
    ):
        with pytest.raises(refusal):
            actions.generate_residents(actor, district.path, people=1, seed=1)
    with pytest.raises(NotFound):
        actions.generate_residents(make.KEEPER, "zz/", people=1, seed=1)
