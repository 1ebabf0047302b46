"""People who do not exist, in the proportions of a census. The same seed gives the same people.

Sex and age are quotas, so they match the census exactly; households follow from them: everybody is
given the place in a household that suits their age best. Columns are numpy arrays, one entry a
person or a household, for a district is made in seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
MALE, FEMALE = 1, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeGroup:
    """first, last   completed years, ends included"""

    first: int
    last: int
    males: int
    females: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedShare:
    """How often a need occurs.

    share     of those between the ages and of that sex, 0..1
    weights   how much likelier at an age than at others: from which age on, and how many times
    """

    kind: str
    share: float
    first: int = 0
    last: int = 200
    sex: int | None = None
    weights: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """One group of families that name their children alike.

    share      of all households
    surnames   how often each, in any unit; empty if families have none
    male, female   given names, or parts that are put together
    two_parts  share of given names made of two parts
    """

    share: float
    surnames: Mapping[str, float]
    male: Sequence[str]
    female: Sequence[str]
    two_parts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The figures that made-up people are made from.

    males          share of all people
    sizes          households of 1, 2, 3, … people, in any unit
    adult          age from which somebody may keep a household
    lone_elderly   age from which somebody living alone counts as that
    newborn_days   how many days a newborn is one
    generation     years between parents and children
    phone_from     youngest age with a phone of one's own; phone_share: of those who may have one
    """

    males: float
    sizes: Sequence[float]
    ages: Sequence[AgeGroup]
    needs: Sequence[NeedShare]
    peoples: Sequence[People]
    adult: int
    lone_elderly: int
    newborn_days: int
    generation: int
    phone_from: int
    phone_share: float
    stay_years: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The people, ordered by household.

    household     number of the household, by person
    door          number of the door, by household, rising
    sex           MALE or FEMALE
    born, since   ordinals of days (`date.fromordinal`): birth, beginning of the stay
    names         full names
    phone         whether they have one
    needs         kind: who has it
    """

    household: Ints
    door: Ints
    sex: Ints
    born: Ints
    since: Ints
    names: list[str]
    phone: Flags
    needs: dict[str, Flags]


def make_people(census: Census, *, people: int, doors: int, on: date, seed: int) -> Made:
    """Exactly so many people behind so many doors, as on a day.

    Each household has a door; where there are more households than doors, some share one.
    Needs no people without a door, so `doors` is at least 1 unless `people` is 0.
    """
    if people and not doors:
        raise ValueError("people need doors to live behind")
    random = np.random.default_rng(seed)
    sizes = _household_sizes(census, people, random)
    household = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(people) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    age, sex = _ages_and_sexes(census, sizes, household, place, random)
    born = _birth_days(age, on, random)
    needs = _needs(census, age, sex, sizes, household, on.toordinal() - born, random)
    stay = np.minimum(
        random.integers(0, int(census.stay_years * 365.25) + 1, len(sizes))[household],
        on.toordinal() - born,
    )
    return Made(
        household=household,
        door=_doors(len(sizes), doors, random),
        sex=sex,
        born=born,
        since=on.toordinal() - stay,
        names=_names(census, sizes, household, place, sex, random),
        phone=(age >= census.phone_from) & (random.random(people) < census.phone_share),
        needs=needs,
    )


def identity_numbers(prefix: str, born: Ints, sex: Ints) -> list[str]:
    """Numbers valid in form (GB 11643-1999), different for everybody; odd sequence = male.

    prefix   six digits in place of a division
    """
    if not len(born):
        return []
    order = np.lexsort((sex, born))
    same = born[order] * 2 + sex[order]
    first = np.r_[True, same[1:] != same[:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(same)), 0))
    nth = np.empty_like(born)
    nth[order] = np.arange(len(same)) - start
    if nth.max() >= 499:  # noqa: PLR2004 - three digits, odd or even
        raise ValueError("more people of one sex and birthday than there are numbers")
    sequence = nth * 2 + np.where(sex == MALE, 1, 2)

    days, which = np.unique(born, return_inverse=True)
    calendar = np.array([int(f"{date.fromordinal(int(day)):%Y%m%d}") for day in days])[which]
    number = int(prefix) * 10**11 + calendar * 1000 + sequence
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = np.zeros_like(number)
    for position, weight in enumerate(reversed(weights)):
        total += number // 10**position % 10 * weight
    return [
        f"{n}{'10X98765432'[c]}"
        for n, c in zip(number.tolist(), (total % 11).tolist(), strict=True)
    ]


def phone_numbers(prefix: str, count: int, *, seed: int) -> list[str]:
    """Different numbers of eleven digits behind a prefix, in no visible order."""
    room = 10 ** (11 - len(prefix))
    if count > room:
        raise ValueError(f"there are only {room} numbers behind {prefix}")
    step, start = 61_803_399 % room | 1, (seed * 7_368_787) % room
    step += 2 if step % 5 == 0 else 0
    digits = 11 - len(prefix)
    numbers = (start + np.arange(count, dtype=np.int64) * step) % room
    return [f"{prefix}{number:0{digits}d}" for number in numbers.tolist()]


def _household_sizes(census: Census, people: int, random: np.random.Generator) -> Ints:
    """Sizes by quota, in random order, that add up to exactly the people there are."""
    if not people:
        return np.zeros(0, dtype=np.int64)
    shares = np.array(census.sizes, dtype=float)
    shares /= shares.sum()
    mean = float((shares * np.arange(1, len(shares) + 1)).sum())
    counts = np.floor(people / mean * shares).astype(np.int64)
    sizes = np.repeat(np.arange(1, len(shares) + 1), counts)
    left = people - int(sizes.sum())
    while left:
        more = min(left, int(random.choice(len(shares), p=shares)) + 1)
        sizes = np.append(sizes, more)
        left -= more
    random.shuffle(sizes)
    return sizes


def _doors(households: int, doors: int, random: np.random.Generator) -> Ints:
    whole, rest = divmod(households, doors)
    shared = [np.arange(doors)] * whole + [random.choice(doors, rest, replace=False)]
    return np.sort(np.concatenate(shared))


def _ages_and_sexes(
    census: Census, sizes: Ints, household: Ints, place: Ints, random: np.random.Generator
) -> tuple[Ints, Ints]:
    people = len(household)
    men = round(people * census.males)
    males = _quota([g.males for g in census.ages], census.ages, men, random)
    females = _quota([g.females for g in census.ages], census.ages, people - men, random)
    ages = np.concatenate([males, females])
    child = _places_of_children(int((ages < census.adult).sum()), sizes, household, place, random)
    wished = _wished_ages(census, ages[ages >= census.adult], child, household, place, random)
    sex = _sexes(child, int((males < census.adult).sum()), household, place, men, random)
    age = np.empty(people, dtype=np.int64)
    for one, pool in ((MALE, males), (FEMALE, females)):
        for minor in (True, False):
            here = np.flatnonzero((sex == one) & (child == minor))
            fitting = np.sort(pool[(pool < census.adult) == minor])
            age[here[np.argsort(wished[here], kind="stable")]] = fitting
    return age, sex


def _quota(
    counts: Sequence[int], groups: Sequence[AgeGroup], people: int, random: np.random.Generator
) -> Ints:
    """Ages for so many people in the proportions of the groups, by largest remainder."""
    exact = np.array(counts, dtype=float) / max(1, sum(counts)) * people
    whole = np.floor(exact).astype(np.int64)
    rest = people - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:rest]] += 1
    parts = [
        random.integers(group.first, group.last + 1, count)
        for group, count in zip(groups, whole.tolist(), strict=True)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


# How likely the third, the fourth and any further person of a household is a child, in any unit;
# and the second of two, who may be a single parent's. Judgements.
_THIRD, _FOURTH, _FURTHER, _OF_TWO = 1.0, 0.7, 0.4, 0.1


def _places_of_children(
    children: int, sizes: Ints, household: Ints, place: Ints, random: np.random.Generator
) -> Flags:
    """Exactly so many places; that of a household's first person only where no other is left."""
    weight = np.select(
        [place == 0, place == 1, place == 2, place == 3],  # noqa: PLR2004
        [1e-9, np.where(sizes[household] == 2, _OF_TWO, 1e-3), _THIRD, _FOURTH],  # noqa: PLR2004
        _FURTHER,
    )
    child = np.zeros(len(place), dtype=np.bool_)
    child[_draw(weight, children, random)] = True
    return child


