"""What it costs to check thousands of people in: by a unit's Excel list, and by their own phones.

`checkin.list_seconds`    6,247 people of 18 streets (Datong Pingcheng, 2022-04-19) through one
                          Excel list, half of them known before; 30 at most
`checkin.phones_p95_ms`   answers of the poster's page while 20 people a second check in at it
`checkin.phones_failed`   of those check-ins; 0
`checkin.add_seconds`     2,900 members entered with team and skill by one verb; 3 at most
"""

import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

from benchmarks.figures import figure, note, own_database, seconds

PEOPLE = int(os.environ.get("PEOPLE", "6247"))
PHONES = int(os.environ.get("PHONES", "1000"))
A_SECOND = int(os.environ.get("A_SECOND", "20"))
MEMBERS = int(os.environ.get("MEMBERS", "2900"))
STREETS, COMMUNITIES = 18, 10
KNOWN = 0.5


def main() -> None:
    own_database("checkin")
    communities = set_the_stage()
    add_members_at_once(communities)
    listed(communities)
    phones(communities)


def set_the_stage() -> list[str]:
    """A district of 18 streets with ten communities each; their paths."""
    from datetime import timedelta

    from fangxian.areas.models import Area
    from fangxian.areas.rules import path_below
    from fangxian.kernel.access import PLAYBOOK
    from fangxian.kernel.clock import now
    from fangxian.protocol.actions import adopt_pack

    number, made = 100, []

    def add(name: str, level: str, parent: Area | None) -> Area:
        nonlocal number
        number += 1
        path = path_below(parent.path if parent else "", number)
        made.append(Area(number=number, parent=parent, level=level, name=name, path=path))
        return made[-1]

    district = add("平城区", "district", add("大同市", "city", add("山西省", "province", None)))
    found = []
    for street in range(STREETS):
        above = add(f"{street + 1}街道", "subdistrict", district)
        for one in range(COMMUNITIES):
            name = f"{street + 1}-{one + 1}社区"
            found.append(add(name, "community", above).path)
    Area.objects.bulk_create(made)
    since = now() - timedelta(days=1)
    adopt_pack(PLAYBOOK, "cn-v9", area_path="", from_at=since, reason="benchmark")
    return found


def name_of(number: int) -> str:
    signs = "赵钱孙李周吴郑王冯陈"
    return "".join(signs[int(digit)] for digit in f"{number:04d}"[-4:])[:4]


def add_members_at_once(communities: list[str]) -> None:
    from fangxian.kernel.access import PLAYBOOK
    from fangxian.workforce.actions import (
        NewMember,
        NewOrganisation,
        add_members,
        found_organisations,
    )

    teams = found_organisations(
        PLAYBOOK,
        [NewOrganisation(kind="team", name="志愿服务队", area_path=path) for path in communities],
    )
    new = [
        NewMember(
            kind="volunteer",
            name=name_of(number),
            phone=f"151{number:08d}",
            area_path=team.area_path,
            teams=(team.id,),
            skills=("order",),
        )
        for number in range(MEMBERS)
        for team in [teams[number % len(teams)]]
    ]
    spent = seconds(lambda: add_members(PLAYBOOK, new))
    figure("checkin.add_seconds", spent, "s", against=f"{MEMBERS:,} members; 3 at most")


def listed(communities: list[str]) -> None:
    from fangxian.areas.models import Area
    from fangxian.kernel.access import PLAYBOOK
    from fangxian.workforce.actions import NewMember, add_members
    from fangxian.workforce.importing import import_check_ins
    from fangxian.workforce.models import CheckIn

    names = dict(Area.objects.filter(level="community").values_list("path", "name"))
    people = [
        (name_of(number), f"152{number:08d}", communities[number % len(communities)])
        for number in range(PEOPLE)
    ]
    known = people[: int(PEOPLE * KNOWN)]
    add_members(
        PLAYBOOK,
        [NewMember(kind="secondee", name=n, phone=p, area_path=path) for n, p, path in known],
    )
    data = excel([(n, p, names[path]) for n, p, path in people])
    district = communities[0].split("/")
    path = "/".join(district[:3]) + "/"
    taken = None

    def take() -> None:
        nonlocal taken
        taken = import_check_ins(PLAYBOOK, data, area_path=path)

    spent = seconds(take)
    here = CheckIn.objects.filter(way="list", until=None).count()
    if taken is None or here != PEOPLE or taken.refused:
        raise SystemExit(f"only {here} of {PEOPLE} are checked in")
    figure("checkin.list_seconds", spent, "s", against=f"{PEOPLE:,} people by Excel; 30 at most")


def excel(rows: list[tuple[str, str, str]]) -> bytes:
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    for line, row in enumerate([("姓名", "手机", "报到社区"), *rows]):
        for column, value in enumerate(row):
            sheet.write_string(line, column, value)
    book.close()
    return file.getvalue()


def phones(communities: list[str]) -> None:
    """People known by name and phone at their posters, as many a second as asked for."""
    from django.db import connections
    from django.test import Client
    from django.urls import reverse

    from fangxian.kernel.access import PLAYBOOK
    from fangxian.workforce.actions import NewMember, add_members
    from fangxian.workforce.checking_in import door_code
    from fangxian.workforce.models import CheckIn

    people = [
        (name_of(number), f"153{number:08d}", communities[number % len(communities)])
        for number in range(PHONES)
    ]
    add_members(
        PLAYBOOK,
        [NewMember(kind="secondee", name=n, phone=p, area_path=path) for n, p, path in people],
    )
    addresses = {path: reverse("workforce:here", args=[door_code(path)]) for path in communities}
    answered: list[tuple[int, float]] = []
    began = time.perf_counter()

    def one(number: int) -> None:
        name, phone, path = people[number]
        said = {"name": name, "phone": phone}
        time.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
        started = time.perf_counter()
        answer = Client(headers={"host": "localhost"}).post(addresses[path], said)
        answered.append((answer.status_code, time.perf_counter() - started))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(PHONES)))
        for _each in range(8):
            pool.submit(connections.close_all)
    spent = time.perf_counter() - began
    failed = sum(status != 200 for status, _took in answered)
    failed += PHONES - CheckIn.objects.filter(way="phone", until=None).count() - failed
    note(f"{PHONES / spent:.1f} a second were answered")
    p95 = quantiles([took for _status, took in answered], n=20)[-1] * 1000
    against = f"{PHONES:,} people, {A_SECOND} a second asked for"
    figure("checkin.phones_p95_ms", p95, "ms", against=against)
    figure("checkin.phones_a_second", PHONES / spent, "1/s", against=against)
    figure("checkin.phones_failed", failed, "people", against="0")


if __name__ == "__main__":
    main()
