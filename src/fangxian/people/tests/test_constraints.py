"""Everything that the database itself refuses, provoked once."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.people import actions
from fangxian.people.models import (
    Consent,
    DuplicateOffer,
    ExportRun,
    Household,
    ImportRun,
    Need,
    PersonalCode,
    Proxy,
    Resident,
    Stay,
)
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db
KEEPER = make.KEEPER
MODELS = [
    Household, Resident, Stay, Need, Consent, Proxy, DuplicateOffer, ImportRun, ExportRun,
    PersonalCode,
]  # fmt: skip


def everything() -> dict[str, Any]:
    """One of each noun, in order."""
    make.rules_in_force()
    wang = make.resident("王建国", phone="13997123456")
    twin = make.resident("王建国", identity="", phone="13997123456")
    actions.note_need(KEEPER, wang.id, "dialysis")
    actions.give_consent(KEEPER, wang.id, purpose="medicine")
    actions.name_proxy(KEEPER, wang.id, twin.id, relation="brother")
    run = actions.import_residents(KEEPER, b"", "empty.csv", area_path="")
    account = Account.objects.create(username="ma", duties=[str(duty) for duty in KEEPER.duties])
    return {
        "resident": wang,
        "stay": wang.stays.get(),
        "need": wang.needs.get(),
        "consent": wang.consents.get(),
        "proxy": wang.proxies.get(),
        "duplicate": DuplicateOffer.objects.get(),
        "import": run,
        "code": actions.issue_code(KEEPER, wang.id),
        "export": actions.start_export(account.actor),
    }


CHANGES: dict[str, dict[str, Any]] = {
    "resident_identity_comes_with_its_index": {"identity": None},
    "resident_phone_comes_with_its_index": {"phone_index": None},
    "resident_is_not_merged_into_itself": {
        "merged_into": models.F("id"), "area_path": "", "household": None,
        "identity": None, "identity_index": None,
    },
    "resident_death_has_a_source": {"died_on": date(2022, 9, 1)},
    "resident_is_somewhere_unless_merged": {"area_path": ""},
    "stay_ends_after_it_began": {"until": date(1900, 1, 1)},
    "need_ends_after_it_began": {"until": date(1900, 1, 1)},
    "consent_is_withdrawn_after_it_was_given": {"withdrawn_at": now() - timedelta(days=9)},
    "proxy_is_somebody_else": {"acts": models.F("resident")},
    "proxy_ends_after_it_began": {"until": now() - timedelta(days=9)},
    "duplicate_is_of_two_records": {"other": models.F("one")},
    "duplicate_is_decided_at_a_time": {"state": "different"},
    "import_run_counts_every_row_once": {"rows_read": 7},
    "import_run_keeps_no_upload_after_its_end": {"upload": b"something"},
    "import_run_is_refused_for_a_reason": {"reason": ""},
    "code_expires_after_it_was_issued": {"expires_at": models.F("issued_at")},
    "code_is_revoked_after_it_was_issued": {
        "revoked_at": now() - timedelta(days=9), "why_revoked": "lost",
    },
    "code_is_revoked_for_a_reason": {"revoked_at": now() + timedelta(days=1)},
    "export_run_ends_done_or_refused": {"state": "done"},
    "export_run_keeps_its_file_for_a_time": {"file": b"something"},
    "export_run_is_refused_for_a_reason": {"state": "refused", "ended_at": now()},
}  # fmt: skip
TWICE = {
    "resident_identity_is_registered_once": "resident",
    "stay_one_dwelling_at_a_time": "stay",
    "need_is_noted_once": "need",
    "consent_stands_once_for_a_purpose": "consent",
    "proxy_is_named_once": "proxy",
    "duplicate_is_offered_once": "duplicate",
}


@pytest.mark.parametrize("constraint", CHANGES)
def test_the_database_itself_refuses_impossible_changes(constraint: str) -> None:
    one = everything()[constraint.split("_", maxsplit=1)[0]]

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        type(one).objects.filter(id=one.id).update(**CHANGES[constraint])


@pytest.mark.parametrize("constraint", TWICE)
def test_the_database_itself_refuses_a_second_one(constraint: str) -> None:
    one = everything()[TWICE[constraint]]
    one.pk = None
    one.id = new_id()
    if isinstance(one, Resident):
        one.number += 1000

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        one.save(force_insert=True)


def test_every_constraint_is_provoked_above() -> None:
    named = {c.name for model in MODELS for c in model._meta.constraints}

    assert named == set(CHANGES) | set(TWICE)
