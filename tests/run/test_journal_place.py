"""The journal's place is checked before a rank starts, and that it is of this run."""

import pytest

from robusttrain.protocol.journal import Journal
from robusttrain.run.journal_place import check_journal, deciding


def placed(path):
    return {"probe": {"journal": path}}


def test_a_journal_is_a_file_in_a_folder_that_exists(tmp_path):
    (tmp_path / "old").touch()
    for path in (None, str(tmp_path / "new"), str(tmp_path / "old")):
        check_journal(placed(path))
    assert not (tmp_path / "new").exists()
    for path in (tmp_path, tmp_path / "none" / "new", tmp_path / "old" / "new"):
        with pytest.raises(ValueError, match=r"^probe.journal=.* cannot be written; set it to a"):
            check_journal(placed(str(path)))


def test_a_journal_goes_on_with_a_run_of_the_same_sums_alone(configure, tmp_path):
    """Else all of its last probe would be recomputed from other samples, and convicted."""
    path = tmp_path / "journal"
    words = (f"probe.journal={path}", "experiment=digits_probe")
    journal = Journal(path)
    journal.start(deciding(configure(*words)))
    journal.close()
    for more in ("steps=7", "optimizer.lr=0.5", "probe.share=1", "objective.vectorize=loop"):
        check_journal(configure(*words, more))
    for more in ("seed=1", "model.hidden=8", "objective.chunk=8"):
        key, value = more.split("=")
        with pytest.raises(ValueError, match=f"is of a run with {key}=(?!{value},).*use a new"):
            check_journal(configure(*words, more))
    with pytest.raises(ValueError, match="workers=15, batch=1365, "):
        check_journal(configure(*words, "workers=7", "batch=700", "threat.byzantine=3",
                                "defense.byzantine=3"))  # fmt: skip
