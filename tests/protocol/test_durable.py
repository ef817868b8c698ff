"""Files that take the place of others at once."""

import pytest

from robusttrain.protocol.durable import durably


def test_a_file_is_there_when_all_of_it_is_written(tmp_path):
    path = tmp_path / "state.pt"
    path.write_bytes(b"before")
    with durably(path) as file:
        file.write(b"after")
        file.flush()
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [path]


def test_where_writing_fails_the_old_one_stays(tmp_path):
    path = tmp_path / "state.pt"
    path.write_bytes(b"before")

    def half():
        with durably(path) as file:
            file.write(b"half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        half()
    assert path.read_bytes() == b"before"
