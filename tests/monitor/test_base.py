"""Several monitors hear the same, in order."""

from robusttrain.monitor.base import FanOut, Monitor


class Spy(Monitor):
    def __init__(self, name, heard):
        self.name, self.heard = name, heard

    def step(self, record):
        self.heard.append((self.name, "step", record))

    def evaluation(self, record):
        self.heard.append((self.name, "evaluation", record))

    def end(self, summary):
        self.heard.append((self.name, "end", summary))


def test_every_record_reaches_every_monitor():
    heard = []
    both = FanOut([Spy("a", heard), Spy("b", heard)])
    both.step({"step": 0})
    both.evaluation({"step": 1})
    both.end({"finished": True})
    assert heard == [
        (name, kind, record)
        for kind, record in (
            ("step", {"step": 0}), ("evaluation", {"step": 1}), ("end", {"finished": True})
        )
        for name in "ab"
    ]  # fmt: skip
