"""Items read on demand: the bits of reading from memory, whatever was expected, by any process."""

import gc
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from own_data import Drawn, Fails, Items, blobs, make_dicts
from support import PATIENCE, ROOT, ended, environment, wait_for

from robusttrain.training.on_demand import OnDemand, item
from robusttrain.training.samples import InMemory, in_order
from robusttrain.usercode.broken import Broken

CPU = torch.device("cpu")
PROCESSES = pytest.mark.parametrize("processes", [0, 2])
SET = blobs(30, 0)
KEYS = [
    (np.array([[3, 1], [29, 3]]), np.array([7, 8])),
    (np.array([[0, 0, 5]]), np.array([9])),
    (np.array([[4]]), np.array([1])),
    (np.arange(28).reshape(4, 7), np.arange(4)),
]
EXPECTED = {
    "nothing": [],
    "right": KEYS,
    "wrong": KEYS[::-1],
    "other seeds": [(numbers, seeds + 1) for numbers, seeds in KEYS],
    "partly right": [*KEYS[:2], KEYS[0], KEYS[3]],
    "too short": KEYS[:2],
    "too long": [*KEYS, *KEYS],
}


def read_all(samples):
    return [samples.read(*key) for key in KEYS]


def equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def generators():
    return (
        random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    )  # fmt: skip


@PROCESSES
@pytest.mark.parametrize("expected", EXPECTED)
def test_the_bits_are_those_of_memory_whatever_was_expected(processes, expected):
    samples, memory = OnDemand(Items(SET), processes, CPU), InMemory(*SET.tensors)
    samples.expect(EXPECTED[expected])
    for _ in range(2):  # the second time, what is left over is expected
        for key in KEYS:
            found, wanted = samples.read(*key), memory.read(*key)
            assert equal(found, wanted)
            assert [leaf.dtype for leaf in found] == [leaf.dtype for leaf in wanted]


@PROCESSES
def test_reading_in_order_gives_each_sample_once(processes):
    parts = list(in_order(OnDemand(Items(SET), processes, CPU), 7))
    assert equal([torch.cat([part[i] for part in parts]) for i in (1, 2)], SET.tensors)


def test_random_items_follow_from_number_and_seed_in_any_process():
    here = read_all(OnDemand(Drawn(), 0, CPU))
    random.random(), np.random.rand(), torch.rand(3)
    ahead = OnDemand(Drawn(), 2, CPU)
    ahead.expect(KEYS)
    for found in (read_all(OnDemand(Drawn(), 0, CPU)), read_all(ahead)):
        assert all(equal(a, b) for a, b in zip(here, found, strict=True))


def test_random_items_are_other_ones_for_other_numbers_and_seeds():
    samples = OnDemand(Drawn(), 0, CPU)
    (first, _), (other, _) = (samples.read(np.arange(40)[None], np.array([s])) for s in (0, 1))
    for draws in torch.cat([first, other], dim=1)[0, :, 1:].T:
        assert len(draws.unique()) == 80


def test_a_task_twice_in_a_chunk_is_the_same_twice():
    inputs, _ = OnDemand(Drawn(), 2, CPU).read(np.array([[1, 2], [1, 2]]), np.array([5, 5]))
    assert torch.equal(inputs[0], inputs[1])


@PROCESSES
def test_global_generators_are_left_as_they_were(processes):
    before = generators()
    samples = OnDemand(Drawn(), processes, CPU)
    samples.expect(KEYS)
    read_all(samples)
    item(Drawn(), 3)
    assert generators() == before


@PROCESSES
def test_an_item_that_raises_is_told_and_the_next_read_is_right(processes):
    samples = OnDemand(Fails(), processes, CPU)
    bad, good = (np.array([[1, 5]]), np.array([0])), (np.array([[1, 2], [3, 4]]), np.array([0, 1]))
    samples.expect([bad, good])
    before = generators()
    said = r"^data: sample 5 raised OSError: sample 5 is gone \(own_data\.py, line \d+\)$"
    with pytest.raises(Broken, match=said) as caught:
        samples.read(*bad)
    assert "own_data.py" in caught.value.trace
    assert "torch" not in caught.value.trace
    assert generators() == before
    for _ in range(2):
        assert samples.read(*good)[1].tolist() == [[1, 2], [3, 4]]


@PROCESSES
@pytest.mark.parametrize("other", [torch.zeros(3), torch.zeros(()), "text", None])
def test_items_that_do_not_go_together_are_told(processes, other):
    samples = OnDemand([(torch.zeros(2), 0), (other, 1)], processes, CPU)
    for numbers in ([[0, 1]], [[0, 1], [0, 0], [1, 1]]):
        with pytest.raises(Broken, match=r"^data: items do not make a batch: .* give all one sh"):
            samples.read(np.array(numbers), np.zeros(len(numbers)))


