"""What the phones of the fault tests find: a round, a sampling point and a gate for each."""

import json
from pathlib import Path

from benchmarks.load import Stage
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from fangxian.areas.models import Area, Site
from fangxian.kernel import embedded, vault

PHONES = 8
PEOPLE = 4000


def set_stage(file: str) -> None:
    database = settings.DATABASES["default"]
    database["NAME"] = "fangxian_demo"
    with_postgres = f"postgresql://postgres@/postgres?host={database['HOST']}"
    import psycopg  # noqa: PLC0415 - only here

    with psycopg.connect(with_postgres, autocommit=True) as link:
        link.execute("DROP DATABASE IF EXISTS fangxian_demo WITH (FORCE)")
    embedded.create_database(database)
    call_command("migrate", verbosity=0, interactive=False)
    vault.ensure_keys()
    stage = Stage(people=PEOPLE, desks=PHONES)
    area = Area.objects.get(path=stage.path)
    gate = Site.objects.create(
        number=9001, kind="checkpoint", name="North gate", area=area, area_path=stage.path
    )
    round_ = stage.open_round()
    said = {
        "database": f"postgresql://postgres@/fangxian_demo?host={database['HOST']}",
        "gate": str(gate.id),
        "round": str(round_.id),
        "phones": [
            {"authorization": desk.authorization, "site": str(desk.site)} for desk in stage.desks
        ],
        "people": [str(person) for person in stage.people],
    }
    connection.close()
    Path(file).write_text(json.dumps(said), encoding="utf-8")
