"""Bytes of a text: the target of each is the next one, and the test is on text never trained on."""

import pytest
import torch

from robusttrain.training.data.text import Text, shipped
from robusttrain.values import shown


def load(tmp_path, text: bytes, length: int):
    path = tmp_path / "text.txt"
    path.write_bytes(text)
    data = Text(str(path), length)
    train, test = data.load()
    assert len(train) == data.train_size
    return train, test


def test_sequences_by_hand(tmp_path):
    train, test = load(tmp_path, bytes(range(40)), 3)
    assert train.inputs.tolist() == [list(range(3 * i, 3 * i + 3)) for i in range(11)]
    assert torch.equal(train.targets, train.inputs + 1)
    assert test.inputs.tolist() == [[36, 37, 38]]
    assert test.targets.tolist() == [[37, 38, 39]]
    assert train.inputs.dtype == train.targets.dtype == torch.int64


@pytest.mark.parametrize("size", [20, 21, 29, 30, 99, 1000])
@pytest.mark.parametrize("length", [1, 2, 7])
def test_no_byte_of_the_test_is_trained_on(tmp_path, size, length):
    text = bytes(i % 251 for i in range(size))
    cut = size * 9 // 10
    if size // 10 < length + 1:
        with pytest.raises(ValueError, match=rf"data\.length={length}: the text has {size} bytes"):
            load(tmp_path, text, length)
        return
    train, test = load(tmp_path, text, length)
    for part, source in ((train, text[:cut]), (test, text[cut:])):
        count = len(part) * length
        assert bytes(part.inputs.flatten().tolist()) == source[:count]
        assert bytes(part.targets.flatten().tolist()) == source[1 : count + 1]
        assert len(source) - 1 - count < length


def test_python_ships_enough_to_learn_from():
    data = Text(None, 64)
    assert data.train_size > 5000
    assert data.facts == {"vocabulary": 256, "length": 64, "classes": 256}
    assert all(path.is_file() for path in shipped())


def test_a_python_without_texts_is_told(monkeypatch):
    monkeypatch.setattr("robusttrain.training.data.text.sysconfig.get_path", lambda _: "/nowhere")
    monkeypatch.setattr("robusttrain.training.data.text.importlib.util.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"data\.path=null: .* set data\.path to a text file"):
        Text(None, 8)


def test_a_file_that_cannot_be_read_is_refused_with_its_key(tmp_path):
    for path, reason in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(ValueError, match=rf"^data\.path={path} cannot be read \({reason}"):
            Text(str(path), 8)


@pytest.mark.parametrize("length", [0, -1, 2.5, True])
def test_a_length_that_is_no_count_is_refused(length):
    with pytest.raises(
        ValueError, match=rf"^data\.length={shown(length)} must be a whole number >= 1"
    ):
        Text(None, length)
