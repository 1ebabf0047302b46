"""Each way a pack can be wrong, and that the refusal names the file, the line and the key."""

from pathlib import Path

import pytest

from fangxian.protocol.errors import Fault
from fangxian.protocol.tests import make

NUMBER = 'unit = "d", source = "notice", grade = "B"'
WORDS = 'source = "notice"\ngrade = "B"\n'


def only(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


BODY = make.HEADER.count("\n")  # lines above the body; those of FAULTS are counted within it

FAULTS = {
    "a negative duration": (
        f"[contact]\nwindow_before_onset = {{ value = -2, {NUMBER} }}",
        (2, "contact.window_before_onset", "above 0"),
    ),
    "no duration at all": (
        f"[contact]\nwindow_before_onset = {{ value = 0, {NUMBER} }}",
        (2, "contact.window_before_onset", "above 0"),
    ),
    "a missing source": (
        '[contact]\nwindow_before_onset = { value = 2, unit = "d", grade = "B" }',
        (2, "contact.window_before_onset.source", "missing"),
    ),
    "a source that is not listed": (
        '[contact]\nwindow_before_onset = { value = 2, unit = "d", source = "x", grade = "B" }',
        (2, "contact.window_before_onset.source", "not among the [sources]"),
    ),
    "a missing grade": (
        '[contact]\nwindow_before_onset = { value = 2, unit = "d", source = "notice" }',
        (2, "contact.window_before_onset.grade", "missing"),
    ),
    "a grade that does not exist": (
        (
            "[contact]\nwindow_before_onset = "
            '{ value = 2, unit = "d", source = "notice", grade = "D" }'
        ),
        (2, "contact.window_before_onset.grade", "must be one of"),
    ),
    "a missing unit": (
        '[contact]\nwindow_before_onset = { value = 2, source = "notice", grade = "B" }',
        (2, "contact.window_before_onset.unit", "missing"),
    ),
    "a unit that is no length of time": (
        (
            "[contact]\nwindow_before_onset = "
            '{ value = 2, unit = "week", source = "notice", grade = "B" }'
        ),
        (2, "contact.window_before_onset.unit", "must be one of"),
    ),
    "an unknown key": (
        f"[contact]\nwindow_before_onse = {{ value = 2, {NUMBER} }}",
        (2, "contact.window_before_onse", "not a key"),
    ),
    "an unknown section": ("[contacts]\n" + WORDS, (1, "contacts", "not a key")),
    "an unknown word in a number": (
        f"[contact]\nwindow_before_onset = {{ value = 2, {NUMBER}, days = 2 }}",
        (2, "contact.window_before_onset.days", "not a key"),
    ),
    "a key that belongs to the reader": (
        f'[measures.infected]\nsubject = "infected"\n{WORDS}',
        (2, "measures.infected.subject", "not a key"),
    ),
    "another key that belongs to the reader": (
        f"[contact]\ninherited = {{}}\n{WORDS}",
        (2, "contact.inherited", "not a key"),
    ),
    "a subject that does not exist": (
        (
            f'[measures.tourist]\ncount_from = "entry"\n{WORDS}'
            f'stages = [{{ kind = "home_quarantine", days = {{ value = 3, {NUMBER} }} }}]'
        ),
        (1, "measures.tourist.subject", "must be one of"),
    ),
    "a test after the stage's end": (
        (
            "[measures.close_contact]\nstages = [\n"
            f'  {{ kind = "home_quarantine", days = {{ value = 5, {NUMBER} }}, '
            'test_days = { on = [1, 6], unit = "day", source = "notice", grade = "B" } },\n]'
        ),
        (3, "measures.close_contact.stages.1", "day 6 comes after"),
    ),
    "test days out of order": (
        (
            "[measures.close_contact]\nstages = [\n"
            f'  {{ kind = "home_quarantine", days = {{ value = 5, {NUMBER} }}, '
            'test_days = { on = [3, 1], unit = "day", source = "notice", grade = "B" } },\n]'
        ),
        (3, "measures.close_contact.stages.1.test_days", "in order"),
    ),
    "a stage without a length": (
        '[measures.close_contact]\nstages = [{ kind = "home_quarantine" }]',
        (2, "measures.close_contact.stages.1", "either days or review_after"),
    ),
    "a stage counted in hours": (
        (
            '[measures.close_contact]\nstages = [{ kind = "home_quarantine", '
            'days = { value = 5, unit = "h", source = "notice", grade = "B" } }]'
        ),
        (2, "measures.close_contact.stages.1", "counted in days"),
    ),
    "a measure that asks for nothing": (
        "[measures.close_contact]\nstages = []\n" + WORDS,
        (1, "measures.close_contact", "needs stages"),
    ),
    "contacts determined and nothing done": (
        '[measures]\nclose_contact = { withdrawn = true, source = "notice", grade = "B" }',
        (0, "contact.determine", "there is no measure"),
    ),
    "a measure for people who are not determined": (
        f"[contact]\ndetermine_secondary = false\n{WORDS}",
        (0, "measures.secondary_contact", "is not determined"),
    ),
    "contacts of contacts without contacts": (
        f"[contact]\ndetermine = false\n{WORDS}",
        (1, "contact", "cannot be determined"),
    ),
    "time together not in minutes": (
        f"[contact]\nclose_minutes = {{ value = 15, {NUMBER} }}",
        (1, "contact", "unit “min”"),
    ),
    "a retest due after the hold has ended": (
        '[positive_pool]\nretest_due = { value = 24, unit = "h", source = "notice", grade = "B" }',
        (1, "positive_pool", "before the hold runs out"),
    ),
    "holding without an end": (
        f'[positive_pool]\nhold = "none"\n{WORDS}',
        (1, "positive_pool", "hold must be given"),
    ),
    "neighbours held by a hold of members": (
        f'[positive_pool]\nhold_scope = "members"\n{WORDS}',
        (1, "positive_pool", "neighbours are held exactly"),
    ),
    "a temporary lockdown that is forbidden": (
        f"[zone_for_case]\ntemporary_lockdown = false\n{WORDS}",
        (0, "positive_pool.hold_scope", "forbids temporary lockdown"),
    ),
    "a release to an unknown level": (
        f'[zones.high.release]\nto = "amber"\n{WORDS}days_without_new = {{ value = 3, {NUMBER} }}',
        (1, "zones.high.release", "no level of this pack"),
    ),
    "a release to a level that is no lower": (
        f'[zones.medium.release]\nto = "high"\n{WORDS}days_without_new = {{ value = 3, {NUMBER} }}',
        (1, "zones.medium.release", "no lower"),
    ),
    "a release without a condition": (
        f'[zones.high.release]\nto = "low"\n{WORDS}',
        (1, "zones.high.release", "needs days_without_new"),
    ),
    "a finding without a screening": (
        (
            f"[zones.high.release]\nall_negative = true\n{WORDS}"
            f"days_without_new = {{ value = 3, {NUMBER} }}"
        ),
        (1, "zones.high.release", "belong together"),
    ),
    "a screening after the end": (
        (
            f"[zones.high.release]\nall_negative = true\n{WORDS}"
            f"days_without_new = {{ value = 3, {NUMBER} }}\n"
            'screening_on_day = { value = 5, unit = "day", source = "notice", grade = "B" }'
        ),
        (1, "zones.high.release", "comes after"),
    ),
    "a release after a level that does not exist": (
        (
            f'[zones.medium.release_after.amber]\nto = "low"\n{WORDS}'
            f"days_without_new = {{ value = 3, {NUMBER} }}"
        ),
        (1, "zones.medium.release_after.amber", "not a level"),
    ),
    "two levels of one rank": (
        f"[zones.medium]\nrank = 3\n{WORDS}",
        (2, "zones.medium.rank", "same rank"),
    ),
    "a unit that is not among the units": (
        f'[zones.high]\nunit = "household"\n{WORDS}',
        (1, "zones.high", "one of units"),
    ),
    "units in no order": (
        f'[zones.high]\nunits = ["compound", "unit"]\n{WORDS}',
        (2, "zones.high.units", "narrowest to the widest"),
    ),
    "a leaver to whom nothing happens": (
        '[measures]\nhigh_risk_leaver = { withdrawn = true, source = "notice", grade = "B" }',
        (0, "zones.high.leaver", "there is no measure"),
    ),
    "a case that raises an unknown level": (
        f'[zone_for_case]\nresidence_level = "amber"\n{WORDS}',
        (2, "zone_for_case.residence_level", "not a level"),
    ),
    "a case that raises a level without a unit": (
        f'[zone_for_case]\nresidence_unit = "none"\n{WORDS}',
        (0, "zone_for_case.residence_level", "needs a unit"),
    ),
    "a case that raises a unit the level does not have": (
        f'[zone_for_case]\nresidence_unit = "household"\n{WORDS}',
        (2, "zone_for_case.residence_unit", "not among the units"),
    ),
    "an unknown level for the rest": (
        f'[zone_for_case]\nrest_level = "amber"\n{WORDS}',
        (2, "zone_for_case.rest_level", "not a level"),
    ),
    "a pool no tube can hold": (
        (
            "[sampling.pools]\ngeneral = "
            '{ value = 30, unit = "swabs", source = "notice", grade = "B" }'
        ),
        (1, "sampling", "not one of pool_sizes"),
    ),
    "a quantity below nothing": (
        (
            "[sampling]\nmedics_per_table = "
            '{ value = -1, unit = "people", source = "notice", grade = "B" }'
        ),
        (2, "sampling.medics_per_table", "must not be negative"),
    ),
    "a range that runs down": (
        (
            "[sampling]\npeople_per_point = "
            '{ low = 3000, high = 2000, unit = "people", source = "notice", grade = "B" }'
        ),
        (2, "sampling.people_per_point", "run upwards"),
    ),
    "withdrawing what is not there": (
        '[measures]\ntourist = { withdrawn = true, source = "notice", grade = "B" }',
        (2, "measures.tourist", "withdraws what no pack"),
    ),
    "a changed word without its own source": (
        "[contact]\ndetermine_secondary = false",
        (2, "contact.determine_secondary", "own source"),
    ),
    "a conflicting figure that says nothing": (
        (
            "[contact]\nwindow_before_onset = { value = 2, "
            f'{NUMBER}, also = [{{ unit = "d", source = "notice", grade = "B" }}] }}'
        ),
        (2, "contact.window_before_onset.also.1", "conflicting figure"),
    ),
    "outings that are counted in hours": (
        '[gates]\nouting_every = { value = 48, unit = "h", source = "notice", grade = "B" }',
        (1, "gates", "counted in days"),
    ),
    "scans that are forgotten before the quota is counted": (
        f"[gates]\nforget_persons = {{ value = 1, {NUMBER} }}",
        (1, "gates", "must not be shorter"),
    ),
    "a source named twice": (
        '[sources.twenty]\ntitle = "x"\n[sources.v9-summary]\ntitle = "other"',
        (3, "sources.v9-summary", "named twice"),
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_faulty_pack_is_refused_with_line_and_key(what: str, tmp_path: Path) -> None:
    body, (line, key, message) = FAULTS[what]

    faults = make.faults(make.pack_file(tmp_path, body))

    fault = only([fault for fault in faults if fault.key == key])
    assert message in fault.message
    if line:  # 0: the fault shows in a pack beneath
        assert (fault.file, fault.line) == ("trial.toml", BODY + line)
    else:
        assert fault.line > 1


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    body = '[contact]\nnear = { value = 1 }\n[zones.high]\nrank = "high"\nsource = "notice"\n'

    keys = {fault.key for fault in make.faults(make.pack_file(tmp_path, body))}

    assert keys == {
        "contact.near.unit",
        "contact.near.source",
        "contact.near.grade",
        "zones.high.rank",
        "zones.high.grade",
    }


def test_text_that_is_no_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    fault = only(make.faults(make.pack_file(tmp_path, "[contact]\nnear = = 1\n")))

    assert (fault.file, fault.line) == ("trial.toml", BODY + 2)


def test_a_pack_that_builds_on_itself_is_refused(tmp_path: Path) -> None:
    make.pack_file(tmp_path, name="first", extends="second@1")
    path = make.pack_file(tmp_path, name="second", extends="first@1")

    fault = only(make.faults(path))

    assert "first@1 → second@1 → first@1" in fault.message or "builds on itself" in fault.message
    assert fault.key == "pack.extends"


@pytest.mark.parametrize("extends", ["cn-v12@1", "cn-v9@7", "cn-v9"])
def test_building_on_a_pack_that_is_not_named_exactly_is_refused(
    extends: str, tmp_path: Path
) -> None:
    fault = only(make.faults(make.pack_file(tmp_path, extends=extends)))

    assert (fault.line, fault.key) == (8, "pack.extends.1")


def test_a_pack_without_a_date_is_refused(tmp_path: Path) -> None:
    path = make.changed(tmp_path, "local-4day", {"effective_from = 2022-06-28\n": ""})

    fault = only(make.faults(path))

    assert (fault.key, fault.message) == ("pack.effective_from", "is missing")


def test_a_file_is_called_like_its_pack(tmp_path: Path) -> None:
    path = make.changed(tmp_path, "local-4day", {}, name="four-days")

    fault = only(make.faults(path))

    assert (fault.key, fault.line) == ("pack.id", 5)


def test_a_whole_pack_lacks_no_section(tmp_path: Path) -> None:
    path = make.pack_file(tmp_path, extends="cn-nat-g3@1")

    keys = {fault.key for fault in make.faults(path)}

    assert keys == {"contact", "positive_pool", "zone_for_case"}


def test_what_was_withdrawn_can_come_back(tmp_path: Path) -> None:
    body = (
        f"[contact]\ndetermine_secondary = true\n{WORDS}"
        f'[measures.secondary_contact]\ncount_from = "last_contact"\n{WORDS}'
        f'stages = [{{ kind = "home_quarantine", days = {{ value = 7, {NUMBER} }} }}]\n'
    )

    pack = make.read(make.pack_file(tmp_path, body, extends="cn-20@1"))

    assert "secondary_contact" in pack.measures
    assert "measures.secondary_contact" not in {gone.key for gone in pack.withdrawn}
    assert "zones.medium" in {gone.key for gone in pack.withdrawn}
