"""What follows from what. Only `playbook/` registers here; `ledger.record` calls it."""

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fangxian.kernel.ledger import Fact
    from fangxian.kernel.models import Event

type_of_reaction = Callable[[Any, "Event"], None]
_reactions: dict[type["Fact"], list[type_of_reaction]] = defaultdict(list)


def on(fact_type: type["Fact"], reaction: type_of_reaction) -> None:
    """From now on, `reaction(fact, event)` runs in the transaction that records such a fact."""
    if reaction not in _reactions[fact_type]:
        _reactions[fact_type].append(reaction)


def follow(fact: "Fact", event: "Event") -> None:
    for reaction in _reactions.get(type(fact), ()):
        reaction(fact, event)


def registered() -> dict[type["Fact"], tuple[str, ...]]:
    """Which pages react to which facts, for the tour and the architecture tests."""
    return {
        fact_type: tuple(f"{r.__module__}.{r.__name__}" for r in found)
        for fact_type, found in _reactions.items()
    }
