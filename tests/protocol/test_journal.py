"""What the journal has confirmed it knows again, wherever it was killed."""

import math
import os
import signal
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch

from robusttrain.protocol import journal as module
from robusttrain.protocol.journal import Conviction, Journal
from robusttrain.protocol.journal_records import Pending
from robusttrain.redundancy.fingerprint import Fingerprint

SUMS = {
    4: Fingerprint(bytes(range(32)), True, 0.1),
    0: Fingerprint(b"\xff" * 32, False, math.inf),
}
SEED = b"\x02" * 32


def probe(step: int, attempt: int = 1) -> Pending:
    return Pending(step, attempt, (4, 2, 0), 1, SUMS, SEED)


def theta(step: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(step).standard_normal(50).astype(np.float32))


def known(journal: Journal):
    """All that a journal knows."""
    parameters = None if journal.pending is None else journal.parameters().tolist()
    return journal.attempt, dict(journal.convicted), journal.pending, parameters


def reopened(path: Path):
    journal = Journal(path)
    journal.close()
    return known(journal)


ACTIONS = [
    lambda j: j.start(),
    lambda j: j.pend(probe(3), theta(3)),
    lambda j: j.convict(2, 4, "sent a wrong sum\nof two lines"),
    lambda j: j.settle(),
    lambda j: j.start(),
    lambda j: j.pend(probe(5, 2), theta(5)),
    lambda j: j.convict(0, 6, "claimed a wrong fingerprint"),
    lambda j: j.convict(0, 7, "again"),
]


def stages(folder: Path):
    """What is known before the first action, after it, and so on."""
    journal = Journal(folder / "expected")
    yield known(journal)
    for act in ACTIONS:
        act(journal)
        yield known(journal)


@pytest.fixture
def expected(tmp_path):
    (tmp_path / "apart").mkdir()
    return list(stages(tmp_path / "apart"))


def test_all_is_known_again(tmp_path, expected):
    for act, before, after in zip(ACTIONS, expected, expected[1:], strict=False):
        assert reopened(tmp_path / "journal") == before
        journal = Journal(tmp_path / "journal")
        act(journal)
        journal.close()
        assert reopened(tmp_path / "journal") == after
    attempt, convicted, pending, parameters = after
    assert (attempt, pending, parameters) == (2, probe(5, 2), theta(5).tolist())
    assert convicted == {
        2: Conviction(4, "sent a wrong sum\nof two lines"),
        0: Conviction(6, "claimed a wrong fingerprint"),
    }


