"""Pack files, and how one is laid over another. No types here: only tables, keys and lines.

A pack names the packs it builds on (`extends`, by stamp) and says only what it changes:

    numbers (a table with value, low or on), lists, releases and texts   replaced whole
    every other table                                                   merged key by key
    a word (anything else) may change only in a table that gives its own source; `inherited` then
    keeps who said the words that stay
    { withdrawn = true, source = …, grade = … }                         takes away what is beneath
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from fangxian.protocol.errors import Fault, NoSuchPack, PackIsFaulty

Key = tuple[str | int, ...]
Table = dict[str, Any]

SHIPPED = Path(__file__).parent / "packs"
_WHOLE = {"release", "release_after", "note", "title"}
_OF_THE_SOURCE = ("source", "grade", "scope", "note")


@dataclass(frozen=True, slots=True)
class File:
    """One TOML file with the line of every key in it."""

    path: Path
    table: Table
    lines: Mapping[Key, int]

    @property
    def stamp(self) -> str:
        header = self.table.get("pack", {})
        return f"{header.get('id', '')}@{header.get('version', '')}"

    def fault(self, key: Key, message: str) -> Fault:
        return Fault(file=self.path.name, line=self.line(key), key=dotted(key), message=message)

    def line(self, key: Key) -> int:
        """The line of the key, or of the nearest table around it."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)


@dataclass(frozen=True, slots=True)
class Laid:
    """A pack with everything it builds on.

    files      the pack itself first, then what it builds on, nearest first
    withdrawn  what overlays took away, by dotted key
    """

    table: Table
    withdrawn: Mapping[str, Table]
    files: tuple[File, ...]

    @property
    def fingerprint(self) -> str:
        """Changes with any word or number that holds, not with comments or order."""
        said = json.dumps(
            [self.table, dict(self.withdrawn)], sort_keys=True, default=str, ensure_ascii=False
        )
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def fault(self, key: Key, message: str) -> Fault:
        """Told at the file that says most about the key; of two, at the nearer one."""

        def known(file: File) -> int:
            return max((n for n in range(len(key) + 1) if key[:n] in file.lines), default=0)

        return max(self.files, key=known).fault(key, message)

    def lacks(self, key: Key, message: str) -> Fault:
        """Told at the table that should have the key, even where one beneath it has."""
        table = self.fault(key[:-1], message)
        return replace(table, key=dotted(key))


def folders() -> list[Path]:
    """The packs of the program, then those of the district (setting PACK_FOLDERS)."""
    return [SHIPPED, *(Path(folder) for folder in getattr(settings, "PACK_FOLDERS", ()))]


def dotted(key: Key) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in key)


def read(path: Path) -> File:
    """Raises `PackIsFaulty` when the file is not TOML."""
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _line_in(str(error), text)
        fault = Fault(file=path.name, line=line, key="", message=str(error))
        raise PackIsFaulty(path.stem, [fault]) from error
    return File(path, table, lines_of(text))


def files_in(places: Sequence[Path]) -> list[Path]:
    return [path for place in places for path in sorted(place.glob("*.toml"))]


def find(name: str, places: Sequence[Path]) -> File:
    """The file of `id` (its newest version) or of `id@version`."""
    wanted, _at, version = name.partition("@")
    found = [
        file
        for path in files_in(places)
        if path.stem.partition("@")[0] == wanted
        and (file := read(path)).table.get("pack", {}).get("id") == wanted
        and version in {"", str(file.table["pack"].get("version"))}
    ]
    if not found:
        raise NoSuchPack(name, sorted({p.stem.partition("@")[0] for p in files_in(places)}))
    return max(found, key=lambda file: _ordered(str(file.table["pack"].get("version"))))


