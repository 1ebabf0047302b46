"""Districts to be staffed, and a second opinion on every hard rule, written without the engine."""

from collections import Counter, defaultdict
from math import cos, radians
from random import Random

from fangxian.engines.planning.staffing import Limits, Person, Plan, Post, Problem, Shift

SHIFTS = (
    Shift(id="early", begins=7 * 60, ends=15 * 60),
    Shift(id="late", begins=15 * 60, ends=23 * 60),
    Shift(id="night", begins=23 * 60, ends=31 * 60, night=True),
)
LIMITS = Limits(shifts=5, nights=2, days=5, rest=8 * 60, metres=5_000)
SKILLS = {"": 1.0, "sampling": 0.3, "driving": 0.15, "medicine": 0.1}
_KM = 1 / 111.195  # degrees of latitude


def district(
    people: int,
    posts: int,
    *,
    days: int = 7,
    load: float = 0.9,
    pairs: int = 0,
    limits: Limits = LIMITS,
    seed: int = 1,
) -> Problem:
    """Homes and posts in quarters of a town of 20 by 15 km; `load`: needs over what all could do.

    Three posts in four work early and late, one in three at night; one person in ten is away on
    a day and cannot do one of the shifts at all.
    """
    chance = Random(seed)  # noqa: S311 - not for secrets
    across = max((people / 3000) ** 0.5, 0.05)
    quarters = [
        (chance.uniform(0, 20 * across), chance.uniform(0, 15 * across))
        for _ in range(max(2, people // 50))
    ]

    def near() -> tuple[float, float]:
        x, y = chance.choice(quarters)
        x, y = chance.gauss(x, 1.0), chance.gauss(y, 1.0)
        return 40.0 + y * _KM, 113.3 + x * _KM / cos(radians(40.0))

    crowd = [_somebody(number, near(), chance, days, pairs) for number in range(people)]
    wanted: list[tuple[int, int, str]] = []
    for post in range(posts):
        heads = chance.choices([1, 2, 3, 4], [45, 30, 15, 10])[0]
        for shift in SHIFTS:
            if chance.random() < (0.35 if shift.night else 0.9):
                wanted += [(post, heads, shift.id)]
    total = sum(heads for _, heads, _ in wanted) * days
    factor = load * people * limits.shifts * days / 7 / total
    needs: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for post, heads, shift_id in wanted:
        for day in range(days):
            if count := int(heads * factor + chance.random()):
                needs[post][day, shift_id] = count
    places = [near() for _ in range(posts)]
    skills = chance.choices(list(SKILLS), [60, 22, 10, 8], k=posts)
    return Problem(
        days=days,
        shifts=SHIFTS,
        posts=[
            Post(
                id=f"post {number}",
                needs=needs[number],
                lat=places[number][0],
                lon=places[number][1],
                skill=skills[number],
            )
            for number in range(posts)
        ],
        people=crowd,
        limits=limits,
    )


def _somebody(
    number: int, home: tuple[float, float], chance: Random, days: int, pairs: int
) -> Person:
    away = {day for day in range(days) if chance.random() < 0.1}
    never = {shift.id for shift in SHIFTS if chance.random() < 0.1}
    return Person(
        id=f"person {number}",
        lat=home[0],
        lon=home[1],
        skills=frozenset(
            skill for skill, share in SKILLS.items() if skill and chance.random() < share
        ),
        busy=frozenset(
            (day, shift.id)
            for day in range(days)
            for shift in SHIFTS
            if day in away or shift.id in never
        ),
        together=f"pair {number // 2}" if number < 2 * pairs else "",
        load=float(chance.randrange(3)),
    )


def broken(problem: Problem, plan: Plan) -> list[str]:
    """Every hard rule that a plan breaks, found by going through it turn by turn."""
    faults: list[str] = []
    people = {one.id: one for one in problem.people}
    posts = {one.id: one for one in problem.posts}
    hours = {one.id: one for one in problem.shifts}
    weeks: dict[str, dict[int, str]] = defaultdict(dict)
    stands: dict[tuple[str, int], tuple[str, str]] = {}
    there: Counter[tuple[str, int, str]] = Counter()
    for turn in plan.turns:
        person, post = people[turn.person], posts[turn.post]
        there[turn.post, turn.day, turn.shift] += 1
        if turn.day in weeks[turn.person]:
            faults.append(f"{turn}: two shifts a day")
        weeks[turn.person][turn.day] = turn.shift
        stands[turn.person, turn.day] = (turn.shift, post.place or post.id)
        if post.skill and post.skill not in person.skills:
            faults.append(f"{turn}: lacks the skill")
        if (turn.day, turn.shift) in person.busy:
            faults.append(f"{turn}: cannot come")
        if _metres(person, post) > problem.limits.metres * 1.001:
            faults.append(f"{turn}: too far")
    for (post_id, day, shift), count in there.items():
        if count > posts[post_id].needs.get((day, shift), 0):
            faults.append(f"{post_id} {day} {shift}: more than needed")
    for name, week in weeks.items():
        faults += [f"{name}: {fault}" for fault in _tired(problem, people[name], week, hours)]
    faults += _apart(problem, stands)
    missing = sum(
        count - there[post.id, day, shift]
        for post in problem.posts
        for (day, shift), count in post.needs.items()
    )
    if missing != plan.missing or missing != sum(gap.missing for gap in plan.gaps):
        faults.append(f"{missing} are missing, said were {plan.missing}")
    return faults


def _tired(
    problem: Problem, person: Person, week: dict[int, str], hours: dict[str, Shift]
) -> list[str]:
    limits, faults = problem.limits, []
    if person.shifts + len(week) > limits.shifts:
        faults.append("too many shifts")
    if person.nights + sum(hours[shift].night for shift in week.values()) > limits.nights:
        faults.append("too many nights")
    run = person.run
    for day in range(problem.days):
        run = run + 1 if day in week else 0
        if run > limits.days:
            faults.append(f"day {day} is one in a row too many")
        last = week.get(day - 1, person.last if day == 0 else "")
        if day in week and last:
            rest = hours[week[day]].begins + 1440 - hours[last].ends
            if rest < limits.rest:
                faults.append(f"day {day} begins {rest} minutes after {last}")
    return faults


def _apart(problem: Problem, stands: dict[tuple[str, int], tuple[str, str]]) -> list[str]:
    crews: dict[str, list[str]] = defaultdict(list)
    for person in problem.people:
        if person.together:
            crews[person.together].append(person.id)
    return [
        f"{crew} is apart on day {day}"
        for crew, members in crews.items()
        for day in range(problem.days)
        if len({stands.get((member, day)) for member in members}) > 1
    ]


def _metres(person: Person, post: Post) -> float:
    """On a plane, which is near enough within a town."""
    if person.lat is None or person.lon is None or post.lat is None or post.lon is None:
        return 0.0
    north = (person.lat - post.lat) * 111_195
    east = (person.lon - post.lon) * 111_195 * cos(radians(post.lat))
    return float((north**2 + east**2) ** 0.5)
