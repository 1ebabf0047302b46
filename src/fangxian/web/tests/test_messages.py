"""The catalogues' guard: what it lets pass and what it stops."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from tools import messages


def faults(said: str, translated: str, *, flags: tuple[str, ...] = ()) -> list[str]:
    return list(messages.faults_of(Message(said, translated, flags=flags)))


@pytest.mark.parametrize(
    ("said", "translated", "fault"),
    [
        ("Saved", "", "not translated"),
        ("Saved, and sent", "已保存,已发送", "half-width punctuation"),
        ("Name: %(name)s", "姓名: %(name)s", "half-width punctuation"),
        ("Held (by rule)", "已管控(按规则)", "half-width punctuation"),
        ("%(n)s tubes", "%(m)s 管", "placeholders differ"),
        ("{n} seconds", "若干秒", "placeholders differ"),
    ],
)
def test_a_bad_translation_is_named(said: str, translated: str, fault: str) -> None:
    (found,) = faults(said, translated)

    assert found.startswith(fault)


def test_an_unsure_translation_does_not_pass() -> None:
    assert faults("Saved", "已保存", flags=("fuzzy",)) == ["marked as unsure (fuzzy)"]


@pytest.mark.parametrize(
    ("said", "translated"),
    [
        ("Saved, and sent", "已保存，已发送"),
        ("Excel, CSV", "Excel, CSV 文件"),
        ("At %(time)s", "%(time)s 开始"),
        ("100%% done", "已完成 100%%"),
    ],
)
def test_a_good_translation_passes(said: str, translated: str) -> None:
    assert faults(said, translated) == []


def test_words_are_found_in_pages_and_in_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "fangxian" / "gates"
    (room / "templates" / "gates").mkdir(parents=True)
    (room / "rules.py").write_text('label = gettext_lazy("Let through")\n')
    (room / "templates" / "gates" / "gate.html").write_text(
        "{% load i18n %}\n    <p>{% translate 'Closed' %}</p>\n  <b>"
        "{% blocktranslate trimmed count n=n %}\n {{ n }} gate\n"
        "{% plural %}{{ n }} gates{% endblocktranslate %}</b>"
        '{% include "x.html" with act=_("Open") %}'
    )
    monkeypatch.setattr(messages, "SOURCE", tmp_path / "fangxian")

    said: Catalog = messages.said_in(room)

    assert {messages.key(message)[0] for message in messages.messages(said)} == {
        "Let through", "Closed", "%(n)s gate", "Open"
    }  # fmt: skip
