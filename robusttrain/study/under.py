"""Under the tolerance: liars whose errors products rarely tell, all along the same direction."""

from dataclasses import dataclass, field

from rich.table import Table
from torch import Tensor

from robusttrain.certificate.products import drift
from robusttrain.protocol.calibration import CLASSES
from robusttrain.run.simulate import simulate
from robusttrain.study.infiltrator import Infiltrator, Scene
from robusttrain.study.siege import setting
from robusttrain.study.strategies import CLAIMS

PARTS = (0.1, 0.5, 1.0, 2.0, 10.0)  # of tau / sd
OPTIMIZERS = {"sgd": ("optimizer.lr=0.1", "optimizer.momentum=0"), "adam": ("optimizer.lr=0.01",)}
RATES = {"sgd": 0.1, "adam": 0.01}
WORKERS, STEPS = 7, 200


@dataclass(eq=False)
class Push:
    """A strategy: the true sum, and `part` of tau / sd(r) along the first coordinate.

    lengths: step -> the largest length of an error.
    """

    part: float
    lengths: dict[int, float] = field(default_factory=dict)

    def __call__(self, scene: Scene) -> Tensor:
        norms = sorted(float(true.norm()) for true in scene.true.values())
        vector = scene.true[scene.worker].clone()
        length = self.part * CLASSES * (float(vector.norm()) + norms[len(norms) // 2])
        self.lengths[scene.step] = max(length, self.lengths.get(scene.step, 0.0))
        vector[0] += length
        return vector


@dataclass(frozen=True)
class Moved:
    """convicted: int, of three liars. distance: between the parameters at the end and those of
    the honest run. bound: what `drift` reckons with, for SGD without momentum."""

    convicted: int
    distance: float
    bound: float


def pushed(optimizer: str, part: float, steps: int = STEPS) -> Moved:
    """Three of seven liars push in every step of a run with products, all steps probed."""
    made = setting(
        WORKERS, 1.0, 1, steps, f"optimizer={optimizer}", *OPTIMIZERS[optimizer],
        "probe.claim=product", f"probe.tolerance={CLASSES}", "defense.secret=0",
    )  # fmt: skip
    honest = simulate(made, None, 1).parameters
    push = Push(part)
    server = simulate(
        made, None, 1, side=Infiltrator(frozenset({0, 2, 5}), push, CLAIMS["collude"], 0)
    )
    bound = sum(drift(WORKERS, 3, length, [RATES[optimizer]]) for length in push.lengths.values())
    distance = float((server.parameters - honest).norm())
    return Moved(int(server.membership.status.sum()), distance, bound)


def under_table(steps: int = STEPS) -> Table:
    """One row for each optimizer and length of the errors."""
    table = Table(title=f"{WORKERS} workers, 3 push all {steps} steps, products, share 1")
    for name in ("optimizer", "error over tau", "convicted", "moved by", "reckoned for SGD"):
        table.add_column(name, justify="left" if name == "optimizer" else "right")
    for optimizer in OPTIMIZERS:
        for part in PARTS:
            found = pushed(optimizer, part, steps)
            figures = f"{found.distance:.2g}", f"{found.bound:.2g}"
            table.add_row(optimizer, f"{part:g}", str(found.convicted), *figures)
    return table
