"""How fast a line list is taken in, each person looked up in the register.

`import.rows_per_s`   rows of a list of 100,000 cases, CSV with identity numbers, dates as ISO and
                      as people say them, 3 % of the rows bad; half of the people are registered
"""

import os
from datetime import date, timedelta

from benchmarks.figures import figure, note, own_database, seconds

ROWS = int(os.environ.get("ROWS", "100000"))


def main() -> None:
    own_database("linelists")
    from fangxian.kernel.access import Actor, Duty
    from fangxian.kernel.ids import new_id
    from fangxian.linelists.actions import name_columns, take_list, upload_list
    from fangxian.linelists.queries import get_list

    note("registering half of the people")
    identities = register(ROWS // 2)
    actor = Actor(id=new_id(), within="", duties=frozenset({Duty.INVESTIGATE, Duty.SEE_REGISTER}))
    kept = upload_list(actor, csv_of(identities), "list.csv", kind="cases")
    name_columns(actor, kept.id, kept.mapping)
    spent = seconds(lambda: take_list(actor, kept.id))
    found = get_list(actor, kept.id)
    note(f"{found.rows_taken:,} taken, {found.rows_refused:,} refused, {found.found:,} known")
    if (found.rows_read, found.found) != (ROWS, ROWS // 2 - ROWS // 100):
        raise SystemExit(f"{found.rows_read} rows read, {found.found} people found")
    against = f"{ROWS:,} rows in {spent:.0f} s; 120 s at most for 100,000"
    figure("import.rows_per_s", ROWS / spent, "rows/s", against=against)


def register(number: int) -> list[str]:
    from fangxian.kernel.vault import blind_indexes, seal_many
    from fangxian.people.models import Resident

    identities = [identity(n) for n in range(number)]
    names = [f"person {n}" for n in range(number)]
    columns = zip(
        identities,
        seal_many(names, "name"),
        blind_indexes("name", names),
        seal_many(identities, "identity"),
        blind_indexes("identity", identities),
        strict=True,
    )
    Resident.objects.bulk_create(
        [
            Resident(
                number=n + 1,
                name=name,
                name_index=name_index,
                identity=sealed,
                identity_index=index,
                area_path="1/2/3/",
            )
            for n, (_number, name, name_index, sealed, index) in enumerate(columns)
        ],
        batch_size=5000,
    )
    return identities


def identity(n: int) -> str:
    """A well-formed number of somebody born in 1980."""
    born = date(1980, 1, 1) + timedelta(days=n // 999)
    digits = f"630105{born:%Y%m%d}{n % 999 + 1:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
    return digits + "10X98765432"[rest]


def csv_of(identities: list[str]) -> bytes:
    """Every second person is registered; of each 100 rows three have no readable onset."""
    rows = ["case_id,身份证号,性别,年龄,发病日期,确诊日期,地点"]
    said = ("2022-08-{:02d}", "{}/8/2022", "8月{}日", "about {} Aug 2022", "? to {} Aug 2022")
    for n in range(ROWS):
        card = identities[n // 2] if n % 2 == 0 else ""
        onset = "when it rained" if n % 100 in {7, 8, 57} else said[n % 5].format(1 + n % 28)
        rows.append(f"C{n},{card},女,{n % 90},{onset},2022-09-01,朝阳街道")
    return "\n".join(rows).encode()


if __name__ == "__main__":
    main()