def lay(file: File, places: Sequence[Path], *, above: tuple[str, ...] = ()) -> Laid:
    """The pack over all it builds on. Raises `PackIsFaulty` where that cannot be done."""
    if file.stamp in above:
        circle = " → ".join((*above[above.index(file.stamp) :], file.stamp))
        raise PackIsFaulty(
            file.path.stem,
            [file.fault(("pack", "extends"), _("builds on itself: %(c)s") % {"c": circle})],
        )
    table: Table = {}
    withdrawn: dict[str, Table] = {}
    files: list[File] = [file]
    for position, name in enumerate(_extends(file)):
        try:
            base = find(name, places)
        except NoSuchPack as error:
            fault = file.fault(("pack", "extends", position), error.message)
            raise PackIsFaulty(file.path.stem, [fault]) from error
        laid = lay(base, places, above=(*above, file.stamp))
        _keep_sources(file, table, laid.table, ("pack", "extends", position))
        table = laid_over(table, laid.table)
        withdrawn |= laid.withdrawn
        files += [one for one in laid.files if one not in files]
    _keep_sources(file, table, file.table, ("sources",))
    _withdraw_only_what_is_there(file, table)
    _change_no_word_without_source(file, table, file.table)
    table = laid_over(table, {key: part for key, part in file.table.items() if key != "pack"})
    for key, taken in withdrawals(table):
        withdrawn[dotted(key)] = taken
    withdrawn = {key: taken for key, taken in withdrawn.items() if not _stands(table, key)}
    table = _without_withdrawals(table)
    if not above:
        table = {"pack": file.table.get("pack", {}), **table}
    return Laid(table, withdrawn, tuple(files))


def laid_over(beneath: Table, above: Table) -> Table:
    """What holds when `above` speaks last. Neither argument is changed."""
    result = dict(beneath)
    if "source" in above and "source" in beneath:
        spoken = {word: beneath[word] for word in _OF_THE_SOURCE if word in beneath}
        stays = dict.fromkeys(words_of(beneath), spoken) | beneath.get("inherited", {})
        for word in (*_OF_THE_SOURCE, "inherited"):
            result.pop(word, None)
        if stays := {word: said for word, said in stays.items() if word not in above}:
            result["inherited"] = stays
    for key, value in above.items():
        lower = result.get(key)
        if isinstance(value, dict) and isinstance(lower, dict) and not _whole(key, value):
            result[key] = laid_over(lower, value)
        else:
            result[key] = value
    return result


def words_of(table: Table) -> list[str]:
    """Keys whose value rests on the source of the table, not on one of its own."""
    return [
        word
        for word, value in table.items()
        if word not in _OF_THE_SOURCE
        and not isinstance(value, dict)
        and not (isinstance(value, list) and value and isinstance(value[0], dict))
    ]


def is_number(table: Table) -> bool:
    return any(not isinstance(table.get(word, {}), dict) for word in ("value", "low", "on"))


def withdrawals(table: Table, key: Key = ()) -> Iterator[tuple[Key, Table]]:
    for word, value in table.items():
        if isinstance(value, dict):
            if "withdrawn" in value:
                yield (*key, word), value
            else:
                yield from withdrawals(value, (*key, word))


def _whole(key: str, value: Table) -> bool:
    return key in _WHOLE or "withdrawn" in value or is_number(value)


def _without_withdrawals(table: Table) -> Table:
    return {
        key: _without_withdrawals(value) if isinstance(value, dict) else value
        for key, value in table.items()
        if not (isinstance(value, dict) and "withdrawn" in value)
    }


def _stands(table: Table, key: str) -> bool:
    """Whether something stands at the key again after it had been withdrawn beneath."""
    for word in key.split("."):
        if not isinstance(table, dict) or word not in table:
            return False
        table = table[word]
    return "withdrawn" not in table


def _withdraw_only_what_is_there(file: File, beneath: Table) -> None:
    for key, _taken in withdrawals(file.table):
        table: Any = beneath
        for word in key:
            table = table.get(word) if isinstance(table, dict) else None
        if table is None:
            fault = file.fault(key, _("withdraws what no pack beneath contains"))
            raise PackIsFaulty(file.path.stem, [fault])


def _change_no_word_without_source(file: File, beneath: Table, above: Table, key: Key = ()) -> None:
    if "source" in beneath and "source" not in above and (words := words_of(above)):
        message = _("changes a word, so its table must give its own source and grade")
        raise PackIsFaulty(file.path.stem, [file.fault((*key, words[0]), message)])
    for word, value in above.items():
        lower = beneath.get(word)
        if isinstance(value, dict) and isinstance(lower, dict) and not _whole(word, value):
            _change_no_word_without_source(file, lower, value, (*key, word))


