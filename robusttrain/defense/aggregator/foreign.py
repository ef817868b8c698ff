"""Any callable as a rule: those of other libraries, or one's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.preaggregator.base import Undefined
from robusttrain.defense.streaming.incoming import Incoming
from robusttrain.ops.blocks import HALF
from robusttrain.usercode.locate import locate
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Foreign(Rule):
    """The output of a callable [n, d] -> [d], for example of byzfl's objects.

        output = rule(V)

    rule: V -> [d]. A callable that takes a matrix [n, d], in single precision at least, and
        returns a floating tensor or array [d]; or its path, module.name. A class is called first,
        without arguments.
    tolerated: int >= 0. Bad vectors that the callable is known to tolerate; nothing here can
        check that.
    Precondition: n >= 2 tolerated + 1.
    Breakdown: tolerated, as said.
    Passes: 2, and those of the callable; the blocks are kept and joined.
    NaN, Inf: a row that holds one is left out before the call and counted as bad.
    Undefined: the callable raises ValueError, or returns values that are not finite.
    RuntimeError: it raises anything else.
    ValueError: it returns another shape or type.
    Source: that of the callable.

    >>> Foreign(lambda vectors: vectors.amax(dim=0))(torch.tensor([[1.0, 5.0], [2.0, 0.0]]))
    tensor([2., 5.])
    """

    rule: Callable[[Tensor], Any] | Any
    tolerated: int = 0

    kind: ClassVar[str] = "whole"
    source: ClassVar[str] = "-"
    precondition: ClassVar[str] = "n >= 2 tolerated + 1"
    breakdown: ClassVar[str] = "tolerated, as said"

    def __post_init__(self) -> None:
        if isinstance(self.rule, str):
            thing = locate("aggregator.rule", self.rule)
            object.__setattr__(self, "rule", thing() if isinstance(thing, type) else thing)
        if not callable(self.rule):
            raise ValueError(f"aggregator.rule={self.rule!r} must be a callable [n, d] -> [d]")
        check_whole("aggregator.tolerated", self.tolerated, 0, use=0)

    @property
    def bad(self) -> int:
        return self.tolerated

    def without(self, kept: Sequence[int], n: int) -> Self:
        return replace(self, tolerated=max(0, self.tolerated - (n - len(kept))))

    def aggregate(self, vectors: Incoming) -> Tensor:
        """Keeps the blocks, and joins them for the callable."""
        mixture = vectors.mixture()
        rule = self.confined(mixture)
        return rule.whole(torch.cat(list(mixture.blocks()), dim=1))

    def whole(self, matrix: Tensor) -> Tensor:
        """The callable's output [d] on all vectors [n, d], which it may write to."""
        work = matrix.float() if matrix.dtype in HALF else matrix
        name = f"aggregator=foreign: {name_of_callable(self.rule)} on vectors {list(matrix.shape)}"
        try:
            made = self.rule(work)
        except ValueError as error:
            raise Undefined(f"{name}: {error}") from error
        except Exception as error:
            raise RuntimeError(f"{name} raised {type(error).__name__}: {error}") from error
        try:
            output = torch.as_tensor(made)
        except (TypeError, ValueError, RuntimeError) as error:
            given = "None" if made is None else f"a {type(made).__name__}"
            raise ValueError(
                f"{name} returned {given}; it must return a floating tensor of shape "
                f"{list(matrix.shape[1:])}"
            ) from error
        if output.shape != matrix.shape[1:] or not output.is_floating_point():
            raise ValueError(
                f"{name} returned {output.dtype} of shape {list(output.shape)}; it must return a "
                f"floating tensor of shape {list(matrix.shape[1:])}"
            )
        vector = output.detach().to(matrix.device, matrix.dtype, copy=True)
        if not bool(torch.isfinite(vector).all()):
            raise Undefined(f"{name} returned values that are not finite")
        return vector


def name_of_callable(rule: Any) -> str:
    """The dotted name of a function, or of an object's class."""
    rule = rule.func if isinstance(rule, partial) else rule
    named = rule if hasattr(rule, "__qualname__") else type(rule)
    return f"{named.__module__}.{named.__qualname__}"
