"""A policy pack, typed: what a rule of prevention and control says, in numbers with sources.

`load_pack("cn-v9")` gives the newest version in the folder, `load_pack("cn-v9@1")` that very one.
Nothing in a pack can be changed after it was read. The TOML files beside this one are the rules;
how one builds on another is in overlay.py, what each section holds in sections.py.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field, ValidationError

from fangxian.protocol import overlay
from fangxian.protocol.errors import Fault, NoSamplingGuide, NotAWholePack, PackIsFaulty
from fangxian.protocol.sections import (
    Care,
    Command,
    Contact,
    Gates,
    Header,
    Measure,
    Monitoring,
    Named,
    People,
    PositivePool,
    QuarantineSite,
    Release,
    RequestLimits,
    Requests,
    Retention,
    Rosters,
    Routine,
    Sampling,
    Screening,
    Stage,
    Status,
    Workforce,
    Zone,
    ZoneForCase,
)
from fangxian.protocol.values import Part, Source, Span, Withdrawn

__all__ = [
    "Contact",
    "Gates",
    "Guide",
    "Measure",
    "Pack",
    "PositivePool",
    "Release",
    "RequestLimits",
    "Requests",
    "Rosters",
    "Sampling",
    "Stage",
    "Zone",
    "ZoneForCase",
    "documents",
    "load",
    "load_pack",
    "pack_ids",
    "read_document",
]


class Withdrawal(Withdrawn):
    key: str


class Sections(Part):
    """What a pack or a guide may contain."""

    header: Header = Field(alias="pack")
    sources: Named[Source]
    contact: Contact | None = None
    measures: Named[Measure] = Field(default_factory=dict)
    positive_pool: PositivePool | None = None
    zones: Named[Zone] = Field(default_factory=dict)
    zone_for_case: ZoneForCase | None = None
    time_limits: Named[Span] = Field(default_factory=dict)
    sampling_guide: Sampling | None = Field(default=None, alias="sampling")
    people: People | None = None
    quarantine_site: QuarantineSite | None = None
    monitoring: Monitoring | None = None
    routine_testing: Named[Routine] = Field(default_factory=dict)
    gates: Gates | None = None
    care: Care | None = None
    screening: Screening | None = None
    requests: Requests | None = None
    workforce: Workforce | None = None
    rosters: Rosters | None = None
    status: Status | None = None
    retention: Retention | None = None
    command: Command | None = None
    withdrawn: tuple[Withdrawal, ...] = ()
    fingerprint: str

    @property
    def id(self) -> str:
        return self.header.id

    @property
    def version(self) -> str:
        return self.header.version

    @property
    def stamp(self) -> str:
        """What every decision stores: `cn-v9@1`."""
        return f"{self.id}@{self.version}"

    def title(self, lang: str) -> str:
        return self.header.title.text(lang)

    @property
    def sampling(self) -> Sampling:
        """Raises `NoSamplingGuide` where the pack has none."""
        if self.sampling_guide is None:
            raise NoSamplingGuide(self.stamp)
        return self.sampling_guide


class Guide(Sections):
    """A part for packs to build on; it governs nobody."""


class Pack(Sections):
    """A whole set of rules."""

    contact: Contact
    positive_pool: PositivePool
    zone_for_case: ZoneForCase
    people: People

    def measure(self, subject: str) -> Measure | None:
        """None: this pack does nothing to such people."""
        return self.measures.get(subject)

    def zone(self, level: str | None) -> Zone | None:
        return self.zones.get(level or "")

    @property
    def levels(self) -> list[Zone]:
        """Levels of risk area, strictest first."""
        return sorted(self.zones.values(), key=lambda zone: -zone.rank)


def pack_ids() -> list[str]:
    """Packs that can be adopted, in the order in which they took effect."""
    found = {document.id: document for document in documents() if isinstance(document, Pack)}
    return sorted(found, key=lambda id_: (found[id_].header.effective_from, id_))


def documents() -> list[Pack | Guide]:
    """Every pack and guide in the folders. Raises `PackIsFaulty` at the first that is not right."""
    return [load(path.stem) for path in overlay.files_in(overlay.folders())]


def load_pack(name: str) -> Pack:
    """The pack `id` in its newest version, or the very one of a stamp (`id@version`).

    Raises `NoSuchPack`, `PackIsFaulty`, or `NotAWholePack` for a guide.
    """
    document = load(name)
    if isinstance(document, Guide):
        raise NotAWholePack(document.stamp)
    return document


@cache
def load(name: str) -> Pack | Guide:
    """A pack or a guide. Files are read once; a running program does not notice their change."""
    places = overlay.folders()
    return read_document(overlay.find(name, places), places)


def read_document(file: overlay.File, places: list[Path]) -> Pack | Guide:
    """Raises `PackIsFaulty` with every fault found."""
    laid = overlay.lay(file, places)
    faults = [*_misplaced(file, laid)]
    whole = laid.table["pack"].get("kind") == "protocol"
    try:
        document = (Pack if whole else Guide).model_validate(
            _prepared(laid), context={"sources": laid.table.get("sources", {})}
        )
    except ValidationError as error:
        faults += _told(error, laid)
        raise PackIsFaulty(file.path.stem, faults) from error
    if isinstance(document, Pack):
        faults += [laid.fault(key, message) for key, message in contradictions(document)]
    if faults:
        raise PackIsFaulty(file.path.stem, faults)
    return document


def contradictions(pack: Pack) -> Iterator[tuple[overlay.Key, str]]:
    """Parts that are right by themselves and cannot all hold together."""
    yield from _about_contacts(pack)
    yield from _about_zones(pack)
    yield from _about_cases(pack)
    yield from _about_monitoring(pack)
    yield from _about_status(pack)


def _about_monitoring(pack: Pack) -> Iterator[tuple[overlay.Key, str]]:
    if pack.monitoring is None:
        return
    asked = pack.people.temperatures_per_day.whole
    if len(pack.monitoring.reading_by) != asked:
        yield (
            ("monitoring", "reading_by"),
            _("needs as many hours as temperatures are taken in a day: %(n)d") % {"n": asked},
        )
    if not (
        pack.monitoring.plausible_from.value
        < pack.people.fever_from.value
        < pack.monitoring.plausible_to.value
    ):
        yield ("monitoring", "plausible_to"), _("a fever must be a plausible temperature")


def _about_contacts(pack: Pack) -> Iterator[tuple[overlay.Key, str]]:
    for subject, word, wanted in (
        ("close_contact", "determine", pack.contact.determine),
        ("secondary_contact", "determine_secondary", pack.contact.determine_secondary),
    ):
        if wanted and subject not in pack.measures:
            yield ("contact", word), _("are determined, but there is no measure for them")
        if not wanted and subject in pack.measures:
            yield ("measures", subject), _("has a measure, but is not determined")


def _about_zones(pack: Pack) -> Iterator[tuple[overlay.Key, str]]:
    ranks: dict[int, str] = {}
    for level, zone in pack.zones.items():
        at: overlay.Key = ("zones", level)
        if zone.rank in ranks:
            yield (*at, "rank"), _("has the same rank as “%(level)s”") % {"level": ranks[zone.rank]}
        ranks[zone.rank] = level
        for word, subject in (("resident", zone.resident), ("leaver", zone.leaver)):
            if subject is not None and subject not in pack.measures:
                yield (*at, word), _("there is no measure for “%(s)s”") % {"s": subject}
        releases = [("release", zone.release)]
        for before, release in zone.release_after.items():
            releases.append(("release_after", release))
            if before not in pack.zones:
                yield (*at, "release_after", before), _("is not a level of this pack")
        for word, release in releases:
            if release.to is not None and release.to not in pack.zones:
                yield (
                    (*at, word),
                    _("leads to “%(to)s”, no level of this pack") % {"to": release.to},
                )
            elif release.to is not None and pack.zones[release.to].rank >= zone.rank:
                yield (*at, word), _("leads to “%(to)s”, which is no lower") % {"to": release.to}


def _about_cases(pack: Pack) -> Iterator[tuple[overlay.Key, str]]:
    rule = pack.zone_for_case
    for place in ("residence", "frequented", "activity"):
        level, unit = getattr(rule, f"{place}_level"), getattr(rule, f"{place}_unit")
        at: overlay.Key = ("zone_for_case", f"{place}_level")
        zone = pack.zone(level)
        if level is not None and zone is None:
            yield at, _("“%(level)s” is not a level of this pack") % {"level": level}
        if (level is None) != (unit is None):
            yield at, _("a level needs a unit, and a unit a level")
        elif zone is not None and unit not in zone.units:
            yield (
                ("zone_for_case", f"{place}_unit"),
                _("“%(unit)s” is not among the units of “%(level)s”")
                % {"unit": unit, "level": level},
            )
    if rule.rest_level is not None and rule.rest_level not in pack.zones:
        at = ("zone_for_case", "rest_level")
        yield at, _("“%(level)s” is not a level of this pack") % {"level": rule.rest_level}
    if not rule.temporary_lockdown and pack.positive_pool.neighbours_held:
        yield (
            ("positive_pool", "hold_scope"),
            _("holds neighbours, but this pack forbids temporary lockdown"),
        )


def _about_status(pack: Pack) -> Iterator[tuple[overlay.Key, str]]:
    if pack.status is None or not pack.status.used:
        return
    for name, rule in pack.status.rules.items():
        for level in rule.levels:
            if level not in pack.zones:
                at: overlay.Key = ("status", "rules", name, "levels")
                yield at, _("“%(level)s” is not a level of this pack") % {"level": level}


# From the tables of a file to the types above.

_NAMED = (("measures", "subject"), ("zones", "level"))


def _misplaced(file: overlay.File, laid: overlay.Laid) -> Iterator[Fault]:
    if file.path.stem not in {file.stamp, file.stamp.partition("@")[0]}:
        message = _("the file must be called %(id)s.toml") % {"id": file.stamp.partition("@")[0]}
        yield file.fault(("pack", "id"), message)
    for key in file.lines:
        if key and key[-1] == "inherited":
            yield file.fault(key, _("is not a key that packs know"))
    for section, word in _NAMED:
        for name, table in laid.table.get(section, {}).items():
            if isinstance(table, dict) and word in table:
                yield laid.fault((section, name, word), _("is not a key that packs know"))


def _prepared(laid: overlay.Laid) -> dict[str, Any]:
    table = dict(laid.table)
    for section, word in _NAMED:
        parts = table.get(section)
        if isinstance(parts, dict):
            table[section] = {
                name: {**part, word: name} if isinstance(part, dict) else part
                for name, part in parts.items()
            }
    table["withdrawn"] = [{**taken, "key": key} for key, taken in laid.withdrawn.items()]
    table["fingerprint"] = laid.fingerprint
    frozen = _frozen(table)
    assert isinstance(frozen, dict)  # noqa: S101
    return frozen


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(part) for key, part in value.items()}
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def _told(error: ValidationError, laid: overlay.Laid) -> Iterator[Fault]:
    """Pydantic's findings in our words, each once."""
    told = set()
    for found in error.errors(include_url=False):
        key = tuple(part for part in found["loc"] if part not in {"int", "float", "[key]"})
        context = found.get("ctx", {})
        match found["type"]:
            case "missing":
                fault = laid.lacks(key, _("is missing"))
            case "extra_forbidden":
                fault = laid.fault(key, _("is not a key that packs know"))
            case "literal_error":
                words = _("must be one of: %(words)s") % {"words": context["expected"]}
                fault = laid.fault(key, words)
            case "value_error":
                fault = laid.fault(key, str(context["error"]))
            case _:
                fault = laid.fault(key, found["msg"])
        if fault not in told:
            told.add(fault)
            yield fault
