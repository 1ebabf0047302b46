"""Tests run on a real PostgreSQL, the private one of tests/settings.py."""

import os
from collections import defaultdict
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    from django.conf import settings

    from fangxian.kernel import embedded

    embedded.start()
    name = os.environ.get("FANGXIAN_TEST_DB", "fangxian")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"test_{name}{worker}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests that commit end by truncating every table, which the ledger refuses otherwise."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS event_is_never_emptied ON kernel_event")
        cursor.execute("DROP TRIGGER IF EXISTS seal_is_never_emptied ON kernel_seal")


@pytest.fixture(autouse=True)
def _keys(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test that uses the database finds vault keys in it, and nothing held of another's."""
    from django.core.cache import caches

    from fangxian.kernel import vault

    uses_database = {"db", "transactional_db"} & set(request.fixturenames) or (
        request.node.get_closest_marker("django_db") is not None
    )
    vault.forget_keys()
    caches["pages"].clear()
    if uses_database:
        marker = request.node.get_closest_marker("django_db")
        commits = "transactional_db" in request.fixturenames or (
            marker is not None and marker.kwargs.get("transaction")
        )
        request.getfixturevalue("transactional_db" if commits else "db")
        vault.ensure_keys()
    yield
    vault.forget_keys()


@pytest.fixture
def nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room's own promises are tested alone; what follows from its facts, by the playbook."""
    from fangxian.kernel import reactions

    monkeypatch.setattr(reactions, "_reactions", defaultdict(list))
