"""What the equation says of machines that nothing was measured on."""

from dataclasses import dataclass, replace
from math import ceil, inf, log

from robusttrain.ops.layout import PARCEL
from robusttrain.study.predict.equation import computed, step_terms
from robusttrain.study.predict.load import Load
from robusttrain.study.predict.loads import ONCE, TWICE
from robusttrain.study.predict.machine import Machine
from robusttrain.study.predict.work import Work
from robusttrain.study.price.memory import COPIES
from robusttrain.study.price.rows import REPLICATION, row_of

FLOPS = 6  # for each parameter and token, forward and backward
MOST = 1e15  # tokens a GPU, beyond which is never
ROWS = ("none", "digest", "audit")
KEPT = 3  # blocks of all rows that the server holds at a time, where rows are streamed


@dataclass(frozen=True)
class Far:
    """A row of the price table on so many GPUs.

    machine: Machine. What is assumed.
    row: str. Its name.
    gpus: int. W = K, one worker each.
    parameters: float. D.
    copies: int. r, of digests.
    """

    machine: Machine
    row: str
    gpus: int
    parameters: float
    copies: int = REPLICATION

    def load(self, name: str, tokens: float) -> Load:
        """The load of a row with so many tokens a GPU; ValueError if there is no such row.

        A batch of digests is cut into K tasks of which each worker holds r, as with
        `assignment=cyclic`.
        """
        row, gpus = row_of(name), self.gpus
        block = self.machine.block if name in ROWS else max(self.machine.block, PARCEL)
        work = Work(FLOPS * self.parameters * tokens)
        plain = Load(
            "ddp", work, 4 * self.parameters, gpus, gpus, parts=ceil(self.parameters / block)
        )
        if row.kind == "plain":
            return replace(plain, kind="plain", work=work.times(gpus))
        if row.kind == "ddp":
            return plain
        taken = replace(plain, vectors=gpus, server_threads=int(self.machine.threads))
        if name in ROWS:
            digests = name != "none"
            copies = self.copies if digests else 1
            return replace(
                taken, kind="rows", work=work.times(copies), hashed=copies * digests,
                compared=gpus * digests, ruled=gpus * (ONCE + TWICE * digests),
                referee=float(name == "audit") / copies,
            )  # fmt: skip
        checks = row.passes - 1
        told = 1 / row.every if row.every else 0.0
        return replace(taken, kind="sums", checks=checks, told=told, hashed=checks,
                       compared=gpus, ruled=TWICE * gpus)  # fmt: skip

    def seconds(self, name: str, tokens: float) -> float:
        """Of a step."""
        constants = self.machine.constants()
        return float(step_terms(self.load(name, tokens), constants) @ constants)

    def price(self, tokens: float) -> float:
        """Over DDP."""
        return self.seconds(self.row, tokens) / self.seconds("ddp", tokens)

    @property
    def computing(self) -> float:
        """Seconds that a rank computes in a step."""
        constants = self.machine.constants()
        return float(computed(self.load(self.row, self.machine.tokens)) @ constants)

    @property
    def linking(self) -> float:
        """Seconds that a step's sums and parameters take over the server's link."""
        load = self.load(self.row, self.machine.tokens)
        return (load.vectors + load.ranks) * load.vector / self.machine.bandwidth

    @property
    def kept(self) -> float:
        """Bytes of vectors that a rank holds."""
        load = self.load(self.row, self.machine.tokens)
        return (COPIES + (max(load.hashed, 1) if load.kind == "rows" else 1)) * load.vector

    @property
    def held(self) -> float:
        """Bytes of vectors that the server holds."""
        load = self.load(self.row, self.machine.tokens)
        own = COPIES * load.vector
        if load.kind == "sums":
            return own + load.vectors * load.vector
        return own + min(KEPT, load.parts) * load.vectors * load.vector / load.parts

    def tokens_for(self, price: float) -> float:
        """Least tokens a GPU for which a step costs at most `price` times DDP's; inf: none.

        To a thousandth; the price falls with the tokens.
        """
        low, high = 1.0, MOST
        if self.price(high) > price:
            return inf
        while log(high / low) > 1e-3:
            middle = (low * high) ** 0.5
            low, high = (low, middle) if self.price(middle) <= price else (middle, high)
        return high
