"""Styles and scripts for the browser: named by their content, compressed, kept for ever.

A checkout serves them as they were built. An installation gathers them once into the data folder,
because only there it is known which versions of the packages have come together.
"""

from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

CHECKOUT = (Path(__file__).parents[3] / "pyproject.toml").exists()
_BRINGING = ("fangxian", "django", "django-htmx")


def folder(home: Path) -> Path:
    """Where an installation of just these packages gathers its assets."""
    if CHECKOUT:
        return home / "static"
    records = "".join(distribution(package).read_text("RECORD") or "" for package in _BRINGING)
    return home / "static" / sha256(records.encode()).hexdigest()[:16]


def gather() -> None:
    """Gather the assets, unless that was done. To be done before an installation serves."""
    if not CHECKOUT and not Path(str(settings.STATIC_ROOT), "staticfiles.json").exists():
        call_command("collectstatic", interactive=False, verbosity=0)
