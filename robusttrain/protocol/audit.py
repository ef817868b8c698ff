"""Where audited tasks are recomputed: at the server, or at a rank that it trusts."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message, table
from robusttrain.protocol.recompute import Recompute
from robusttrain.redundancy.agreement.base import Commitments


@dataclass(eq=False)
class Auditor:
    """Recomputes tasks at worker rank `rank`, which hosts no workers, or here if that is 0.

    If the trusted rank is lost, or late in this step, the server does it itself.

    rank: int. The trusted rank, or 0.
    here: () -> Recompute. The server's own, made when it is first needed.
    asked: int. Requests so far; labels the answers.
    """

    rank: int
    here: Callable[[], Recompute]
    asked: int = field(init=False, default=0)

    def recompute(
        self, hub: Hub, said: Commitments, parameters: Tensor
    ) -> Callable[[np.ndarray], np.ndarray]:
        """tasks [n] -> the class that the truth at `parameters` belongs to in each, or NOBODY."""
        plan, width = said.plan, said.roots.shape[2]

        def truth(tasks: np.ndarray) -> np.ndarray:
            roots = self._there(hub, plan.step, tasks, width)
            if roots is None:
                roots = self.here().roots(parameters, plan, tasks)
            return said.match(tasks, np.frombuffer(roots, np.uint8).reshape(len(tasks), width))

        return truth

    def _there(self, hub: Hub, step: int, tasks: np.ndarray, width: int) -> bytes | None:
        if self.rank not in hub.present:
            return None
        self.asked += 1
        wanted = Message(Kind.AUDIT, step, index=self.asked)
        hub.send({self.rank: wanted.reply(Kind.AUDIT, table(tasks.astype(np.int64).tobytes()))})
        answer = hub.gather(wanted.reply(Kind.TRUTH), {self.rank: len(tasks) * width})
        payload = answer.get(self.rank)
        return None if payload is None else payload.numpy().tobytes()