def _wished_ages(
    census: Census,
    adults: Ints,
    child: Flags,
    household: Ints,
    place: Ints,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """What age would suit each place: parents and their children, couples, a parent of theirs."""
    people = len(household)
    if not len(adults):
        return random.random(people)
    families = np.zeros(int(household[-1]) + 1, dtype=np.bool_)
    families[household[child]] = True
    fertile = adults[adults <= census.adult + census.generation]
    head = random.choice(fertile if len(fertile) else adults, len(families)).astype(float)
    coin, noise = random.random(people), random.normal(0, 3, people)

    def wishes(head: NDArray[np.float64]) -> NDArray[np.float64]:
        own = head[household]
        offspring, parent = own - census.generation + noise, own + census.generation + noise
        grown_up = (offspring >= census.adult) & (coin < 0.5)  # noqa: PLR2004 - or a grandparent
        return np.select(
            [child, place == 0, place == 1, grown_up],
            [offspring, own, own + noise, offspring],
            parent,
        )

    # Whoever is not in a family with children has the ages that are left.
    taken = wishes(head)[families[household] & ~child].round().astype(np.int64)
    last = int(adults.max())
    left = np.bincount(adults, minlength=last + 1).astype(float)
    left -= np.bincount(taken.clip(0, last), minlength=last + 1)
    left = left.clip(0) + 1e-9 * (np.arange(last + 1) >= census.adult)
    rest = random.choice(last + 1, len(families), p=left / left.sum())
    return wishes(np.where(families, head, rest))


def _sexes(
    child: Flags,
    boys: int,
    household: Ints,
    place: Ints,
    men: int,
    random: np.random.Generator,
) -> Ints:
    """Exactly so many boys and men; couples of a man and a woman as far as may be."""
    sex = random.integers(0, 2, len(place))
    partner = np.flatnonzero((place == 1) & ~child)
    sex[partner] = 1 - sex[partner - 1]
    for here, males in ((child, boys), (~child, men - boys)):
        surplus = int(sex[here].sum()) - males
        free = random.permutation(np.flatnonzero(here & (place != 1)))
        free = np.concatenate([free, np.flatnonzero(here & (place == 1))])
        wrong = free[sex[free] == (MALE if surplus > 0 else FEMALE)][: abs(surplus)]
        sex[wrong] = 1 - sex[wrong]
    return sex


def _draw(weight: NDArray[np.float64], count: int, random: np.random.Generator) -> Ints:
    """So many different places, likelier where the weight is greater.

    Efraimidis, P. S. and Spirakis, P. G. (2006), "Weighted random sampling with a reservoir",
    Information Processing Letters 97(5), 181-185; by logarithms, for weights may be tiny.
    """
    keys = np.log(random.random(len(weight))) / weight
    return np.argsort(-keys, kind="stable")[:count]


def _birth_days(age: Ints, on: date, random: np.random.Generator) -> Ints:
    oldest = int(age.max()) if len(age) else 0
    birthdays = np.array([_years_before(on, years).toordinal() for years in range(oldest + 1)])
    return birthdays[age] - random.integers(0, 365, len(age))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _needs(
    census: Census,
    age: Ints,
    sex: Ints,
    sizes: Ints,
    household: Ints,
    days: Ints,
    random: np.random.Generator,
) -> dict[str, Flags]:
    needs = {
        "newborn": days < census.newborn_days,
        "lone_elderly": (sizes[household] == 1) & (age >= census.lone_elderly),
    }
    for need in census.needs:
        may = (age >= need.first) & (age <= need.last)
        if need.sex is not None:
            may &= sex == need.sex
        who = np.flatnonzero(may)
        weight = np.ones(len(who))
        for start, times in sorted(need.weights.items()):
            weight[age[who] >= start] = times
        chosen = who[_draw(weight, round(len(who) * need.share), random)]
        needs[need.kind] = np.zeros(len(age), dtype=np.bool_)
        needs[need.kind][chosen] = True
    return needs


def _names(
    census: Census,
    sizes: Ints,
    household: Ints,
    place: Ints,
    sex: Ints,
    random: np.random.Generator,
) -> list[str]:
    """Children bear the father's family name; husband and wife each keep their own."""
    shares = np.array([one.share for one in census.peoples])
    belongs = random.choice(len(shares), len(sizes), p=shares / shares.sum())[household]
    father = np.zeros(len(sizes), dtype=np.int64)
    second = np.flatnonzero((place == 1) & (sex == MALE))
    father[household[second]] = 1
    married_in = (place < 2) & (place != father[household])  # noqa: PLR2004
    names: list[Any] = [""] * len(sex)
    for number, one in enumerate(census.peoples):
        here = np.flatnonzero(belongs == number)
        given = np.where(
            sex[here] == MALE,
            _given(one.male, one.two_parts, len(here), random),
            _given(one.female, one.two_parts, len(here), random),
        )
        family = _family(one, len(sizes), random)[household[here]]
        own = _family(one, len(here), random)
        family = np.where(married_in[here], own, family)
        for who, name in zip(here.tolist(), (family + given).tolist(), strict=True):
            names[who] = name
    return names


def _family(one: People, count: int, random: np.random.Generator) -> NDArray[Any]:
    if not one.surnames:
        return np.full(count, "", dtype=object)
    weights = np.array(list(one.surnames.values()), dtype=float)
    names = np.array(list(one.surnames), dtype=object)
    return np.asarray(names[random.choice(len(names), count, p=weights / weights.sum())])


def _given(
    parts: Sequence[str], two_parts: float, count: int, random: np.random.Generator
) -> NDArray[Any]:
    words = np.array(parts, dtype=object)
    first, second = random.integers(0, len(words), (2, count))
    two = (random.random(count) < two_parts) & (first != second)
    return np.asarray(words[first] + np.where(two, words[second], ""))
