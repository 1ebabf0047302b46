"""A week's roster of a district: 3,000 people, 400 posts, 7 days, on one core.

`staffing.seconds`  processor time, from people and posts to a plan; 300
`staffing.gap`      what the plan costs over the bound that no plan can beat, per cent; 2
`staffing.missing`  people missing, per cent of those needed
`staffing.broken`   hard rules broken, found by the independent checker of the tests; 0
`staffing.moved`    turns given anew, over turns lost, when one person in fifty falls ill

Two towns: one with enough people (needs at 95 % of what all could do, rest of 8 hours), one under
the district's own limits (85 %, rest of 11 hours, 3 days in a row), each with 150 pairs.

`--gap DIRECTORY` solves generalized assignment problems instead: files `*.txt` in the format of
the OR-Library with `optima_max.json` beside them; `gap.proven` counts those solved and proven.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import figure, note
from fangxian.engines.planning.gap import assign
from fangxian.engines.planning.staffing import Limits, Plan, Problem, Turn, plan_staff
from fangxian.engines.tests.staff import LIMITS, broken, district

TIRING = Limits(shifts=5, nights=2, days=3, rest=11 * 60, metres=5_000)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--gap", type=Path)
    arguments.add_argument("--people", type=int, default=3_000)
    arguments.add_argument("--posts", type=int, default=400)
    said = arguments.parse_args()
    if said.gap:
        return assignment(said.gap)
    for town, load, limits in (("enough", 0.95, LIMITS), ("tiring", 0.85, TIRING)):
        problem = district(said.people, said.posts, load=load, pairs=150, limits=limits)
        plan = planned(f"staffing.{town}", problem)
        if town == "tiring":
            sick_calls(problem, plan)
    return None


def planned(name: str, problem: Problem, before: tuple[Turn, ...] = ()) -> Plan:
    began = time.process_time()
    plan = plan_staff(problem, before=before, seconds=240)
    spent = time.process_time() - began
    note(f"{name}: {plan.needed} turns, cost {plan.cost:.0f}, at least {plan.at_least:.0f}")
    figure(f"{name}.seconds", spent, "CPU-s", against="300")
    figure(f"{name}.gap", 100 * plan.gap, "%", against="2")
    figure(f"{name}.missing", 100 * plan.missing / plan.needed, "%", against="needed")
    figure(f"{name}.broken", len(broken(problem, plan)), "rules", against="0")
    return plan


def sick_calls(problem: Problem, stood: Plan) -> None:
    well = [one for number, one in enumerate(problem.people) if number % 50 or one.together]
    names = {one.id for one in well}
    lost = sum(turn.person not in names for turn in stood.turns)
    plan = planned("staffing.again", replace(problem, people=well), stood.turns)
    figure("staffing.moved", plan.moved / lost, "turns", against="turns lost")


def assignment(folder: Path) -> None:
    best = json.loads((folder / "optima_max.json").read_text(encoding="utf-8"))
    right = count = 0
    began = time.process_time()
    for name, optima in best.items():
        numbers = iter(map(int, (folder / f"{name}.txt").read_text(encoding="utf-8").split()))
        for optimum in optima[: next(numbers)]:
            agents, jobs = next(numbers), next(numbers)
            profits = [[-next(numbers) for _ in range(jobs)] for _ in range(agents)]
            sizes = [[next(numbers) for _ in range(jobs)] for _ in range(agents)]
            found = assign(profits, sizes, [next(numbers) for _ in range(agents)])
            count += 1
            right += found is not None and found.proven and round(-found.cost) == optimum
    figure("gap.proven", right, "instances", against=f"{count}")
    figure("gap.seconds", time.process_time() - began, "CPU-s", against="all instances")


if __name__ == "__main__":
    main()
