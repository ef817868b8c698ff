"""Owners: whose rows are in the answers of a rank, held to what each worker sends alone."""

import numpy as np
from support import plan_of

from robusttrain.comm.link import Kind, Message, table
from robusttrain.protocol.draws import SIZE
from robusttrain.protocol.owners import Owners

PLAN = plan_of(np.array([[0, 1], [0, 2], [1, 2], [2, 3]]))


def of(kind, owners, **labels):
    return owners.of(Message(kind, **labels), lambda step: PLAN)


def test_commitments_are_worker_by_worker_task_by_task():
    assert of(Kind.COMMIT, Owners([1, 2, 3], 1)) == [1, 1, 2, 2, 2, 3]


def test_rows_and_leaves_are_those_of_the_last_pull():
    owners = Owners([1, 2], 1)
    for copies in ([[1, 0]], [[2, 1], [1, 2], [2, 3]]):
        asked = table(np.array(copies, dtype=np.int64).tobytes())
        owners.hear(Message(Kind.PULL, payload=asked))
    assert of(Kind.LEAVES, owners) == of(Kind.ROWS, owners, index=3) == [2, 1, 2]


def test_claims_are_those_of_the_hosted_in_the_order_that_was_revealed():
    owners = Owners([0, 1, 2], 2)
    order = np.array([2, 3, 0, 4], dtype=np.int64)  # 1 is out
    owners.hear(Message(Kind.REVEAL, payload=table(bytes(SIZE) + order.tobytes())))
    assert of(Kind.CLAIMS, owners) == [0, 0, 2, 2]


def test_a_sum_is_its_workers_and_parameters_are_nobodys_alone():
    owners = Owners([0, 1, 2], 2)
    assert of(Kind.SUM, owners, pull=2) == [2]
    assert of(Kind.PUBLISH, owners) is None
