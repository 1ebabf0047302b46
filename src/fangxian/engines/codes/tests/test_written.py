"""The phone is tested with what the server's reader finds: the file of texts is current."""

import json
from typing import Any

import pytest

from fangxian.engines.codes import sets
from fangxian.engines.codes.tests import written

KEPT: dict[str, Any] = json.loads(written.FILE.read_text(encoding="utf-8"))


def test_every_text_is_in_the_file_and_no_other() -> None:
    assert [case["name"] for case in KEPT["texts"]] == list(written.texts())
    assert KEPT["keys"] == written.trust()


@pytest.mark.parametrize("case", KEPT["texts"], ids=lambda case: case["name"])
def test_the_server_finds_in_it_what_the_file_says(case: dict[str, Any]) -> None:
    assert written.found_in(case["text"]) == case["found"]


def test_every_trouble_occurs() -> None:
    troubles = {case["found"].get("trouble") for case in KEPT["texts"]} - {None}

    assert troubles == {
        "forged", "malformed", "unknown_key", "expired", "not_yet_valid", "too_large", "wrong_kind",
    }  # fmt: skip


def test_the_set_in_the_file_is_the_one_that_is_made() -> None:
    made = written.looked_up()["document"]

    assert made == KEPT["set"]["document"]
    assert sets.holds(made, sets.identity_key("63010519830101123X"))
