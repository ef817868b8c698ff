"""The table of machines that are assumed."""

import pytest
from rich.console import Console

from robusttrain.study.predict.far import Far
from robusttrain.study.predict.far_table import HEADS, cells, far_table, saturation
from robusttrain.study.predict.machine import Machine


def test_a_line_for_each_size_number_and_row():
    table = far_table(Machine(), [64, 1024], [1e8, 7e9], ["unprobed", "probe:0.1"])
    assert table.row_count == 8
    console = Console(width=250, color_system=None)
    with console.capture() as shown:
        console.print(table)
    assert "Extrapolated, nothing of it measured; 4e+14 FLOP/s" in shown.get()


def test_what_does_not_fit_or_cannot_be_reached_is_said():
    line = dict(zip(HEADS, cells(Far(Machine(), "probe:0.1", 1024, 7e9)), strict=True))
    assert (line["server GB"], line["fits"]) == ("2.88e+04", "no")
    assert line["for 1.1"] == "never"
    assert float(line["for 1.2"]) > 1e6
    assert float(line["ratio"]) < 0.01
    assert cells(Far(Machine(), "unprobed", 64, 1e8))[-2:] == ["27.2", "yes"]


def test_the_link_is_full_from_few_gpus_on():
    machine = Machine(flops=3e12, bandwidth=4e9, tokens=10_000)
    assert "from 10 GPUs on" in saturation(machine)
    edge = Far(machine, "unprobed", 10, 5e8)
    assert edge.computing == pytest.approx(edge.linking)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (([0], [1e8], ["unprobed"]), "--gpus 0 must be a finite number >= 1"),
        (([8], [-1e8], ["unprobed"]), r"--parameters -1e\+08 must be"),
        (([8], [float("nan")], ["unprobed"]), "--parameters nan must be"),
        (([8], [1e8], ["ddp"]), "--rows ddp has no server"),
        (([8], [1e8], ["fastest"]), "no such row"),
    ],
)
def test_other_values_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        far_table(Machine(), *values)
