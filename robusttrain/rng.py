"""Named random streams: every draw comes from a stream named by seed, purpose and index.

No code here or elsewhere in robusttrain touches a global generator, so the same
configuration gives the same bits whatever else runs in the process.
"""

import hashlib

import numpy as np


def derive(seed: int, *name: str | int) -> int:
    """A 63-bit seed that depends on `seed` and on every part of `name`, and on nothing else."""
    text = repr((int(seed), *(n if isinstance(n, str) else int(n) for n in name))).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def stream(seed: int, *name: str | int) -> np.random.Generator:
    """The NumPy generator of the stream `name` (counter-based: Philox)."""
    return np.random.Generator(np.random.Philox(derive(seed, *name)))
