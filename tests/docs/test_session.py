"""The example of docs/session.md: short, as shown, and it learns, attacked and defended."""

import difflib
import re
import sys

import pytest
from support import ROOT

EXAMPLES = ROOT / "docs" / "examples"
PLAIN, PROTECTED = EXAMPLES / "gpt_ddp.py", EXAMPLES / "gpt_session.py"
LIAR = ("workers=5", "defense.byzantine=1", "threat.byzantine=1", "target=all")


def difference() -> list[str]:
    """What has to change in the plain script, as docs/session.md shows it."""
    texts = (path.read_text().splitlines() for path in (PLAIN, PROTECTED))
    lines = list(difflib.unified_diff(*texts, n=1, lineterm=""))[2:]
    return ["@@" if line.startswith("@@") else line for line in lines]


def test_fewer_than_15_lines_change_and_the_page_shows_them():
    lines = difference()
    assert 0 < sum(line.startswith(("+", "-")) for line in lines) < 15
    (shown,) = re.findall(r"^```diff\n(.*?)\n```$", (ROOT / "docs" / "session.md").read_text(),
                          flags=re.MULTILINE | re.DOTALL)  # fmt: skip
    assert shown.splitlines() == lines


def losses(warm, folder, script, ranks, *words) -> tuple[list[float], str]:
    """(test losses after 10 and 20 steps, all that was printed)."""
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
    done = warm.call([*launcher, str(ranks), str(script), "20", *words], folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "gpt.pt").exists()
    return [float(x) for x in re.findall(r"test loss ([\d.]+)", done.stdout)], done.stdout


@pytest.mark.ranks
def test_attacked_and_defended_it_learns_what_the_plain_script_learns(warm, tmp_path):
    """The liar is convicted in the first step: all later ones, and in truth all, are exact."""
    plain, _ = losses(warm, tmp_path, PLAIN, 2)
    (tmp_path / "gpt.pt").unlink()
    protected, printed = losses(warm, tmp_path, PROTECTED, 4, *LIAR)
    assert protected[0] > protected[1]
    assert protected == pytest.approx(plain, abs=0.01)
    assert re.search(r"convicted +│ worker \d, step 0", printed)
