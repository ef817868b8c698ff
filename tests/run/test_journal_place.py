"""The journal's place is checked before a rank starts."""

import pytest

from robusttrain.run.journal_place import check_journal


def test_a_journal_is_a_file_in_a_folder_that_exists(tmp_path):
    (tmp_path / "old").touch()
    for path in (None, str(tmp_path / "new"), str(tmp_path / "old")):
        check_journal(path)
    assert not (tmp_path / "new").exists()
    for path in (tmp_path, tmp_path / "none" / "new", tmp_path / "old" / "new"):
        with pytest.raises(ValueError, match=r"^probe.journal=.* cannot be written; set it to a"):
            check_journal(str(path))
