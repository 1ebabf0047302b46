"""The phone app: its page, its service worker and its manifest, the same for everybody.

The service worker is told every file of this version with a digest of its content; another version
of any of them is another service worker, which is how a phone learns that there is something new.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import path
from django.views.decorators.http import require_safe

_FILES = (
    "web/phone.js",
    "web/phone.css",
    "web/sprite.svg",
    "web/mark.svg",
    "web/decoder.wasm",
    "web/phone-180.png",
    "web/phone-192.png",
)
_PAGE = "/field/"
_MANIFEST = "/field/manifest.webmanifest"
_BLUE = "#14508c"


@csp_update(
    {
        "script-src": ["'self'", "'wasm-unsafe-eval'"],  # the decoder, nothing else
        "worker-src": ["'self'"],
        "connect-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
    }
)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        _page(),
        headers={
            "Cache-Control": "no-cache",
            "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        },
    )


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    changing = getattr(settings, "WHITENOISE_AUTOREFRESH", False)  # a checkout is built at any time
    script = _write_worker() if changing else _worker()
    return HttpResponse(
        script, content_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    return JsonResponse(
        _manifest(),
        content_type="application/manifest+json",
        headers={"Cache-Control": "no-cache"},
    )


def _page() -> str:
    return render_to_string("sync/app.html")


def _manifest() -> dict[str, object]:
    return {
        "id": _PAGE,
        "name": "防线外勤 Fangxian field",
        "short_name": "防线外勤",
        "lang": "zh-Hans",
        "start_url": _PAGE,
        "scope": _PAGE,
        "display": "standalone",
        "background_color": _BLUE,
        "theme_color": _BLUE,
        "icons": [
            {
                "src": static(f"web/phone-{side}.png"),
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": purpose,
            }
            for side in (192, 512)
            for purpose in ("any", "maskable")
        ],
    }


@cache
def _worker() -> str:
    return _write_worker()


def _write_worker() -> str:
    files = [
        (_PAGE, _digest(_page().encode())),
        (_MANIFEST, _digest(json.dumps(_manifest()).encode())),
        *((static(name), _digest(_built(name))) for name in _FILES),
    ]
    version = _digest(json.dumps(files).encode())
    script = _built("web/worker.js").decode()
    return f'const VERSION="{version}",FILES={json.dumps(files)};\n{script}'


def _built(name: str) -> bytes:
    found = finders.find(name)
    if not found:
        raise FileNotFoundError(f"{name} is not built: run “make setup”")
    return Path(found).read_bytes()


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


urlpatterns = [
    path("", page, name="app"),
    path("sw.js", worker, name="worker"),
    path("manifest.webmanifest", manifest, name="manifest"),
]
