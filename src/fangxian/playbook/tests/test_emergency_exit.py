"""The story of somebody who needs care behind a sealed gate."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.measures.actions import (
    approve_risk_area,
    clear_exit,
    hand_over_patient,
    leave_for_emergency_care,
    return_from_care,
)
from fangxian.measures.queries import risk_areas_proposed
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import GRID_WORKER_WANG, OFFICER_DENG, found, sealed_tube

pytestmark = pytest.mark.django_db


def test_the_gate_opens_and_the_record_follows() -> None:
    make.rules("cn-v9")
    ill, in_labour = make.neighbours(2)
    found(sealed_tube([ill]), "positive")
    for area in risk_areas_proposed(PLAYBOOK):
        approve_risk_area(OFFICER_DENG, area.id)

    leaving = leave_for_emergency_care(GRID_WORKER_WANG, in_labour.id, kind="labour")

    assert leaving.state == "left"
    assert len(leaving.risk_areas) == 1  # a fact for the hospital, no ground to refuse
    assert make.kinds_of_tasks(leaving.id) == {"emergency_trip", "clear_exit"}

    hand_over_patient(GRID_WORKER_WANG, leaving.id)
    assert make.kinds_of_tasks(leaving.id) == {"clear_exit"}

    return_from_care(GRID_WORKER_WANG, leaving.id)
    clear_exit(GRID_WORKER_WANG, leaving.id, note="driver Han, back at six")
    assert make.kinds_of_tasks(leaving.id) == set()
