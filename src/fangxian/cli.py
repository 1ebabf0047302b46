"""`fangxian`: the one command. Each word below it is a thing an operator does."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module

from fangxian import __version__

Command = Callable[[list[str]], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR.*")
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(_help())
        return 0
    if arguments[0] in {"-V", "--version"}:
        print(f"fangxian {__version__}")
        return 0
    word, *rest = arguments
    if word not in _COMMANDS:
        print(f"There is no command “{word}”.\n\n{_help()}", file=sys.stderr)
        return 2
    try:
        return _COMMANDS[word][1](rest)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _help() -> str:
    width = max(len(word) for word in _COMMANDS) + 2
    lines = [f"  {word:<{width}}{about}" for word, (about, _) in _COMMANDS.items()]
    return "\n".join(
        [
            "fangxian COMMAND [options]: 防线, a district's line of defence against an outbreak",
            "",
            *lines,
            "",
            "Each command explains itself with --help. Without DATABASE_URL a private PostgreSQL",
            "in FANGXIAN_HOME is used and started.",
        ]
    )


def _django() -> None:
    """Start the private database if it is used, and load the product."""
    from fangxian.kernel import embedded

    embedded.start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangxian.settings")
    import django

    django.setup()


def _room(module: str, function: str) -> Command:
    """A command that a room keeps in its commands.py."""

    def run(argv: list[str]) -> int:
        _django()
        from django.db import OperationalError, ProgrammingError

        from fangxian.kernel.errors import Refusal

        command: Command = getattr(import_module(f"fangxian.{module}"), function)
        try:
            return command(argv)
        except (OperationalError, ProgrammingError) as error:
            return _without_tables(error)
        except Refusal as refusal:
            print(refusal.message, file=sys.stderr)
            return 1
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.filename is None:
                raise
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            return 1

    return run


def _without_tables(error: Exception) -> int:
    if not _lacks_tables(error):
        raise error
    print(
        "This database has no tables, or not those of this version. Run “fangxian migrate”."
        " The demonstration's database is reached with FANGXIAN_MODE=demo.",
        file=sys.stderr,
    )
    return 1


def _lacks_tables(error: Exception) -> bool:
    text = str(error)
    return "does not exist" in text and ("relation" in text or "database" in text)


def _trace(argv: list[str]) -> int:
    """Works on files: where no database is, none is started."""
    if argv[:1] == ["export"]:
        return _room("cases.commands", "trace")(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangxian.settings")
    import django

    django.setup()
    from fangxian.cases.commands import trace

    return trace(argv)


def _demo(argv: list[str]) -> int:
    os.environ["FANGXIAN_MODE"] = "demo"
    return _room("exercise.demo", "demo")(argv)


def _migrate(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        "fangxian migrate", description="Bring the database up to date."
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args(argv)
    _django()
    from django.conf import settings
    from django.core.management import call_command

    from fangxian.kernel import embedded, ledger, vault

    embedded.create_database(settings.DATABASES["default"])
    call_command("migrate", verbosity=1 if options.verbose else 0, interactive=False)
    vault.ensure_keys()
    if moved := ledger.continue_after_restore():
        print(f"This database was restored: the ledger goes on {moved} transactions later.")
    return 0


def _worker(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fangxian worker", description="Run background jobs.")
    parser.add_argument("--concurrency", type=int, default=1)
    options = parser.parse_args(argv)
    _django()
    from django.core.management import call_command

    call_command("procrastinate", "worker", f"--concurrency={options.concurrency}")
    return 0


def _serve(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fangxian serve", description="Serve the product.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--threads", type=int, default=64, help="threads a process (default 64)")
    parser.add_argument("--no-worker", action="store_true", help="run background jobs elsewhere")
    options = parser.parse_args(argv)
    _django()
    from django.db import OperationalError

    from fangxian.kernel.readiness import unfit_for_production

    try:
        faults = unfit_for_production()
    except OperationalError as error:
        return _without_tables(error)
    if faults:
        print("Fangxian does not start like this:", file=sys.stderr)
        for fault in faults:
            print(f"  - {fault}", file=sys.stderr)
        return 1
    with socket.socket() as probe:
        probe.settimeout(0.5)
        if probe.connect_ex((options.host, options.port)) == 0:
            print(
                f"Something already answers on {options.host}:{options.port}. "
                "Stop it, or choose another --port.",
                file=sys.stderr,
            )
            return 1
    return serve(
        options.host, options.port, options.workers, options.threads, not options.no_worker
    )


def serve(host: str, port: int, workers: int, threads: int, with_jobs: bool) -> int:  # noqa: FBT001
    """Run the web server, and a job worker beside it, until told to stop."""
    from fangxian.web import assets

    assets.gather()
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host]
    granian += ["--port", str(port), "--workers", str(workers), "--blocking-threads", str(threads)]
    granian += ["--respawn-failed-workers", "--no-ws", "--log-level", "warning"]
    children = [subprocess.Popen([*granian, "fangxian.wsgi:application"])]  # noqa: S603
    if with_jobs:
        children.append(subprocess.Popen([sys.executable, "-m", "fangxian", "worker"]))
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping and children[0].poll() is None:
        time.sleep(0.2)
        if with_jobs and children[1].poll() is not None:
            children[1] = subprocess.Popen([sys.executable, "-m", "fangxian", "worker"])
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
    return 0 if stopping else children[0].returncode or 1


def _database(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fangxian database", description="The private PostgreSQL.")
    parser.add_argument("what", choices=["start", "stop", "address"])
    options = parser.parse_args(argv)
    from fangxian.kernel import embedded

    if options.what == "stop":
        embedded.stop()
    elif (server := embedded.start()) is None:
        print("DATABASE_URL is set: there is no private database.")
    elif options.what == "address":
        print(server.get_uri(database="fangxian"))
    return 0


_COMMANDS: dict[str, tuple[str, Command]] = {
    "demo": ("build a made-up district at full size, play a day, serve it", _demo),
    "serve": ("serve the product", _serve),
    "worker": ("run background jobs", _worker),
    "migrate": ("bring the database up to date", _migrate),
    "database": ("start, stop or locate the private PostgreSQL", _database),
    "account": ("make and change accounts", _room("kernel.commands", "account")),
    "ledger": ("verify and seal the ledger", _room("kernel.commands", "ledger")),
    "vault": ("rotate keys", _room("kernel.commands", "vault")),
    "codes": ("keys of codes: rotate, and list those believed", _room("kernel.commands", "codes")),
    "replay": (
        "what other rules would have made of some days, without touching anything",
        _room("measures.commands", "replay"),
    ),
    "packs": ("check, show and compare policy packs", _room("protocol.commands", "packs")),
    "areas": ("import divisions and boundaries", _room("areas.commands", "areas")),
    "people": ("import residents", _room("people.commands", "people")),
    "plan": ("plan a round of testing against the norm", _room("sampling.commands", "plan")),
    "retention": ("show and carry out the retention", _room("oversight.commands", "retention")),
    "trace": ("sweep all cases against all visits; make a town to try it on", _trace),
    "why": ("retell how an order came about", _room("web.commands", "why")),
}

if __name__ == "__main__":
    sys.exit(main())
