"""The census figures behind made-up residents: data/census-cn.toml, and a district's own."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fangxian.engines.synthesis.residents import FEMALE, MALE, AgeGroup, Census, NeedShare, People

_ANYBODY = 200  # years


@cache
def census_of(district: str) -> Census:
    """The figures for a district by its six-digit code; the country's where it has none."""
    figures = _figures("cn") | (_figures(district) or {})
    population, needs = figures["population"], figures["needs"]
    return Census(
        males=population["males"] / (population["males"] + population["females"]),
        sizes=figures["households"]["sizes"],
        ages=[
            AgeGroup(first=first, last=last, males=males, females=females)
            for first, last, males, females in figures["ages"]["groups"]
        ],
        needs=[_need(kind, need) for kind, need in needs.items() if "share" in need],
        peoples=[_people(one, figures["given"]) for one in figures["peoples"]],
        adult=figures["households"]["adult"]["value"],
        lone_elderly=needs["lone_elderly"]["first"],
        newborn_days=needs["newborn"]["days"],
        generation=figures["households"]["generation"]["value"],
        phone_from=figures["phones"]["from"],
        phone_share=figures["phones"]["share"],
        stay_years=figures["stays"]["years"],
    )


def _figures(name: str) -> dict[str, Any]:
    file = files("fangxian.people") / "data" / f"census-{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _need(kind: str, need: Mapping[str, Any]) -> NeedShare:
    return NeedShare(
        kind=kind,
        share=need["share"],
        first=need.get("first", 0),
        last=need.get("last", _ANYBODY),
        sex={"male": MALE, "female": FEMALE}.get(need.get("sex", "")),
        weights={int(age): times for age, times in need["likelier"].items()},
    )


def _people(one: Mapping[str, Any], given: Mapping[str, str]) -> People:
    """Given names are single signs put together, unless a people has words of its own."""
    return People(
        share=one["share"],
        surnames=dict(one["surnames"]),
        male=one["male"].split() if "male" in one else list(given["male"]),
        female=one["female"].split() if "female" in one else list(given["female"]),
        two_parts=one["two_parts"],
    )
