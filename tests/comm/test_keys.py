"""Key files: made once, for their owner alone, and refused where they are not safe or not whole."""

import pytest

from robusttrain.comm import keys
from robusttrain.comm.identity import fits


@pytest.fixture
def folder(tmp_path):
    """Keys of a server and two worker ranks."""
    keys.make(tmp_path / "keys", 2)
    return tmp_path / "keys"


def test_a_folder_has_the_keys_of_all_ranks_for_its_owner_alone(folder):
    names = [f"{n}.{e}" for n in ("server", "rank-1", "rank-2") for e in ("key", "crt")]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {0o600}


def test_all_are_read_back(folder):
    assert all(fits(keys.load(folder, rank)) for rank in (0, 1, 2))
    assert keys.load(folder, 0).certificate == keys.certificate(folder, 0)
    assert list(keys.certificates(folder)) == [1, 2]
    assert keys.certificates(folder)[2] == keys.load(folder, 2).certificate


def test_no_key_is_overwritten(folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ValueError, match="holds something, and keys are never overwritten"):
        keys.make(folder, 2)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("ranks", [0, -1, keys.MOST_RANKS + 1])
def test_as_many_ranks_as_cannot_be_are_refused(tmp_path, ranks):
    with pytest.raises(ValueError, match=f"--ranks {ranks} must be in 1.."):
        keys.make(tmp_path / "keys", ranks)


def loosen(folder):
    (folder / "rank-1.key").chmod(0o640)


def lose(folder):
    (folder / "rank-1.key").unlink()


def damage(folder):
    (folder / "rank-1.key").write_bytes(b"-----BEGIN PRIVATE KEY-----")


def swap(folder):
    (folder / "rank-1.crt").write_bytes((folder / "rank-2.crt").read_bytes())


@pytest.mark.parametrize(
    ("harm", "said"),
    [(loosen, r"others can read rank-1.key \(mode 640\).*; chmod 600 .*rank-1.key"),
     (lose, "rank-1.key cannot be read .*; copy it there, or make keys with robusttrain keys"),
     (damage, "rank-1.key or rank-1.crt is damaged"),
     (swap, "rank-1.crt is not the certificate of rank-1.key")],
)  # fmt: skip
def test_what_is_not_safe_or_not_whole_is_refused(folder, harm, said):
    harm(folder)
    with pytest.raises(ValueError, match=f"cluster.keys={folder}: {said}"):
        keys.load(folder, 1)


def test_certificates_that_are_none_or_missing_are_refused(folder):
    (folder / "rank-2.crt").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"rank-2.crt is no certificate"):
        keys.certificates(folder)
    for path in folder.glob("rank-*"):
        path.unlink()
    with pytest.raises(ValueError, match=r"holds no certificate of a worker rank"):
        keys.certificates(folder)
