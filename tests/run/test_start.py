"""Where a run may be written, checked before a rank starts."""

import pytest

from robusttrain.run.start import check_place, check_writable, prepare


def test_a_folder_that_can_be_made_is_not_made(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("root", ["file", "file/below", "/proc/none/below"])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path, root):
    (tmp_path / "file").touch()
    run = {"root": str(tmp_path / root), "name": None}
    with pytest.raises(ValueError, match=r"^run.root: .* cannot be written .*; set run.root to a"):
        check_place(run)


@pytest.mark.parametrize("name", ["", " ", 5])
def test_a_name_is_text(tmp_path, name):
    with pytest.raises(ValueError, match=r"run.name=.* must be text"):
        check_place({"root": str(tmp_path), "name": name})


@pytest.mark.parametrize(
    ("words", "says"),
    [(["pre=[]"], "preaggregator"), (["-m", "target=hidden,all"], "target=undetected,all"),
     (["-m", "run.root=/proc/none"], "cannot be written")],
)  # fmt: skip
def test_it_is_refused_before_hydra_starts(words, says, monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SystemExit, match=f"^error: .*{says}"):
        prepare(words)
