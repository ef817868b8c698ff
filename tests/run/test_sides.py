"""Sides: which exchange a recipe asks for, on both ends."""

import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.answerer import Answerer
from robusttrain.protocol.digests import Digests
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.probing import Probing
from robusttrain.protocol.share_gradients import ShareGradients
from robusttrain.run import assembly
from robusttrain.run.sides import answers_of

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
