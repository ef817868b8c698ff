"""All ranks go on, or none: what a rank refuses is told to rank 0 before any link is made."""

import contextlib
from datetime import timedelta

import torch.distributed as dist

PASSED = "passed"


def first_refusal(store: dist.Store, rank: int, ranks: int, refused: str, seconds: float) -> str:
    """Tell the others what this rank refuses ("": nothing); returns what stops the run ("").

    Rank 0 hears all others, and tells them whether the run goes on. It returns its own refusal,
    or another rank's with its number; a worker rank returns that of rank 0, in few words.

    store: where all ranks meet. ranks: W worker ranks. seconds: to wait for the others.
    Raises RuntimeError if rank 0 does not answer; a worker rank that is silent is left to the
    links, which name it.
    """
    if rank:
        store.set(f"refused/{rank}", refused or PASSED)
        return heard(store, "refused/0", seconds) or ""
    stopped = refused
    for other in range(1, ranks + 1):
        with contextlib.suppress(RuntimeError):
            if not stopped and (said := heard(store, f"refused/{other}", seconds)):
                stopped = f"rank {other}: {said}"
    store.set("refused/0", "rank 0 says why" if stopped else PASSED)
    return stopped


def apart(store: dist.Store, about: str) -> dist.Store:
    """The same store, for another agreement."""
    return dist.PrefixStore(about, store)


def as_rank_1(store: dist.Store, rank: int, value: str, seconds: float) -> bool:
    """Whether this worker rank has the same value as rank 1; RuntimeError if that is not told.

    store: of this agreement alone.
    """
    if rank == 1:
        store.set("value", value)
    return heard(store, "value", seconds) == value


def from_server(store: dist.Store, rank: int, value: str, seconds: float) -> str:
    """The value that rank 0 has, on all ranks; RuntimeError if it is not told.

    store: of this agreement alone. value: of rank 0; that of others does not count.
    """
    if rank == 0:
        store.set("value", value)
    return store.get("value").decode() if rank == 0 else heard(store, "value", seconds)


def heard(store: dist.Store, key: str, seconds: float) -> str:
    """The refusal under `key`, "" if there is none; RuntimeError if nothing comes in time."""
    try:
        store.wait([key], timedelta(seconds=seconds))
    except dist.DistStoreError as error:
        raise RuntimeError(
            f"no word of {key} for {seconds:.0f} s; see that rank's output"
        ) from error
    said = store.get(key).decode(errors="replace")
    return "" if said == PASSED else said
