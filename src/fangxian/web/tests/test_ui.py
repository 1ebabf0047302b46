from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from fangxian.kernel.clock import playing
from fangxian.web.templatetags import ui

NOON = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)  # 12:00 in Xining


def test_times_are_shown_in_the_districts_zone_whatever_the_server_keeps() -> None:
    with playing(NOON):
        assert ">09-02 12:00</time>" in ui.when(NOON)
        assert 'datetime="2022-09-02T12:00:00+08:00"' in ui.when(NOON)
        assert ">12:00</time>" in ui.when(NOON, "time")


def test_a_time_of_another_year_shows_its_year() -> None:
    with playing(NOON):
        assert ">2021-09-02 12:00</time>" in ui.when(NOON - timedelta(days=365))


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=45), "45 minutes ago"),
        (timedelta(hours=30), "30 hours ago"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(hours=-3), "in 3 hours"),
    ],
)
def test_ages_are_told_in_words_by_the_kernels_clock(passed: timedelta, words: str) -> None:
    with translation.override("en"), playing(NOON):
        assert f">{words}</time>" in ui.age(NOON - passed)


def test_a_risk_level_always_comes_with_its_word() -> None:
    with translation.override("en"):
        assert ui.risk("high") == ui.risk(3) == '<span class="tag risk-3">High risk</span>'
        assert ui.risk(0) == '<span class="tag risk-0">Routine</span>'
        assert "Lockdown area" in ui.risk(3, "Lockdown area")


def test_labels_cannot_smuggle_markup_into_a_page() -> None:
    assert "&lt;b&gt;" in ui.state("open", "<b>")
    assert "&lt;b&gt;" in ui.risk(1, "<b>")
    assert "&lt;b&gt;" in ui.icon("<b>")


def test_a_sparkline_stays_within_its_frame() -> None:
    drawn = ui.spark([3, 9, 1], 60, 20)

    assert 'd="M0.0 ' in drawn
    assert "L57.0 " in drawn
    assert ui.spark([5]) == ui.spark(None) == ""
    assert ui.spark([0, 0, 0])  # a flat line divides by nothing


def test_a_meter_never_shows_more_than_all() -> None:
    assert 'width="100.0"' in ui.meter(140)
    assert "meter low" in ui.meter(40)
    assert ui.meter(None) == ""


def test_the_pager_keeps_the_filters_of_the_page() -> None:
    request = RequestFactory().get("/cases/", {"state": "open", "mark": ">abc"})
    page = Template('{% load ui %}{% qs mark="<x" %} {% qs mark=None %}')

    shown = page.render(Context({"request": request}, autoescape=False))

    assert shown == "?state=open&mark=%3Cx ?state=open"


def test_numbers_and_lengths_of_time_read_the_same_everywhere() -> None:
    with translation.override("zh-hans"):
        assert ui.figure(1234567) == "1,234,567"
        assert ui.figure(None) == "—"
        assert ui.span(timedelta(days=7)) == "7 天"
