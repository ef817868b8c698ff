"""Files that cannot be written are refused before there is anything to write."""

from pathlib import Path

import pytest

from robusttrain.report.output_files import check_outputs


@pytest.mark.parametrize("name", ["a.png", "a.PDF", "a.b.svg"])
def test_files_that_can_be_written_are_not_made(tmp_path, name):
    check_outputs(tmp_path / "table", tmp_path / name)
    check_outputs(None, None)
    check_outputs(Path("/dev/null"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("csv", "image", "says"),
    [
        ("", None, r"--csv \S+ is a folder; name a file in it"),
        (None, "", r"--png \S+ is a folder; name a file in it"),
        ("none/a.csv", None, r"--csv \S+: there is no folder \S+/none; create it"),
        ("file/a.csv", None, r"--csv \S+: there is no folder \S+/file; create it"),
        (None, "a.xyz", r"--png \S+/a\.xyz must end in a format .*png.*; use \S+/a\.png"),
        ("a.csv", "a", r"--png \S+/a must end in a format .*; use \S+/a\.png"),
    ],
)
def test_files_that_cannot_be_written_are_refused(tmp_path, csv, image, says):
    (tmp_path / "file").touch()
    given = [None if name is None else tmp_path / name for name in (csv, image)]
    with pytest.raises(ValueError, match=f"^{says}$"):
        check_outputs(*given)


@pytest.mark.parametrize("exists", [True, False])
def test_a_file_without_permission_is_refused(tmp_path, monkeypatch, exists):
    path = tmp_path / "a.csv"
    if exists:
        path.touch()
    monkeypatch.setattr("os.access", lambda place, mode: place != (path if exists else tmp_path))
    with pytest.raises(ValueError, match="cannot be written; use a file that you can write to"):
        check_outputs(path)
