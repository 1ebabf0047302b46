import pytest

from fangxian.kernel.clock import Hands
from fangxian.measures.jobs import propose_releases
from fangxian.measures.tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_every_minute_what_is_due_is_proposed(noon: Hands) -> None:
    make.rules()
    hold = make.hold()
    noon.forward(hours=25)

    propose_releases(0)

    hold.refresh_from_db()
    assert hold.release_proposed_at is not None
