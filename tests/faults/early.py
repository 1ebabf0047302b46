"""The negative control: a server that acknowledges before it has written.

If the fault tests did not see this one lose rows, they would see nothing.
"""

import queue
import threading
import time

from fangxian import wsgi  # sets Django up, so it comes first
from fangxian.sync import doors
from fangxian.sync.inbox import Delivery
from fangxian.sync.rules import Answer
from fangxian.sync.writer import write

application = wsgi.application

_later: queue.Queue[Delivery] = queue.Queue()


def _early(delivery: Delivery, *, urgent: bool = False) -> list[Answer]:
    _later.put(delivery)
    return [Answer(str(order.id), "applied") for order in delivery.orders]


def _write_later() -> None:
    while True:
        delivery = _later.get()
        time.sleep(0.02)
        write([delivery])


doors.writer = _early  # type: ignore[assignment]
threading.Thread(target=_write_later, daemon=True).start()
