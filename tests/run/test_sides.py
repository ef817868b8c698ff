"""Sides: which exchange a recipe asks for, on both ends."""

import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.answerer import Answerer
from robusttrain.protocol.digests import Digests
from robusttrain.protocol.faulty import Faulty
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.probing import Probing
from robusttrain.protocol.share_gradients import ShareGradients
from robusttrain.run import assembly
from robusttrain.run.sides import answers_of, faulty

CPU = torch.device("cpu")


def test_copies_and_probes_have_sides_of_their_own(configure, small):
    for words, server, worker in ((small, Digests, Answerer), (PROBES, Probing, Prober)):
        made = recipe(configure(*words))
        assert type(assembly.server(made, 1, CPU).exchange) is server
        assert type(answers_of(made, assembly.worker(made, 1, 1, CPU))) is worker


def test_with_probes_a_workers_rows_are_sums(configure):
    made = recipe(configure(*PROBES))
    side = answers_of(made, assembly.worker(made, 1, 1, CPU))
    assert type(side.worker.recompute.gradients) is ShareGradients
    assert side.checker.worker is side.worker


def test_a_side_is_wrapped_only_on_the_rank_whose_workers_have_faults(configure, small):
    """Of 5 workers on 2 ranks, 4 is on the second."""
    words = (*small, "fault=[{worker: 4, step: 1, phase: commit, do: slow}]")
    made = recipe(configure(*words), 2)
    for rank, kind in ((1, Answerer), (2, Faulty)):
        worker = assembly.worker(made, rank, 2, CPU)
        assert type(faulty(made, answers_of(made, worker), worker, None)) is kind
