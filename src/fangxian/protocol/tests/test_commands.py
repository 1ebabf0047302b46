from pathlib import Path

import pytest

from fangxian.protocol.commands import packs
from fangxian.protocol.tests import make

Out = pytest.CaptureFixture[str]


def test_every_shipped_pack_is_in_order(capsys: Out) -> None:
    assert packs(["check"]) == 0
    assert capsys.readouterr().out == "11 packs are in order.\n"


def test_check_names_file_line_and_key(tmp_path: Path, capsys: Out) -> None:
    path = make.pack_file(
        tmp_path,
        '[contact]\nnear = { value = -1, unit = "m", source = "notice", grade = "B" }\n',
    )

    assert packs(["check", str(path)]) == 1
    assert capsys.readouterr().err == (
        "trial.toml:16: contact.near: must not be negative, not -1\n"
    )


def test_check_tells_a_fault_beneath_once(tmp_path: Path, capsys: Out) -> None:
    bad = '[contact]\nnear = { value = -1, unit = "m", source = "notice", grade = "B" }\n'
    lower = make.pack_file(tmp_path, bad, name="lower")
    upper = make.pack_file(tmp_path, name="upper", extends="lower@1")

    assert packs(["check", str(lower), str(upper)]) == 1
    assert capsys.readouterr().err.count("lower.toml:16") == 1


def test_check_of_one_pack_by_its_id(capsys: Out) -> None:
    assert packs(["check", "cn-20"]) == 0
    assert capsys.readouterr().out == "1 pack is in order.\n"


def test_a_pack_that_does_not_exist_is_refused(capsys: Out) -> None:
    assert packs(["show", "cn-v12"]) == 1
    assert "There is no policy pack “cn-v12”" in capsys.readouterr().err


def test_diff_of_two_packs(capsys: Out) -> None:
    assert packs(["diff", "cn-v9", "local-4day"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "cn-v9@1 → local-4day@1",
        "",
        "Looked for before onset: 2 days → 4 days.",
        "Looked for before the specimen, without symptoms: 2 days → 4 days.",
        "lives in a medium or high-risk area: new: yellow.",
    ]


def test_diff_of_a_pack_with_itself(capsys: Out) -> None:
    assert packs(["diff", "cn-v9", "cn-v9"]) == 0
    assert capsys.readouterr().out.endswith("Nothing changes for people.\n")


def test_show_reads_a_file_too(tmp_path: Path, capsys: Out) -> None:
    path = make.pack_file(tmp_path)

    assert packs(["show", str(path)]) == 0
    assert "trial@1  Trial" in capsys.readouterr().out


def test_the_list_stands_in_the_order_of_the_calendar(capsys: Out) -> None:
    assert packs(["list"]) == 0
    first, *_others, last = capsys.readouterr().out.splitlines()
    assert first.startswith("cn-common@1")
    assert last.startswith("cn-bb@1")
