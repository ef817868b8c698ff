"""What a failed rank says of itself, and what is left of it if a liar said it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from robusttrain.comm.failure import (
    CAUSE_LENGTH,
    FAILURE_BYTES,
    LINE_LENGTH,
    cause_of,
    pack,
    traceback_of,
    unpack,
)


def raised(function) -> Exception:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def multiply() -> None:
    """Fails within torch, below frames of torch's own."""
    torch.func.vmap(lambda x: x @ torch.zeros(3))(torch.zeros(2, 4))


def test_a_cause_is_one_line_with_its_type():
    assert cause_of(ValueError("a\n  b")) == "ValueError: a b"
    assert cause_of(KeyError()) == "KeyError"


def test_what_is_packed_is_unpacked():
    error = raised(multiply)
    cause, traceback = unpack(pack(error))
    assert cause == cause_of(error)
    assert traceback == traceback_of(error)


def test_frames_of_torch_are_left_out_but_for_the_last():
    def inside() -> None:
        torch.zeros(3).view(2)

    shown = traceback_of(raised(lambda: torch.func.vmap(lambda x: inside())(torch.zeros(2))))
    assert "in inside" in shown
    assert "vmap_impl" not in shown
    assert shown.splitlines()[-1].startswith("RuntimeError: shape")
    last = traceback_of(raised(lambda: torch.nn.Linear(3, 3)(torch.zeros(2, 4))))
    assert last.count("site-packages/torch") == 1


def test_causes_of_the_cause_are_there():
    def chained() -> None:
        try:
            multiply()
        except RuntimeError as error:
            raise ValueError("outer") from error

    shown = traceback_of(raised(chained))
    assert "in multiply" in shown
    assert shown.endswith("ValueError: outer")


def test_a_long_failure_is_cut_and_keeps_its_cause_and_its_end():
    def deep(n: int) -> None:
        if n == 0:
            raise ValueError("x" * 100_000)
        deep(n - 1)

    data = pack(raised(lambda: deep(200)))
    assert len(data) <= FAILURE_BYTES
    cause, _ = unpack(data)
    assert cause.startswith("ValueError: xxx")
    assert len(cause) <= CAUSE_LENGTH


@given(st.binary(max_size=2 * FAILURE_BYTES))
def test_no_bytes_reach_a_terminal_but_printable_lines(data):
    cause, traceback = unpack(data)
    assert cause.isprintable()
    assert len(cause) <= CAUSE_LENGTH
    assert len(traceback) <= FAILURE_BYTES
    assert all(line.isprintable() and len(line) <= LINE_LENGTH for line in traceback.split("\n"))


@pytest.mark.parametrize("bad", ["\x1b[2J", "\u202e", "\r", "\x07", "\u2028"])
def test_what_moves_the_cursor_or_the_reading_direction_is_dropped(bad):
    assert unpack(f"a{bad}b\nc{bad}d".encode()) == (f"a{bad[1:]}b", f"c{bad[1:]}d")
