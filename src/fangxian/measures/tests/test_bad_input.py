"""What bad input gets: a clear refusal, and nothing half done."""

from dataclasses import replace

import pytest
from django.test import Client

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.measures.actions import issue_order
from fangxian.measures.errors import PosterScansAlone, RecordWasMerged
from fangxian.measures.models import Order
from fangxian.measures.queries import refusals_by_guards
from fangxian.measures.tests import make
from fangxian.measures.tests.test_doors import read, signed_in
from fangxian.people.models import Resident

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("noon")]


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules("cn-v9")


def test_an_order_for_a_merged_record_names_the_one_that_was_kept() -> None:
    kept, gone = make.resident(), make.resident()
    cause = make.confirmed_contact(gone)
    Resident.objects.filter(id=gone.id).update(
        merged_into=kept, area_path="", household=None, identity=None, identity_index=None
    )

    with pytest.raises(RecordWasMerged) as refused:
        issue_order(
            PLAYBOOK,
            resident_id=gone.id,
            area_path=kept.area_path,
            subject="close_contact",
            about_id=cause.subject_id,
            counted_from=now(),
            because=cause,
        )

    assert refused.value.facts["resident"] == str(kept.id)
    assert not Order.objects.exists()


@pytest.mark.parametrize(("evidence", "refused"), [("poster", True), ("attended", False)])
def test_scans_of_a_poster_alone_restrict_nobody_and_the_attempt_is_recorded(
    evidence: str, *, refused: bool, client: Client
) -> None:
    contact = make.registered_contact("close", evidence=evidence, how="co_presence")
    cause = make.confirmed_contact(contact.resident, subject_id=contact.id)

    def order() -> Order | None:
        return issue_order(
            PLAYBOOK,
            resident_id=contact.resident_id,
            area_path=contact.area_path,
            subject="close_contact",
            about_id=contact.id,
            counted_from=contact.last_at,
            because=cause,
        )

    if refused:
        with pytest.raises(PosterScansAlone):
            order()
    else:
        assert order() is not None

    told: list[Event] = list(refusals_by_guards(make.AUDITOR_SHEN))
    assert [event.facts["guard"] for event in told] == ["poster_scans_alone"] * refused
    page = read(signed_in(client, Duty.AUDIT), "refusals")
    assert ("restricting by poster scans alone" in page) == refused
    assert not refusals_by_guards(replace(make.AUDITOR_SHEN, within="2/"))
