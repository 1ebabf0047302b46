"""The WSGI door, for granian: phones' addresses go the short way, all else through Django."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangxian.settings")
pages = get_wsgi_application()

from django.conf import settings  # noqa: E402 - after Django is set up

from fangxian.sync import doors  # noqa: E402
from fangxian.sync.links import Links  # noqa: E402

# Threads are many because phones' requests wait for a shared commit. Pages do not wait, they
# compute: more of them at once would only slow each other, and each would keep a connection.
_pages_at_once = Links(settings.PAGES_AT_ONCE)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"].startswith(doors.PREFIX):
        return doors.answer(environ, start_response)
    with _pages_at_once.one():
        return pages(environ, start_response)
