"""Digests: commitments as they come, worker by worker."""

import numpy as np
import torch
from support import plan_of

from robusttrain.comm.pace import Pace
from robusttrain.comm.paces import Paces
from robusttrain.protocol.digests import Digests
from robusttrain.protocol.row_checks import RowChecks
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.types import SILENT

PLAN = plan_of(np.array([[0, 1], [0, 2], [1, 2]]), step=3)


def test_commitments_are_read_in_the_order_of_hosted_workers_and_the_lost_are_silent():
    asked = {}

    class FakeHub:
        def gather(self, wanted, sizes, pace, uneven):
            assert uneven == 3 / 2
            asked.update(sizes)
            root = [bytes([n]) * 32 for n in range(1, 5)]
            said = b"".join((root[0], root[1], root[0], root[3]))  # of 0: tasks 0, 1; of 1: 0, 2
            return {1: torch.frombuffer(bytearray(said), dtype=torch.uint8)}

    digests = Digests({1: [0, 1], 2: [2]}, None, RowChecks(Digest(), None), None, Paces(False))
    claims = digests.commitments(FakeHub(), PLAN, Pace(0.0, 1.0)).claims()
    assert asked == {1: 4 * 32, 2: 2 * 32}
    assert claims.classes.tolist() == [[0, 0], [0, SILENT], [0, SILENT]]
