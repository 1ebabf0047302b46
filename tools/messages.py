"""The rooms' catalogues: what the product says, in English (the msgid) and Chinese.

python tools/messages.py extract [ROOM …]   bring catalogues up to date with the sources
python tools/messages.py compile            write the .mo files that Django reads
python tools/messages.py check [ROOM …]     fail if anything is missing, unsure or inconsistent

Needs no GNU gettext. Each room keeps its own locale/zh_Hans; modules outside them belong to web.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

SOURCE = Path(__file__).parents[1] / "src" / "fangxian"
LOCALE = "zh_Hans"
HOME_OF_STRAYS = "web"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sdf]|%[sdf]|\{(\w*)\}")
HAN = "\u3400-\u9fff"
HALF_WIDTH = re.compile(rf"[{HAN}]\s*[,.:;?!]\s*[{HAN}]|[{HAN}]\([^)]*[{HAN}]")
# Dates and translators' names in a header would change every file at each run.
NOISE = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Project-Id-Version'
    r"|Generated-By|Report-Msgid-Bugs-To|MIME-Version):.*\n",
    re.MULTILINE,
)


def rooms() -> list[Path]:
    return sorted(p.parent for p in SOURCE.glob("*/__init__.py"))


def catalogue_path(room: Path) -> Path:
    return room / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def sources(room: Path) -> Iterator[Path]:
    if room.name == HOME_OF_STRAYS:
        yield from sorted(SOURCE.glob("*.py"))
    for path in sorted(room.rglob("*")):
        parts = path.relative_to(room).parts
        shown = path.suffix in {".html", ".txt"} and "templates" in parts
        if (shown or path.suffix == ".py") and not {"tests", "migrations"} & set(parts):
            yield path


def python_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    # What templatize leaves of a template is Python but for its indentation.
    return "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())


def said_in(room: Path) -> Catalog:
    catalogue = Catalog(locale=LOCALE)
    for path in sources(room):
        where = path.relative_to(SOURCE.parent).as_posix()
        file = io.BytesIO(python_of(path).encode())
        found = extract("python", file, KEYWORDS, ["Translators:"], {"encoding": "utf-8"})
        for line, ids, comments, context in found:
            catalogue.add(
                ids, locations=[(where, line)], auto_comments=comments, context=context or None
            )
    return catalogue


def kept(room: Path) -> Catalog:
    path = catalogue_path(room)
    if not path.exists():
        return Catalog(locale=LOCALE)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def find(catalogue: Catalog, message: Message) -> Message | None:
    return catalogue.get(message.id, message.context)


def key(message: Message) -> tuple[str, str]:
    single = message.id if isinstance(message.id, str) else message.id[0]
    return single, message.context or ""


def forms(message: Message) -> list[str]:
    if isinstance(message.string, str):
        return [message.string]
    return list(message.string or [""])


def update(*only: str) -> None:
    known = {key(m): forms(m) for room in rooms() for m in messages(kept(room)) if all(forms(m))}
    for room in rooms():
        if only and room.name not in only:
            continue
        said, old = said_in(room), kept(room)
        new = Catalog(
            locale=LOCALE, header_comment=f"# {room.name}: Simplified Chinese", fuzzy=False
        )
        missing = 0
        for message in messages(said):
            before = find(old, message)
            texts = forms(before) if before else known.get(key(message), [""])
            flags = {"fuzzy"} if before and before.fuzzy else set()
            new.add(
                message.id,
                tuple(texts[:1]) if message.pluralizable else texts[0],
                locations=message.locations,
                flags=flags | set(message.flags),
                auto_comments=message.auto_comments,
                user_comments=before.user_comments if before else (),
                context=message.context,
            )
            missing += not all(forms(new.get(message.id, message.context) or message))
        if not len(new):
            continue
        out = io.BytesIO()
        write_po(out, new, sort_output=True, include_lineno=False, width=100)
        path = catalogue_path(room)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = NOISE.sub("", out.getvalue().decode())
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        print(f"{room.name}: {len(new)} messages, {missing} to translate")


def compile_all(*_only: str) -> None:
    for room in rooms():
        if catalogue_path(room).exists():
            with catalogue_path(room).with_suffix(".mo").open("wb") as file:
                write_mo(file, kept(room))


def placeholders(text: str) -> set[str]:
    return {match.group(0) for match in PLACEHOLDER.finditer(text.replace("%%", ""))}


def faults_of(message: Message) -> Iterator[str]:
    if not all(forms(message)):
        yield "not translated"
        return
    if message.fuzzy:
        yield "marked as unsure (fuzzy)"
    wanted = placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    for text in forms(message):
        if placeholders(text) != wanted:
            yield f"placeholders differ: {sorted(wanted)} and {sorted(placeholders(text))}"
        if HALF_WIDTH.search(PLACEHOLDER.sub("某", text)):
            yield f"half-width punctuation between Chinese characters: {text}"


def faults() -> Iterator[str]:
    first: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for room in rooms():
        said, have = said_in(room), kept(room)
        for message in messages(said):
            if find(have, message) is None:
                yield f"{room.name}: {key(message)[0]!r}: not in the catalogue; run extract"
        for message in messages(have):
            if find(said, message) is None:
                yield f"{room.name}: {key(message)[0]!r}: no longer said; run extract"
            for fault in faults_of(message):
                yield f"{room.name}: {key(message)[0]!r}: {fault}"
            # Django pours all rooms into one catalogue, where the last one would silently win.
            where, before = first.setdefault(key(message), (room.name, forms(message)))
            if all(before) and all(forms(message)) and before != forms(message):
                yield f"{room.name}: {key(message)[0]!r}: translated otherwise in {where}"


def check(*only: str) -> None:
    found = [one for one in faults() if not only or one.split(":")[0] in only]
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        sys.exit(f"{len(found)} faults in the catalogues")


COMMANDS = {"extract": update, "compile": compile_all, "check": check}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:  # noqa: PLR2004
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
