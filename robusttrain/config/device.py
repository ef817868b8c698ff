"""Which device a rank computes on, and the numerics that all ranks must share."""

import os
import sys

import torch

WORKSPACE, COMPILED = "CUBLAS_WORKSPACE_CONFIG", "TORCHINDUCTOR_DETERMINISTIC"


def choose_device(name: str, local_rank: int) -> torch.device:
    """`auto`: the GPU numbered local_rank modulo the number of GPUs, or the CPU if there is none.

    Several ranks may share a GPU. Otherwise `name` is what torch calls a device. Raises
    ValueError if there is no such device.
    """
    gpus = torch.cuda.device_count()
    if name == "auto":
        name = f"cuda:{local_rank % gpus}" if gpus else "cpu"
    elif name == "cuda" and gpus:
        name = f"cuda:{local_rank % gpus}"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"runtime.device={name} is not a device; use auto, cpu or cuda") from error
    if device.type == "cuda" and (device.index or 0) >= gpus:
        raise ValueError(f"runtime.device={name}: {gpus} GPUs are visible here; use auto or cpu")
    return device


def check_backend(backend: str, device: torch.device, local_ranks: int) -> None:
    """Raise ValueError if `backend` is nccl and the ranks of this machine lack a GPU each."""
    gpus = torch.cuda.device_count() if device.type == "cuda" else 0
    if backend == "nccl" and gpus < local_ranks:
        raise ValueError(
            f"runtime.backend=nccl needs a GPU for each of the {local_ranks} ranks of a machine, "
            f"and there are {gpus} to use; use runtime.backend=tls, or fewer ranks"
        )


def fix_numerics(threads: int) -> None:
    """One setting of everything that can change the bits of a gradient; call before CUDA starts."""
    os.environ.setdefault(WORKSPACE, ":4096:8")
    os.environ.setdefault(COMPILED, "1")
    torch.set_num_threads(threads)
    set_deterministic(2)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def set_deterministic(mode: int) -> None:
    """Set torch's deterministic debug mode (0, 1 or 2), also for torch.compile if it is imported.

    torch.use_deterministic_algorithms would import it, which takes each rank a second; one that
    imports it later goes by `COMPILED`.
    """
    torch.set_deterministic_debug_mode(mode)
    compiler = sys.modules.get("torch._inductor.config")
    if compiler is not None:
        compiler.deterministic = mode > 0  # type: ignore[attr-defined]