@PROCESSES
def test_items_may_be_dicts_and_numbers(processes):
    train, _ = make_dicts()
    inputs, targets = OnDemand(train, processes, CPU).read(np.array([[0, 1], [2, 3]]), np.zeros(2))
    assert {name: tuple(leaf.shape) for name, leaf in inputs.items()} == {
        "ids": (2, 2, 3), "mask": (2, 2, 3)
    }  # fmt: skip
    assert targets.dtype == torch.float64
    assert targets.tolist() == [[1.5, 1.5], [1.5, 1.5]]


def test_one_item_has_no_axis_of_samples():
    inputs, target = item(Items(SET), 4)
    assert torch.equal(inputs, SET.tensors[0][4])
    assert target.shape == ()


def test_readers_start_with_the_first_item_and_share_a_chunk():
    before = set(multiprocessing.active_children())
    samples = OnDemand(Items(SET), 2, CPU)
    assert set(multiprocessing.active_children()) == before
    assert [len(piece) for piece in samples._order.pieces(KEYS[3])] == [14, 14]
    assert [len(piece) for piece in samples._order.pieces(KEYS[1])] == [2, 1]
    assert [len(piece) for piece in samples._order.pieces(KEYS[2])] == [1]
    samples.read(*KEYS[0])
    assert len(set(multiprocessing.active_children()) - before) == 2


def test_readers_end_with_what_they_read_for():
    samples = OnDemand(Items(SET), 2, CPU)
    samples.expect(KEYS)
    before = set(multiprocessing.active_children())
    samples.read(*KEYS[0])
    readers = set(multiprocessing.active_children()) - before
    del samples
    gc.collect()
    assert not any(reader.is_alive() for reader in readers)


RANK = """
import multiprocessing, threading, time
import torch, numpy as np
from own_data import Items, blobs
from robusttrain.comm.supervisor import leave
from robusttrain.training.on_demand import OnDemand
def read():
    global samples
    samples = OnDemand(Items(blobs(30, 0)), 2, torch.device("cpu"))
    samples.expect([(np.array([[0, 1]]), np.array([0]))] * 9)
    samples.read(np.array([[0, 1]]), np.array([0]))
    print("readers", *(child.pid for child in multiprocessing.active_children()), flush=True)
"""
MAIN, THREAD = "read()\n", "t = threading.Thread(target=read); t.start(); t.join()\n"
ENDS = {
    "killed": (MAIN + "time.sleep(999)", signal.SIGKILL),
    "killed, its readers from another thread": (THREAD + "time.sleep(999)", signal.SIGKILL),
    "left at once": (MAIN + "leave()", None),
}


@pytest.mark.parametrize("end", ENDS)
def test_readers_end_with_their_rank(tmp_path, end):
    code, number = ENDS[end]
    path = tmp_path / "output"
    env = environment() | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests")))}
    with path.open("w") as file:
        rank = subprocess.Popen([sys.executable, "-c", RANK + code], stdout=file, env=env,
                                stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
    try:
        wait_for(lambda: re.search(r"readers .*\n", path.read_text()))
        readers = [int(pid) for pid in path.read_text().splitlines()[0].split()[1:]]
        assert len(readers) == 2
        if number is not None:
            assert not any(map(ended, readers))
            rank.send_signal(number)
        rank.wait(60 * PATIENCE)
        wait_for(lambda: all(map(ended, readers)), 20)
    finally:
        rank.kill()


def test_a_signal_to_the_group_of_a_rank_is_the_ranks_alone():
    """Ctrl-C in a terminal goes to all of a group: what readers made of it would end the rank."""
    samples = OnDemand(Items(SET), 1, CPU)
    before = set(multiprocessing.active_children())
    samples.read(*KEYS[0])
    (reader,) = set(multiprocessing.active_children()) - before
    assert os.getpgid(reader.pid) == reader.pid != os.getpgid(0)


def test_what_is_expected_already_is_not_asked_for_again(monkeypatch):
    samples, starts = OnDemand(Items(SET), 1, CPU), []
    start = samples._start
    monkeypatch.setattr(samples, "_start", lambda keys: (starts.append(len(keys)), start(keys)))
    samples.expect(KEYS)
    for count in (4, 2, 0):  # what comes after these stays expected
        samples.expect([(numbers.copy(), seeds.copy()) for numbers, seeds in KEYS[:count]])
    read_all(samples)
    assert starts == [4]
    assert samples.reads_ahead
    assert not OnDemand(Items(SET), 0, CPU).reads_ahead
