"""Pulling the chosen rows in one stream from each rank, each row checked against its commitment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message, table
from robusttrain.comm.pace import Pace
from robusttrain.protocol.means import Buckets
from robusttrain.protocol.parcels import Parcels
from robusttrain.protocol.row_checks import Flaw, RowChecks
from robusttrain.protocol.row_stream import Stream, Streams
from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.types import Claims, CommitmentBroken, Plan, Sources


@dataclass(eq=False)
class Puller:
    """The server's side of one step's pulls: `rows(sources)` streams blocks [m, b].

    A copy that does not match what was committed convicts the worker that sent it; a row that is
    not finite convicts all that committed to it. Rows of lost ranks make their workers absent. All
    of these raise `CommitmentBroken`; what is still on its way is thrown away by its label.

    hub: Hub. To the worker ranks.
    hosting: rank -> list[int]. The workers of each rank.
    checks: RowChecks. Of rows, by the digests that the agreement makes.
    blocks: list of (first, end). Coordinates of each block.
    device: torch.device. Where blocks are wanted.
    claims: Claims. Who committed to the same.
    said: Commitments. The commitments of this step.
    pace: Pace. How long ranks are waited for.
    pulls: int. How many pulls this step has had so far; labels what belongs to each.
    not_finite: int. Rows of the last pull that stand for a gradient which is not finite.
    """

    hub: Hub
    hosting: dict[int, list[int]]
    checks: RowChecks
    blocks: list[tuple[int, int]]
    device: torch.device
    claims: Claims
    said: Commitments
    pace: Pace
    pulls: int = 0
    not_finite: int = 0

    @property
    def plan(self) -> Plan:
        return self.claims.plan

    def rows(self, sources: Sources, parts: Sequence[np.ndarray] | None = None) -> Iterator[Tensor]:
        """The rows that are kept, in the order of tasks, or their means, summed as they come.

        parts: the rows of each mean, by their places among those that are kept; None: no means.
        """
        self.pulls += 1
        count = len(sources.kept)
        buckets = Buckets.alone(count) if parts is None else Buckets.averaging(parts, count)
        of, label = self._streams(sources, buckets), Message(Kind.PULL, self.plan.step, self.pulls)
        self.hub.send({r: label.reply(Kind.PULL, table(s.copies.tobytes())) for r, s in of.items()})
        streams = Streams(
            self.hub, label, self.blocks, buckets, self.checks, self.device, of, self.pace
        )
        streams.open(0)
        self._leaves(label, of)
        for block in range(len(self.blocks)):
            self._check_lost(streams.receive(block))
            for stream in of.values():
                self._check(stream.flaws_of(block))
            if block == 0:
                self.not_finite = streams.stand_ins
            streams.open(block + 1)
            yield streams.whole(block)

    def _streams(self, sources: Sources, buckets: Buckets) -> dict[int, Stream]:
        """Rank -> what it is asked for; rows that are added first come first."""
        kept = sources.kept
        copies = np.stack([sources.workers[kept], kept], axis=1).astype(np.int64)
        order = np.argsort(buckets.turn, kind="stable")
        made = {}
        for rank, hosted in self.hosting.items():
            places = order[np.isin(copies[order, 0], hosted)]
            if len(places):
                nothing = np.empty((len(places), len(self.blocks), 0), np.uint8)
                parcels = Parcels(self.blocks, len(places))
                made[rank] = Stream(copies[places], places, nothing, parcels)
        return made

    def _check_lost(self, ranks: Sequence[int]) -> None:
        if ranks:
            raise CommitmentBroken({}, {w: "lost" for rank in ranks for w in self.hosting[rank]})

    def _leaves(self, label: Message, of: Mapping[int, Stream]) -> None:
        """Have the leaves of all rows; CommitmentBroken if they do not make their roots."""
        agreement, liars = self.checks.agreement, dict[int, str]()
        shape = (-1, len(self.blocks), agreement.width)
        sizes = {rank: len(s.copies) * shape[1] * shape[2] for rank, s in of.items()}
        answers = self.hub.gather(label.reply(Kind.LEAVES), sizes, self.pace)
        self._check_lost([rank for rank in of if rank not in answers])
        for rank, payload in answers.items():
            if payload is None:
                continue
            stream = of[rank]
            stream.leaves = payload.numpy().reshape(shape)
            for row in stream.places.argsort():
                (worker, task), leaves = stream.copies[row].tolist(), stream.leaves[row]
                if agreement.root(leaves.tobytes()) != self.said.root(worker, task):
                    liars[worker] = f"sent leaves for task {task} that break its commitment"
        if liars:
            raise CommitmentBroken(liars, {})

    def _check(self, flaws: Sequence[tuple[int, int, Flaw]]) -> None:
        """Raise CommitmentBroken if a row of this block breaks its leaf or is not finite."""
        liars: dict[int, str] = {}
        for worker, task, flaw in flaws:
            if flaw == Flaw.BROKEN:
                liars[worker] = f"sent a block of task {task} that breaks its commitment"
            elif flaw == Flaw.INFINITE:
                liars |= dict.fromkeys(
                    self._committed_alike(worker, task),
                    f"sent a gradient of task {task} that is not finite",
                )
        if liars:
            raise CommitmentBroken(liars, {})

    def _committed_alike(self, worker: int, task: int) -> list[int]:
        if self.checks.agreement.width == 0:
            return [worker]
        team, said = self.plan.teams[task], self.claims.classes[task]
        return team[said == said[team == worker]].tolist()
