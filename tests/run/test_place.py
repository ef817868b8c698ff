"""Where a run may be written, checked before a rank starts."""

import pytest

from robusttrain.run.place import check_place, check_writable


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


@pytest.mark.parametrize("key", ["name", "label"])
@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/b", "..", ".", "a\\b", "a\0b"])
def test_a_run_stays_within_its_root(tmp_path, key, name):
    run = {"root": str(tmp_path), "name": "a", "label": "b"}
    with pytest.raises(
        ValueError, match=rf"^run\.{key}=.* must be the name of a single folder; use"
    ):
        check_place(run | {key: name})
    check_place(run | {key: "a.b..c, d=1"})
