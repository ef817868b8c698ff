"""State: all that the steps to come depend on, beside the configuration."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Protocol

from torch import Tensor

from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.membership.defenses import Defenses
from robusttrain.names import name_of
from robusttrain.topology.parameter_server import Server


class Stateful(Protocol):
    """What remembers something from one step to the next."""

    def state_dict(self) -> dict[str, Any]:
        """Tensors, numbers, texts, lists, tuples and dictionaries of them."""

    def load_state_dict(self, state: Any, /) -> None:
        """Go on from a `state_dict`."""


class Whole:
    """All of a run's state.

    parameters: [D]. Changed in place.
    parts: name -> Stateful.
    """

    def __init__(self, parameters: Tensor, parts: Mapping[str, Stateful]) -> None:
        self.parameters, self.parts = parameters, dict(parts)

    def state_dict(self) -> dict[str, Any]:
        """The parameters, and each part by its name."""
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        return {"parameters": self.parameters, **parts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`. Raises ValueError if it is that of other parts."""
        held, known = set(state), {"parameters", *self.parts}
        if held != known:
            raise ValueError(
                f"the checkpoint holds {listed(held - known)} that nothing here remembers, and "
                f"lacks {listed(known - held)}; resume with the version that wrote it"
            )
        self.parameters.copy_(state["parameters"])
        for name, part in self.parts.items():
            part.load_state_dict(state[name])


def parts_of(server: Server) -> dict[str, Stateful]:
    """Name -> what the server remembers, its parameters aside."""
    update: Any = server.update
    parts: dict[str, Stateful] = {
        "update": update, "membership": server.membership, "exchange": server.exchange,
    }  # fmt: skip
    if isinstance(server.defend, Defenses):
        start = server.defend.start
        for part in (start.detector, *start.pipeline.stages, start.pipeline.rule):
            parts.update(remembering(part))
    return parts


def remembering(part: Any) -> Iterator[tuple[str, Stateful]]:
    """What a part of the defence remembers, and the parts in it: name -> Stateful."""
    memory = getattr(part, "memory", part)
    if hasattr(memory, "load_state_dict"):
        yield f"memory of {name_of(part)}", memory
    for field in fields(part) if is_dataclass(part) else ():
        value = getattr(part, field.name)
        for inner in value if isinstance(value, list | tuple) else (value,):
            if isinstance(inner, Detector | PreAggregator | Rule):
                yield from remembering(inner)


def listed(names: set[str]) -> str:
    """Names, sorted; "nothing" for none."""
    return ", ".join(sorted(names)) or "nothing"
