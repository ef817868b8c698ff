"""Strategies of liars against probes: what they send for their sum, and what they claim."""

import numpy as np
import torch
from torch import Tensor

from robusttrain.protocol.calibration import CLASSES
from robusttrain.redundancy.fingerprint import SD
from robusttrain.study.infiltrator import Claim, Question, Scene, Sum

TOLERANCE = CLASSES  # of products


def own(scene: Scene) -> Tensor:
    return scene.true[scene.worker]


def forged(scene: Scene) -> Tensor:
    return -100 * own(scene)


def stale(scene: Scene) -> Tensor:
    return scene.before.get(scene.worker, own(scene))


def anothers(scene: Scene) -> Tensor:
    return next(true for worker, true in scene.true.items() if worker not in scene.liars)


def half(scene: Scene) -> Tensor:
    """As over half of its share: not the mean of all of it."""
    return own(scene) + 0.5 * (anothers(scene) - own(scene))


def bit(scene: Scene) -> Tensor:
    """One bit of one coordinate."""
    vector = own(scene).clone()
    vector.view(torch.int32)[0] ^= 1
    return vector


def sometimes(scene: Scene) -> Tensor:
    return forged(scene) if scene.rng.random() < 0.1 else own(scene)


def late(scene: Scene) -> Tensor:
    return forged(scene) if scene.step >= scene.steps // 2 else own(scene)


def last(scene: Scene) -> Tensor:
    return forged(scene) if scene.step >= scene.steps - 10 else own(scene)


def guessed(scene: Scene) -> Tensor:
    """Where only colluders checked it last time, as if they would again."""
    checked_by = scene.checkers.get(scene.worker, set())
    return forged(scene) if checked_by and checked_by <= scene.liars else own(scene)


def cut(scene: Scene) -> Tensor:
    return own(scene)[: len(own(scene)) // 2]


def silent(scene: Scene) -> Tensor:
    return own(scene)[:0]


def zero(scene: Scene) -> Tensor:
    return torch.zeros_like(own(scene))


def nan(scene: Scene) -> Tensor:
    return torch.full_like(own(scene), torch.nan)


def inf(scene: Scene) -> Tensor:
    return torch.full_like(own(scene), torch.inf)


def along(scene: Scene, length: float) -> Tensor:
    """Off by `length`, along the first coordinate alone."""
    vector = own(scene).clone()
    vector[0] += length
    return vector


def median(scene: Scene) -> float:
    return float(np.median([float(true.norm()) for true in scene.true.values()]))


def under(scene: Scene) -> Tensor:
    """Off by just so little that no product tells: no entry of a direction is above 1/2."""
    return along(scene, 0.9 * 2 * TOLERANCE * SD * (float(own(scene).norm()) + median(scene)))


def length(scene: Scene) -> Tensor:
    """Off by the length of a sum of median length."""
    return along(scene, median(scene))


def honestly(question: Question) -> bytes:
    return question.true


def collude(question: Question) -> bytes:
    return question.sent if question.source in question.liars else question.true


def frame(question: Question) -> bytes:
    """Accuse every honest source."""
    if question.source in question.liars:
        return question.sent
    return question.rng.bytes(len(question.true))


def frame_one(question: Question) -> bytes:
    """Accuse the honest source with the lowest number alone."""
    honest = min(set(range(len(question.liars) + 1)) - question.liars)
    return frame(question) if question.source == honest else collude(question)


def mute(question: Question) -> bytes:
    """No claim at all."""
    return bytes(len(question.true))


def zeros(question: Question) -> bytes:
    """As of a sum of 0."""
    return question.zero


def old(question: Question) -> bytes:
    return question.last


def other(question: Question) -> bytes:
    """What another checker would say of its own source."""
    return question.other


def huge(question: Question) -> bytes:
    return np.full(-(-len(question.true) // 8), 1e308).tobytes()[: len(question.true)]


def garbage(question: Question) -> bytes:
    return np.full(-(-len(question.true) // 8), np.nan).tobytes()[: len(question.true)]


SUMS: dict[str, Sum] = {
    made.__name__: made
    for made in (forged, bit, stale, anothers, half, zero, sometimes, late, last, guessed, cut,
                 silent, nan, inf, own, under, length)
}  # fmt: skip
CLAIMS: dict[str, Claim] = {
    made.__name__: made
    for made in (honestly, collude, frame, frame_one, mute, zeros, old, other, garbage, huge)
}
CELLS = (
    ("forged", "honestly"), ("forged", "collude"), ("forged", "mute"), ("forged", "frame"),
    ("bit", "collude"), ("own", "frame"), ("own", "frame_one"), ("own", "old"), ("own", "other"),
    ("own", "garbage"), ("own", "huge"), ("own", "zeros"), ("own", "mute"), ("stale", "collude"),
    ("anothers", "collude"), ("half", "collude"), ("zero", "collude"), ("sometimes", "collude"),
    ("late", "collude"), ("last", "collude"), ("guessed", "collude"), ("cut", "collude"),
    ("silent", "frame"), ("silent", "mute"), ("nan", "frame"), ("inf", "collude"),
)  # fmt: skip
PRODUCT_CELLS = (
    ("forged", "collude"), ("length", "collude"), ("under", "collude"), ("zero", "collude"),
    ("forged", "frame"), ("own", "garbage"), ("own", "huge"), ("nan", "frame"),
)  # fmt: skip
