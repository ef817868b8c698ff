"""The table of machines that are assumed, and where the server's link is the longer part."""

from collections.abc import Sequence

from rich.table import Table

from robusttrain.study.predict.far import FLOPS, Far
from robusttrain.study.predict.machine import Machine
from robusttrain.study.predict.tables import count
from robusttrain.study.price.rows import REPLICATION, row_of
from robusttrain.values import check_whole

TARGETS = (1.1, 1.2)
HEADS = ("GPUs", "parameters", "row", "computes s", "link s", "ratio", "step s", "DDP s", "price",
         *(f"for {target}" for target in TARGETS), "rank GB", "server GB",
         "fits")  # fmt: skip


def far_table(
    machine: Machine, gpus: Sequence[int], parameters: Sequence[float], rows: Sequence[str],
    copies: int = REPLICATION,
) -> Table:  # fmt: skip
    """One line for each size, number of GPUs and row.

    Raises ValueError for a value < 1, or a row that has no server.
    """
    for option, values in (("--gpus", gpus), ("--parameters", parameters)):
        if wrong := [value for value in values if not 1 <= value < float("inf")]:
            raise ValueError(f"{option} {wrong[0]:g} must be a finite number >= 1; use 64")
    check_whole("--copies", copies, 1, use=REPLICATION)
    if without := [row for row in rows if row_of(row).kind != "ours"]:
        raise ValueError(
            f"--rows {without[0]} has no server; use unprobed, probe:0.1, digest or none"
        )
    table = Table(title=f"Extrapolated, nothing of it measured; {assumed(machine)}")
    for head in HEADS:
        table.add_column(head, justify="left" if head == "row" else "right")
    for size in parameters:
        for number in gpus:
            for row in rows:
                table.add_row(*cells(Far(machine, row, number, size, copies)))
    return table


def cells(far: Far) -> list[str]:
    """The line of one row."""
    tokens, held = far.machine.tokens, far.held
    least = [count(far.tokens_for(target)) for target in TARGETS]
    return [
        str(far.gpus), f"{far.parameters:.0e}", far.row, f"{far.computing:.3g}",
        f"{far.linking:.3g}", f"{far.computing / far.linking:.2g}",
        f"{far.seconds(far.row, tokens):.3g}", f"{far.seconds('ddp', tokens):.3g}",
        f"{far.price(tokens):.3g}", *least,
        f"{far.kept / 1e9:.3g}", f"{held / 1e9:.3g}", "yes" if held <= far.machine.memory else "no",
    ]  # fmt: skip


def assumed(machine: Machine) -> str:
    """What is assumed, in one line."""
    return (
        f"{machine.flops:.2g} FLOP/s a GPU, {machine.bandwidth:.2g} B/s a link, digests "
        f"{machine.digest:.2g} B/s on {machine.threads:g} threads, memory "
        f"{machine.memory_rate:.2g} B/s, {machine.tokens:g} tokens a GPU and step"
    )


def saturation(machine: Machine) -> str:
    """From how many GPUs on the server's link takes longer than computing.

    6 D tokens / flops = 2 W x 4 D / bandwidth: D is on both sides.
    """
    most = FLOPS * machine.tokens * machine.bandwidth / (8 * machine.flops)
    return (
        f"The server has one link, over which W sums come in and W sets of parameters go out: it "
        f"takes longer than a pass of {machine.tokens:g} tokens from {max(most, 1):.3g} GPUs on, "
        "whatever the number of parameters. `ratio` is computing over the link; `for`: "
        "least tokens a GPU and step for that price over DDP; never: the passes alone cost more."
    )
