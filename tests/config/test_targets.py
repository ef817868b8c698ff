"""What a `_target_` names, and what it says of its parameters."""

import torch

from robusttrain.config.targets import called, found, hints_of, is_known, is_ours, parameters_of


def test_what_is_found_and_what_is_not():
    assert found("torch.optim.Adam") is torch.optim.Adam
    assert found(torch.optim.Adam) is torch.optim.Adam
    for path in ("nowhere.Net", "torch.optim.Nothing", "torch.pi", 3, None):
        assert found(path) is None


def test_names():
    krum = found("robusttrain.defense.aggregator.krum.Krum")
    assert called(torch.optim.Adam) == "torch.optim.Adam"
    assert called(krum) == "krum"
    assert (is_ours(krum), is_known(krum)) == (True, True)
    assert (is_ours(torch.optim.Adam), is_known(torch.optim.Adam)) == (False, True)
    assert not is_known(test_names)


def test_parameters_and_hints():
    def function(first, /, second: "int", *rest, third: "Nobody" = 3, **more):  # noqa: F821
        pass

    parameters, open_ended = parameters_of(function)
    assert (list(parameters), open_ended) == (["second", "third"], True)
    assert hints_of(function) == {}
    assert parameters_of(torch.zeros) == ({}, True)
    assert hints_of(torch.optim.lr_scheduler.StepLR)["step_size"] is int