def killed(path: Path, act_at) -> int:
    """Run the actions in a child that `act_at()` may have killed; how many it had confirmed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            act_at()
            journal = Journal(path)
            for act in ACTIONS:
                act(journal)
                REAL["write"](writer, b".")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        confirmed = len(pipe.read())
    os.waitpid(child, 0)
    return confirmed


REAL = {name: getattr(os, name) for name in ("write", "fsync", "replace", "unlink")}


def die_at(number: int):
    """Have this process killed in its call `number` to the system, a write halfway."""
    calls = iter(range(10**6))

    def wrap(name):
        def call(*arguments):
            if next(calls) == number:
                if name == "write":
                    file, line = arguments
                    REAL["write"](file, line[: len(line) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return REAL[name](*arguments)

        return call

    for name in REAL:
        setattr(os, name, wrap(name))


def test_a_writer_killed_at_any_point_forgets_nothing_that_it_confirmed(tmp_path, expected):
    confirmed, number = -1, 0
    reached = set()
    while confirmed < len(ACTIONS):
        folder = tmp_path / str(number)
        folder.mkdir()
        confirmed = killed(folder / "journal", lambda n=number: die_at(n))
        after = reopened(folder / "journal")
        assert after in expected[confirmed : confirmed + 2]
        journal = Journal(folder / "journal")
        journal.start()
        journal.close()
        assert reopened(folder / "journal") == (after[0] + 1, *after[1:])
        reached.add(confirmed)
        number += 1
    assert reached == set(range(len(ACTIONS) + 1))
    assert number > 2 * len(ACTIONS)


def test_a_file_cut_at_any_byte_is_read_up_to_its_last_whole_line(tmp_path, expected, monkeypatch):
    journal = Journal(tmp_path / "journal")
    for act in ACTIONS:
        act(journal)
    journal.close()
    content = (tmp_path / "journal").read_bytes()
    monkeypatch.setattr(module.os, "fsync", lambda file: None)
    for length in range(len(content) + 1):
        (tmp_path / "cut").write_bytes(content[:length])
        journal = Journal(tmp_path / "cut")
        whole = content[:length].count(b"\n")
        attempt, convicted, pending, _ = expected[whole]
        assert (journal.attempt, journal.convicted, journal.pending) == (
            attempt, convicted, pending,
        )  # fmt: skip
        journal.start()
        journal.close()
        again = Journal(tmp_path / "cut")
        assert (again.attempt, again.pending) == (attempt + 1, pending)
        again.close()


def test_a_last_line_of_which_bytes_are_missing_is_torn(tmp_path):
    path = tmp_path / "journal"
    for _ in range(2):
        journal = Journal(path)
        journal.start()
        journal.close()
    content = path.read_bytes()
    first = content.index(b"\n") + 1
    path.write_bytes(content[:first] + bytes(len(content) - first - 1) + b"\n")
    assert reopened(path)[0] == 1
    assert path.read_bytes() == content[:first]


def test_a_damaged_line_in_the_middle_is_refused(tmp_path):
    path = tmp_path / "journal"
    journal = Journal(path)
    for act in ACTIONS:
        act(journal)
    journal.close()
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"convicted"', b'"Convicted"', 1))
    with pytest.raises(ValueError, match=r"line 3 of 8 is damaged.*restore"):
        Journal(path)
    assert content.replace(b'"convicted"', b'"Convicted"', 1) == path.read_bytes()


def test_parameters_are_kept_while_a_probe_is_pending_and_no_longer(tmp_path):
    journal = Journal(tmp_path / "journal")
    journal.pend(probe(3), theta(3))
    assert len(list(tmp_path.iterdir())) == 2
    journal.settle()
    assert list(tmp_path.iterdir()) == [tmp_path / "journal"]


def test_what_is_noted_is_on_disk_before_the_call_returns(tmp_path, monkeypatch):
    """The parameters and their name first, then the line that speaks of them."""
    events: list[str] = []

    def traced(name):
        def call(*arguments):
            result = REAL[name](*arguments)
            events.append(f"{name} {described(arguments[0])}")
            return result

        return call

    def described(what) -> str:
        path = Path(os.readlink(f"/proc/self/fd/{what}")) if isinstance(what, int) else what
        return "folder" if path == tmp_path else path.suffix or path.name

    journal = Journal(tmp_path / "journal")
    for name in ("write", "fsync", "replace"):
        monkeypatch.setattr(module.os, name, traced(name))
    journal.pend(probe(3), theta(3))
    assert events == ["fsync .partial", "replace .partial", "fsync folder",
                      "write journal", "fsync journal"]  # fmt: skip
    for act in (lambda: journal.convict(1, 2, "x"), journal.settle, journal.start):
        events.clear()
        act()
        assert events == ["write journal", "fsync journal"]


def test_a_new_file_and_its_name_are_on_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(module.os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))
    Journal(tmp_path / "journal").close()
    assert synced == [(tmp_path / "journal").stat().st_ino, tmp_path.stat().st_ino]


def test_a_journal_that_cannot_write_is_closed(tmp_path, monkeypatch):
    def full(file):
        raise OSError(28, "No space left on device")

    journal = Journal(tmp_path / "journal")
    journal.start()
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            journal.convict(1, 2, "x")
    with pytest.raises(ValueError, match="closed"):
        journal.start()
    assert (journal.attempt, journal.convicted) == (1, {})


def test_a_second_pending_probe_is_our_own_error(tmp_path):
    journal = Journal(tmp_path / "journal")
    with pytest.raises(AssertionError, match="no probe is pending"):
        journal.settle()
    journal.pend(probe(1), theta(1))
    with pytest.raises(AssertionError, match="would hide another"):
        journal.pend(probe(2), theta(2))
