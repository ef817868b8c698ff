"""The equation: seconds of a mean step, linear in constants of the machine.

Computing, on the rank with most samples, p passes:

    C = p (flops x flop + bytes written x byte + operations x call)

DDP, V = 4 D bytes, W ranks; buckets of 25 MB, of which all but the last are reduced beside the last
backward pass:

    A = 2 (W - 1) (V / W x ring + buckets x hop),   a = A / buckets
    T = C + a + max(0, A - a - 2/3 of a micro-batch) + V x update

Sums (probes, p = 1 + share x checkers). K sums go in and W copies of the parameters out over the
server's one link; fingerprints are made part by part beside what arrives:

    I = K V x link + W parts x message,   F = K V x digest / server threads
    T = C + share x checkers x (K / W) V x digest / rank threads + max(I, F) + min(I, F) / parts
        + R + V x update + W V x link + (1 + 2 share) W x message + step

Rows (`none`, without digests; `digest`, `audit`; p by distinct tasks). n rows go in; the server
checks and aggregates a block of all rows while the next ones arrive:

    I = n V x link + 2 W parts x message,   F = n V x digest / server threads + R
    T = C + rows V x digest + max(I, F) + min(I, F) / parts
        + V x update + W V x link + 4 W x message + step

R = bytes that the pre-aggregators and the rule read x rule; `audit` adds the passes of the server.
Where a rank hosts several workers it
computes and sends one sum after the other, as do all others at the same time: nothing overlaps.
"""

from collections.abc import Mapping

import numpy as np

from robusttrain.study.predict.load import Load

CONSTANTS = (
    "flop", "byte", "call", "ring", "hop", "link", "message", "digest", "rule", "update", "step",
)  # fmt: skip
BUCKET = 25e6  # bytes of the last bucket that DDP reduces, at most
BACKWARD = 2 / 3  # of a pass


def amounts(**by_constant: float) -> np.ndarray:
    """[constants] float64: how much of each constant, zero of the others.

    >>> amounts(flop=2, step=1).tolist()
    [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    """
    return np.array([by_constant.get(name, 0.0) for name in CONSTANTS], dtype=np.float64)


def step_terms(load: Load, constants: np.ndarray) -> np.ndarray:
    """[constants] float64: the amounts whose product with `constants` is the time of a step.

    constants: [constants] float64, seconds; they decide which of two stages is the longer one.
    """
    update = amounts(update=load.vector)
    if load.kind == "plain":
        return computed(load) + update
    if load.kind == "ddp":
        return computed(load) + reduced(load, constants) + update
    around = amounts(
        link=load.ranks * load.vector, step=1.0,
        message=load.ranks * (1 + 2 * load.told if load.kind == "sums" else 4),
    )  # fmt: skip
    fingerprints = amounts(digest=load.compared * load.vector / load.server_threads)
    rule, own = ruled(load), amounts(digest=load.hashed * load.vector / load.rank_threads)
    beside, after = (fingerprints, rule) if load.kind == "sums" else (fingerprints + rule, 0 * rule)
    total = computed(load) + own + pipelined(arriving(load), beside, load.parts, constants)
    return total + after + update + around + load.referee * one_pass(load)


def phase_terms(load: Load, constants: np.ndarray) -> Mapping[str, np.ndarray]:
    """Phase -> the same of single phases that the price table measures.

    DDP reduces while it computes.
    """
    update = {"update": amounts(update=load.vector)}
    if load.kind == "plain":
        return {"compute": computed(load), **update}
    if load.kind == "ddp":
        return {"compute": computed(load) + reduced(load, constants), **update}
    hashed = amounts(digest=load.hashed * load.vector / load.rank_threads)
    compared = amounts(digest=load.compared * load.vector)
    phases = {"compute": computed(load), "rule": ruled(load), "compare": compared, **update}
    if load.kind == "sums":
        phases["compute"] = computed(load) + hashed
    else:
        phases["commit"] = hashed
    return phases


def one_pass(load: Load) -> np.ndarray:
    work = load.work
    return amounts(flop=work.flops, byte=work.bytes, call=work.calls)


def computed(load: Load) -> np.ndarray:
    """C."""
    return (1 + load.checks) * one_pass(load)


def ruled(load: Load) -> np.ndarray:
    """R."""
    return amounts(rule=load.ruled * load.vector)


def arriving(load: Load) -> np.ndarray:
    """I, what the server takes in."""
    asked = load.kind == "rows"  # block by block
    count = load.ranks * load.parts * (2 if asked else 1)
    return amounts(link=load.vectors * load.vector, message=count)


def reduced(load: Load, constants: np.ndarray) -> np.ndarray:
    """What DDP's all-reduce adds to computing."""
    buckets, rounds = max(1.0, load.vector / BUCKET), 2 * (load.ranks - 1)
    whole = amounts(ring=rounds / load.ranks * load.vector, hop=rounds * buckets)
    last = whole / buckets
    excess = whole - last - BACKWARD / load.micro * one_pass(load)
    return last + (excess if excess @ constants > 0 else 0 * excess)


def pipelined(
    first: np.ndarray, second: np.ndarray, parts: int, constants: np.ndarray
) -> np.ndarray:
    """Two stages that go over the same parts, one behind the other."""
    long = longer(first, second, constants)
    return long + (first + second - long) / parts


def longer(first: np.ndarray, second: np.ndarray, constants: np.ndarray) -> np.ndarray:
    """The one that takes longer; the first if neither does."""
    return first if first @ constants >= second @ constants else second
