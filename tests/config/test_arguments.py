"""Options that are wrong end a script with one line and code 2."""

import pytest

from robusttrain.config.arguments import Parser, parse_with_overrides


@pytest.mark.parametrize("arguments", [["--limit", "x"], ["--limt", "3"], ["--limit"]])
def test_an_error_is_one_line(capsys, arguments):
    parser = Parser("what it does")
    parser.add_argument("--limit", type=float)
    with pytest.raises(SystemExit) as ended:
        parse_with_overrides(parser, arguments)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "--lim" in line


def test_other_words_are_overrides():
    parser = Parser()
    parser.add_argument("--limit", type=float)
    options, overrides = parse_with_overrides(parser, ["workers=3", "--limit", "5", "seed=1"])
    assert (options.limit, overrides) == (5.0, ["workers=3", "seed=1"])
