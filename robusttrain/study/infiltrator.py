"""Infiltrator: a worker rank of a simulation whose Byzantine workers send what a strategy says.

It stands where a rank's bytes enter: everything else of the rank and the whole server are the
shipped ones. It notes what was forged, which the server is never told.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.link import Kind, Message, table
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.draws import SIZE
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.side import never
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.checkers import checkers_of, sources_of
from robusttrain.rng import stream
from robusttrain.run.sides import answers_of
from robusttrain.types import Plan


class Scene(NamedTuple):
    """What a liar knows when it sends its sum.

    step, steps: int. This one, and how many there are.
    worker: int. Itself.
    true: worker -> [D], the true sums of the step.
    before: worker -> [D], those of the step before.
    checkers: worker -> who checked it last, as far as that was revealed.
    liars: set of workers.
    rng: np.random.Generator. Its own.
    """

    step: int
    steps: int
    worker: int
    true: dict[int, Tensor]
    before: dict[int, Tensor]
    checkers: dict[int, set[int]]
    liars: frozenset[int]
    rng: np.random.Generator


class Question(NamedTuple):
    """What a lying checker knows when it makes its claim.

    worker, source: int.
    true: its honest claim. sent: the claim that vouches for what was sent.
    zero: what is true of a sum of 0. other: what is true of the source of another checker.
    last: what was true in the last probed step.
    liars: set of workers. rng: its own.
    """

    worker: int
    source: int
    true: bytes
    sent: bytes
    zero: bytes
    other: bytes
    last: bytes
    liars: frozenset[int]
    rng: np.random.Generator


Sum = Callable[[Scene], Tensor]
Claim = Callable[[Question], bytes]


@dataclass(eq=False)
class Infiltrator:
    """The `side` of a simulation with one worker rank, and what its liars did.

    liars: set of workers. sum, claim: what they send; a vector that is too short is cut off, an
    empty one is not sent. seed: of their draws.
    forged: set of (step, worker), the sums that are not the true ones.
    probed: step -> worker -> who checked it, for the probes that were revealed.
    """

    liars: frozenset[int]
    sum: Sum
    claim: Claim
    seed: int
    forged: set[tuple[int, int]] = field(default_factory=set)
    probed: dict[int, dict[int, set[int]]] = field(default_factory=dict)

    def __call__(self, recipe: Recipe, worker: Worker) -> "Infiltrator":
        made = answers_of(recipe, worker)
        assert isinstance(made, Prober), "only with probes ranks send sums"
        self.prober, self.blocks, self.steps = made, recipe.layout.blocks, recipe.steps
        self.rng = stream(self.seed, "siege", "draws")
        self.true: dict[int, Tensor] = {}
        self.sent: dict[int, Tensor] = {}
        self.checkers: dict[int, set[int]] = {}
        self.last: dict[int, bytes] = {}
        return self

    def replies(
        self, message: Message, plan: Callable[[int], Plan], device: torch.device,
        late: Callable[[], bool] = never,
    ) -> Iterator[Message]:  # fmt: skip
        replies = self.prober.replies(message, plan, device, late)
        if message.kind == Kind.PUBLISH:
            yield from self._sums(message, list(replies))
        elif message.kind == Kind.REVEAL:
            yield from (self._claims(message, reply) for reply in replies)
        else:
            yield from replies

    def _sums(self, publish: Message, honest: list[Message]) -> Iterator[Message]:
        before = self.true
        pieces: dict[int, list[Tensor]] = defaultdict(list)
        for reply in honest:
            pieces[reply.pull].append(reply.floats())
        self.true = {worker: torch.cat(blocks) for worker, blocks in pieces.items()}
        for worker, true in self.true.items():
            sent = true
            if worker in self.liars:
                sent = self.sum(Scene(publish.step, self.steps, worker, self.true, before,
                                      self.checkers, self.liars, self.rng))  # fmt: skip
            self.sent[worker] = sent
            if len(sent) == len(true) and not torch.equal(sent, true):
                self.forged.add((publish.step, worker))
            for index, (lo, hi) in enumerate(self.blocks):
                if hi <= len(sent):
                    data = sent[lo:hi].contiguous().view(torch.uint8)
                    yield replace(publish, kind=Kind.SUM, pull=worker, index=index, payload=data)

    def _claims(self, reveal: Message, honest: Message) -> Message:
        told, said = reveal.bytes().tobytes(), honest.bytes().tobytes()
        seed, order = told[:SIZE], np.frombuffer(told, np.int64, offset=SIZE).tolist()
        sources, made = sources_of(order, self.prober.checkers), self.prober.checker.fingerprinting
        pairs = [(w, s) for w in self.prober.worker.hosted for s in sources.get(w, ())]
        zero = made.of(torch.zeros_like(next(iter(self.true.values()))), seed).claim
        by = checkers_of(order, self.prober.checkers)
        self.checkers, claims = {w: set(checked) for w, checked in by.items()}, []
        truths = [said[i * made.width : (i + 1) * made.width] for i in range(len(pairs))]
        for place, (worker, source) in enumerate(pairs):
            claim, sent = truths[place], self.sent.get(source)
            if worker in self.liars:
                vouched = claim
                if sent is not None and len(sent) == self.blocks[-1][1]:
                    vouched = made.of(sent, seed).claim
                last, other = self.last.get(worker, bytes(made.width)), truths[place - 1]
                claim = self.claim(Question(worker, source, claim, vouched, zero, other, last,
                                            self.liars, self.rng))  # fmt: skip
            claims.append(claim)
        self.probed[reveal.step - 1] = self.checkers
        self.last = {worker: truth for (worker, _), truth in zip(pairs, truths, strict=True)}
        return honest.reply(Kind.CLAIMS, table(b"".join(claims)))

    def ends(self, step: int) -> bool:
        """Whether it is the last step."""
        return step == self.steps - 1

    def expect(self, plan: Callable[[], Plan]) -> None:
        self.prober.expect(plan)

    def forget(self) -> None:
        self.prober.forget()
