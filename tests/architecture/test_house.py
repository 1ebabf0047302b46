"""The shape of the house, checked like any other behaviour."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from fangxian.kernel.access import Duty

HOUSE = Path(__file__).parents[2]
SOURCE = HOUSE / "src" / "fangxian"
ROOMS = sorted(p.parent for p in SOURCE.glob("*/__init__.py") if p.parent.name != "engines")
ACTING = [room for room in ROOMS if (room / "actions.py").exists()]
TABLES = re.compile(r"fangxian\.(\w+)\.models")

# To add a module here, change this list and write a decision record.
KERNEL = {
    "access",
    "apps",
    "clock",
    "commands",
    "embedded",
    "errors",
    "fields",
    "forgetting",
    "http",
    "ids",
    "jobs",
    "ledger",
    "logs",
    "models",
    "paper",
    "reactions",
    "readiness",
    "sheets",
    "signing",
    "vault",
}
IN_EVERY_ROOM = {
    "actions",
    "api",
    "apps",
    "commands",
    "errors",
    "events",
    "forms",
    "jobs",
    "models",
    "queries",
    "rules",
    "schemas",
    "urls",
    "views",
}
NEVER = {"utils", "helpers", "common", "base", "services", "manager", "managers", "misc"}

# Verbs and questions that need nobody's name, each with its reason.
OF_NOBODY = {
    "measures.kind_words": "a word, and nobody's",
    "measures.would_ask": "rules bind everybody alike",
    "protocol.in_force": "rules bind everybody alike",
    "protocol.pack_of": "rules bind everybody alike",
    "sync.enrol_device": "whoever holds the code that a supervisor showed; it acts for its account",
    "web.address_of": "where the page of a thing is; the page itself asks who looks",
    "web.version": "says only that something happened since",
}


def modules() -> list[Path]:
    return sorted(p for p in SOURCE.rglob("*.py") if "migrations" not in p.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def public(path: Path) -> list[ast.FunctionDef]:
    if not path.exists():
        return []
    tree = tree_of(path)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [f for f in functions if not f.name.startswith("_")]


def verbs(room: Path) -> list[ast.FunctionDef]:
    """Of actions.py, and those that it takes over from the room's modules named for a noun."""
    path = room / "actions.py"
    if not path.exists():
        return []
    tree = tree_of(path)
    exported = {
        name
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.dump(node.targets[0]) == ast.dump(_ALL)
        for name in ast.literal_eval(node.value)
    }
    taken = [
        function
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(f"fangxian.{room.name}.")
        for function in public(room / f"{(node.module or '').rpartition('.')[2]}.py")
        if function.name in exported & {alias.name for alias in node.names}
    ]
    return public(path) + taken


_ALL = ast.Name(id="__all__", ctx=ast.Store())


def first_argument(function: ast.FunctionDef) -> str:
    arguments = function.args.posonlyargs + function.args.args
    return arguments[0].arg if arguments else ""


def imports(tree: ast.AST) -> Iterator[str]:
    """What a module imports, names taken from packages included; not for type checkers only."""
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ROOMS, ids=lambda p: p.name)
def test_every_action_says_who_acts_and_every_query_says_who_looks(room: Path) -> None:
    silent = [
        f"{room.name}.{function.name}"
        for functions, first in ((verbs(room), "actor"), (public(room / "queries.py"), "viewer"))
        for function in functions
        if first_argument(function) != first
    ]

    assert set(silent) <= set(OF_NOBODY)


def test_the_list_of_what_needs_no_name_holds_no_dead_names() -> None:
    existing = {
        f"{room.name}.{function.name}"
        for room in ROOMS
        for function in verbs(room) + public(room / "queries.py")
    }

    assert existing >= set(OF_NOBODY)


@pytest.mark.parametrize("room", ACTING, ids=lambda p: p.name)
def test_every_room_has_a_page_that_names_its_verbs(room: Path) -> None:
    page = (room / "README.md").read_text(encoding="utf-8")

    missing = [f.name for f in verbs(room) if f"`{f.name}`" not in page]

    assert missing == []


@pytest.mark.parametrize("path", [p for p in modules() if "tests" not in p.parts], ids=name)
def test_nobody_opens_another_rooms_tables(path: Path) -> None:
    own = path.relative_to(SOURCE).parts[0]
    tree = tree_of(path)

    opened = {match.group(1) for module in imports(tree) if (match := TABLES.match(module))}

    assert opened <= {own, "kernel", "areas"}


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*/rules.py")), ids=name)
def test_rules_know_no_framework_but_its_words(path: Path) -> None:
    tree = tree_of(path)

    django = {module for module in imports(tree) if module.split(".")[0] == "django"}

    assert {m for m in django if not m.startswith("django.utils.translation")} == set()


def test_the_kernel_is_a_closed_list() -> None:
    assert {p.stem for p in (SOURCE / "kernel").glob("*.py")} - {"__init__"} == KERNEL


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_file_is_called_after_nothing(path: Path) -> None:
    assert {path.stem, *path.relative_to(SOURCE).parts[:-1]} & NEVER == set()


@pytest.mark.parametrize("room", ACTING, ids=lambda p: p.name)
def test_whoever_has_read_one_room_finds_the_way_in_all(room: Path) -> None:
    """A room may hold modules named for a noun of its own, but its page tells of them."""
    page = (room / "README.md").read_text(encoding="utf-8")

    own = {p.stem for p in room.glob("*.py")} - IN_EVERY_ROOM - {"__init__"}

    assert {stem for stem in own if f"{stem}.py" not in page} == set()


@pytest.mark.parametrize("room", ROOMS, ids=lambda p: p.name)
def test_doors_hold_no_transactions(room: Path) -> None:
    """What belongs together is decided by verbs; a door that opens a transaction hides a verb."""
    for file in ("views.py", "api.py"):
        path = room / file
        if path.exists():
            tree = tree_of(path)
            assert "django.db.transaction" not in set(imports(tree)), path


@pytest.mark.parametrize("path", modules(), ids=name)
def test_nothing_happens_behind_save(path: Path) -> None:
    tree = tree_of(path)

    hidden = [
        f"{node.name}.{part.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for part in node.body
        if isinstance(part, ast.FunctionDef) and part.name in {"save", "delete"}
    ]

    assert hidden == []


def test_constraints_are_named_as_sentences() -> None:
    """At least three words, the first of them the noun they speak of."""
    short = [
        constraint
        for path in SOURCE.glob("*/models.py")
        for constraint in re.findall(
            r"(?:Check|Unique|Exclusion)Constraint\(\s*name=\"(\w+)\"", path.read_text("utf-8")
        )
        if constraint.count("_") < 2
    ]

    assert short == []


def test_the_duties_are_at_most_twenty() -> None:
    assert len(Duty) <= 20
