"""Two people do the same thing at the same moment."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import connection

from fangxian.cases.actions import report_case
from fangxian.cases.models import Case
from fangxian.cases.tests import make
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.people.tests import make as people


@pytest.mark.django_db(transaction=True)
def test_two_who_report_the_same_person_at_once_get_the_same_case() -> None:
    make.rules()
    wang = people.resident()
    together, found = Barrier(2), list[UUID]()

    def report() -> None:
        together.wait()
        case = report_case(
            make.MA,
            resident_id=wang.id,
            classification=Case.Classification.CONFIRMED,
            specimen_at=now() - timedelta(hours=6),
            found_by=Case.FoundBy.CLINIC,
            under_control=False,
        )
        found.append(case.id)
        connection.close()

    threads = [Thread(target=report) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [Case.objects.get().id] * 2
    assert Event.objects.filter(kind="cases.case_reported").count() == 1
