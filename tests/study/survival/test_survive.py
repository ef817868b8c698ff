"""The study: which runs it makes."""

from rich.table import Table

from robusttrain.study.survival import survive


def test_each_part_makes_its_runs_each_in_a_folder_of_its_own(monkeypatch):
    made = []

    def run(folder, words, ranks, *rest):
        assert folder.is_dir()
        assert not any(folder.iterdir())
        made.append((words[-1], ranks, len(rest[0]) if len(rest) == 1 else rest))

    for name in ("killed", "stopped", "restarted"):
        monkeypatch.setattr(survive, name, run)
    for name in ("ranks_table", "stopped_table", "server_table"):
        monkeypatch.setattr(survive, name, lambda *given: Table())
    shown = list(survive.survive(survive.PARTS, 3, 0))
    assert made[:2] == [("steps=245", 5, 3), ("steps=320", 5, 3)]
    assert made[2:4] == [("steps=200", 5, (20, 20)), ("steps=200", 5, (20, 40))]
    assert made[4:] == [("steps=120", 2, 3)] * len(survive.SERVERS)
    assert len(shown) == 6
