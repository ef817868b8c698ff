"""The limits are counts that fit one another."""

import sys

from robusttrain.combinatorics import effort

LIMITS = {name: value for name, value in vars(effort).items() if name.isupper()}


def test_all_are_positive_whole_numbers():
    assert LIMITS
    assert all(type(value) is int and value > 0 for value in LIMITS.values())


def test_a_run_searches_less_than_the_command():
    assert effort.RUN < effort.SEARCH < effort.UNLIMITED


def test_the_deepest_cover_search_fits_the_interpreters_frames():
    assert sys.getrecursionlimit() > 5 * effort.COVER_DEPTH
