"""Lines of the journal, and whose run it is."""

import math
from pathlib import Path

import pytest

from robusttrain.protocol.journal import Journal
from robusttrain.protocol.journal_records import (
    Pending,
    as_json,
    check_same,
    from_json,
    parsed,
    run_of,
    written,
)
from robusttrain.redundancy.fingerprint import Fingerprint


def test_a_probe_comes_back_from_its_line():
    probe = Pending(3, 2, (4, 0), 1, {4: Fingerprint(b"\x00" * 8, False, math.inf)}, b"\xff" * 32)
    line = written({"kind": "pending", **as_json(probe)})
    assert from_json(parsed(line)) == probe


@pytest.mark.parametrize("place", range(len(written({"kind": "settled"}))))
def test_a_line_with_a_changed_byte_is_no_line(place):
    line = bytearray(written({"kind": "settled"}))
    line[place] ^= 1
    assert parsed(bytes(line)) is None


def test_a_journal_is_of_the_run_that_began_it(tmp_path):
    path = tmp_path / "journal"
    for run in ({}, {"workers": 7}, {"workers": 7}):
        journal = Journal(path)
        journal.start(run)
        journal.close()
    assert run_of(path) == {"workers": 7}
    journal = Journal(path)
    assert (journal.attempt, journal.run) == (3, {"workers": 7})
    with pytest.raises(ValueError, match="is of a run with workers=7, other than here"):
        journal.start({"workers": 8})
    assert journal.attempt == 3
    journal.close()


def test_keys_that_differ_are_named_three_of_them():
    then, now = dict.fromkeys("abcde", 1), {**dict.fromkeys("abcd", 2), "f": 1}
    with pytest.raises(ValueError, match="a=1, b=1, c=1 and 3 keys more"):
        check_same(Path("x"), then, now)
    check_same(Path("x"), {}, now)
    check_same(Path("x"), now, now)
