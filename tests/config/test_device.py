"""Which device a name means, with pretended GPUs; and the numerics that are set."""

import os
import sys
from types import SimpleNamespace

import pytest
import torch

from robusttrain.config.device import (
    check_backend,
    choose_device,
    fix_numerics,
    set_deterministic,
)


@pytest.mark.parametrize(
    ("name", "local_rank", "gpus", "expected"),
    [
        ("auto", 0, 0, "cpu"),
        ("auto", 5, 2, "cuda:1"),
        ("cuda", 4, 2, "cuda:0"),
        ("cuda:1", 0, 2, "cuda:1"),
        ("cpu", 3, 2, "cpu"),
    ],
)
def test_choice(monkeypatch, name, local_rank, gpus, expected):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert choose_device(name, local_rank) == torch.device(expected)


@pytest.mark.parametrize(("name", "gpus"), [("cuda", 0), ("cuda:2", 2), ("gpu", 1)])
def test_refusals_name_the_key_the_value_and_a_remedy(monkeypatch, name, gpus):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(ValueError, match=rf"runtime\.device={name}.*use auto"):
        choose_device(name, 0)


@pytest.mark.parametrize(
    ("backend", "device", "ranks"),
    [("gloo", "cpu", 9), ("gloo", "cuda:0", 9), ("nccl", "cuda:0", 2), ("nccl", "cuda:0", 1)],
)
def test_backends_that_have_their_gpus(monkeypatch, backend, device, ranks):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check_backend(backend, torch.device(device), ranks)


@pytest.mark.parametrize(("device", "left"), [("cuda:0", 2), ("cpu", 0)])
def test_nccl_needs_a_gpu_for_every_rank(monkeypatch, device, left):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(
        ValueError,
        match=rf"runtime\.backend=nccl needs.*the 3 ranks.*there are {left} .*use .*tls",
    ):
        check_backend("nccl", torch.device(device), 3)


@pytest.fixture
def numerics(monkeypatch):
    """Turns on what `fix_numerics` must turn off, and puts everything back."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "left alone")
    monkeypatch.setenv("TORCHINDUCTOR_DETERMINISTIC", "1")
    monkeypatch.delenv("TORCHINDUCTOR_DETERMINISTIC")
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    cudnn.benchmark = cudnn.allow_tf32 = matmul.allow_tf32 = True
    yield
    cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32 = before
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.mark.usefixtures("numerics")
def test_fix_numerics():
    fix_numerics(threads=1)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == "left alone"
    del os.environ["CUBLAS_WORKSPACE_CONFIG"]
    fix_numerics(threads=1)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


@pytest.mark.usefixtures("numerics")
def test_what_is_compiled_is_deterministic_too(monkeypatch):
    """Whether the compiler is imported before or after."""
    name, compiler = "torch._inductor.config", SimpleNamespace(deterministic=False)
    monkeypatch.setitem(sys.modules, name, compiler)
    fix_numerics(threads=1)
    assert compiler.deterministic
    set_deterministic(0)
    assert not compiler.deterministic
    assert os.environ["TORCHINDUCTOR_DETERMINISTIC"] == "1"