def _keep_sources(file: File, beneath: Table, above: Table, at: Key) -> None:
    """One name stands for one source, or the numbers beneath would change theirs unseen."""
    known = beneath.get("sources", {})
    for name, source in above.get("sources", {}).items():
        if known.get(name, source) != source:
            key = (*at, name) if at == ("sources",) else at
            fault = file.fault(key, _("the source “%(name)s” is named twice") % {"name": name})
            raise PackIsFaulty(file.path.stem, [fault])


def _extends(file: File) -> list[str]:
    header = file.table.get("pack", {})
    names = header.get("extends", []) if isinstance(header, dict) else []
    for position, name in enumerate(names if isinstance(names, list) else []):
        if not isinstance(name, str) or "@" not in name:
            message = _("name the pack with its version, as in cn-v9@1")
            fault = file.fault(("pack", "extends", position), message)
            raise PackIsFaulty(file.path.stem, [fault])
    return list(names) if isinstance(names, list) else []


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _line_in(message: str, text: str) -> int:
    _before, found, rest = message.partition("(at line ")
    return int(rest.partition(",")[0]) if found else text.count("\n") + 1


# Where each key stands. tomllib does not say, and a refusal must name the line.


def lines_of(text: str) -> dict[Key, int]:
    """The line of every key, table and list item of a text that tomllib has accepted."""
    return _Lines(text).found


class _Lines:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Key, int] = {(): 1}
        self._items: dict[Key, int] = {}
        table: Key = ()
        while self._skip(" \t\r\n"):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self, blanks: str) -> bool:
        """Past blanks and comments; False at the end."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                self.at = (self.text + "\n").index("\n", self.at)
            elif self.text[self.at] in blanks:
                self.at += 1
            else:
                return True
        return False

    def _mark(self, key: Key, start: int) -> None:
        line = self.text.count("\n", 0, start) + 1
        for length in range(1, len(key) + 1):  # [a.b] also makes a
            self.found.setdefault(key[:length], line)

    def _header(self) -> Key:
        start = self.at
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        key: Key = tuple(self._name())
        self.at = self.text.index("]", self.at) + (2 if many else 1)
        if many:
            number = self._items[key] = self._items.get(key, -1) + 1
            self._mark(key, start)
            key = (*key, number)
        self._mark(key, start)
        return key

    def _pair(self, table: Key) -> None:
        self._skip(" \t")
        start = self.at
        key: Key = (*table, *self._name())
        self._mark(key, start)
        self.at = self.text.index("=", self.at) + 1
        self._value(key)

    def _name(self) -> list[str]:
        names = []
        while True:
            self._skip(" \t")
            start = self.at
            if self.text[self.at] in "\"'":
                self._string()
                names.append(self.text[start + 1 : self.at - 1])
            else:
                while self.text[self.at].isalnum() or self.text[self.at] in "-_":
                    self.at += 1
                names.append(self.text[start : self.at])
            self._skip(" \t")
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _value(self, key: Key) -> None:
        self._skip(" \t")
        sign = self.text[self.at]
        if sign == "{":
            self.at += 1
            while self._skip(" \t\r\n,") and self.text[self.at] != "}":
                self._pair(key)
            self.at += 1
        elif sign == "[":
            self.at += 1
            number = 0
            while self._skip(" \t\r\n,") and self.text[self.at] != "]":
                self._mark((*key, number), self.at)
                self._value((*key, number))
                number += 1
            self.at += 1
        elif sign in "\"'":
            self._string()
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}\r\n#":
                self.at += 1

    def _string(self) -> None:
        sign = self.text[self.at]
        ending = sign * 3 if self.text.startswith(sign * 3, self.at) else sign
        self.at += len(ending)
        while not self.text.startswith(ending, self.at):
            self.at += 2 if sign == '"' and self.text[self.at] == "\\" else 1
        self.at += len(ending)
        while len(ending) > 1 and self.text.startswith(sign, self.at):  # """ends in quotes"""""
            self.at += 1
