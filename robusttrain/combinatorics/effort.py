"""The limits of all searches in one table: what each bounds, and why.

Limits count work, never seconds, so that every rank and every machine stops at the same place
and finds the same answer. A search that meets its limit gives the best it has and a proven bound.
"""

import time

# Work of one search over sets of liars, in units of some microseconds.
SEARCH = 500_000  # the default: seconds at most
RUN = 20_000  # inside a run, where all ranks wait for it: at the start and after an eviction
UNLIMITED = 10**9  # where a deadline decides instead

# The tasks that one given set of liars can forge unseen (`undetected.Lies`), in the same units.
LIES_PART = 10  # each set may take a tenth of the effort of the search over liars,
LIES_MOST = 300_000  # and never more than this: one hard set must not take it all
ACCOMPLICE_SETS = 1_500  # sets D of honest workers that are tried one by one; beyond: exchanges

# First guesses by exchange of workers (`worst_case.climb`).
CLIMB_STARTS = 24  # random starts at most
CLIMB_PRODUCTS = 300_000_000  # multiplications in all starts together; two starts are always made
CLIMB_EXCHANGES = 4  # exchanges in one start, times K

# Branch and bound over sets of liars (`liar_search.LiarSearch`): memory, and what symmetry costs.
CELLS = 4_000_000  # numbers in one temporary array
SYMMETRIC_SIZE = 5  # sets of up to this size are compared with all their images,
SYMMETRIC_IMAGES = 64  # larger ones with so many: they are too numerous for more
AUTOMORPHISMS = 4_096  # relabellings that are kept; groups can be far larger
IMAGE_WORDS = 2_000_000  # images of sets held at once

# Whether overt liars are always convicted (`overt.always_convicted`).
GROUPS = 20_000  # groups of workers that are extended before the answer is "not sure"

# Vertex covers of a disagreement graph, in a step, on the server (`vertex_cover.forced`).
COVER = 300_000  # vertices looked at, each node of the search counting all its own: half a second
COVER_DEPTH = 150  # nested calls of up to 5 frames: below Python's limit of 1,000 frames


def late(deadline: float | None) -> bool:
    """Whether a time.monotonic() is past; None never is."""
    return deadline is not None and time.monotonic() > deadline
