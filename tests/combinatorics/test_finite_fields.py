"""Finite fields: the axioms, for every order up to 64 and by random triples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robusttrain.combinatorics.finite_fields import field, is_prime, prime_power

PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61]
POWERS = [4, 8, 9, 16, 25, 27, 32, 49, 64]
ORDERS = sorted([*PRIMES, *POWERS])


@st.composite
def triples(draw: st.DrawFn) -> tuple[int, int, int, int]:
    order = draw(st.sampled_from([*ORDERS, 81, 121, 125, 128, 243]))
    a, b, c = (draw(st.integers(0, order - 1)) for _ in range(3))
    return order, a, b, c


@given(triples())
def test_sums_and_products_are_associative_commutative_and_distribute(drawn):
    order, a, b, c = drawn
    plus, times = field(order).plus, field(order).times
    assert plus[a, b] == plus[b, a]
    assert times[a, b] == times[b, a]
    assert plus[plus[a, b], c] == plus[a, plus[b, c]]
    assert times[times[a, b], c] == times[a, times[b, c]]
    assert times[a, plus[b, c]] == plus[times[a, b], times[a, c]]


@pytest.mark.parametrize("order", ORDERS)
def test_zero_one_and_inverses(order):
    """Rows that are permutations: every equation a + x = b, a x = b has one solution."""
    plus, times = field(order).plus, field(order).times
    elements = np.arange(order)
    assert plus.shape == times.shape == (order, order)
    assert np.array_equal(plus[0], elements)
    assert np.array_equal(times[1], elements)
    assert (times[0] == 0).all()
    assert (np.sort(plus, axis=1) == elements).all()
    assert (np.sort(times[1:], axis=1) == elements).all()


@pytest.mark.parametrize("order", ORDERS)
def test_every_element_is_its_own_power_of_the_order(order):
    times, power = field(order).times, np.ones(order, dtype=int)
    for _ in range(order):
        power = times[power, np.arange(order)]
    assert np.array_equal(power, np.arange(order))


@pytest.mark.parametrize("prime", PRIMES)
def test_a_prime_field_is_the_integers_modulo_it(prime):
    elements = np.arange(prime)
    assert np.array_equal(field(prime).plus, np.add.outer(elements, elements) % prime)
    assert np.array_equal(field(prime).times, np.multiply.outer(elements, elements) % prime)


def test_four_elements_by_hand():
    """x² = x + 1: 2 is x, 3 is x + 1."""
    assert field(4).plus.tolist() == [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]]
    assert field(4).times.tolist() == [[0, 0, 0, 0], [0, 1, 2, 3], [0, 2, 3, 1], [0, 3, 1, 2]]


@pytest.mark.parametrize("order", [-3, 0, 1, 6, 10, 12, 36, 100])
def test_there_is_no_other_field(order):
    assert prime_power(order) is None
    with pytest.raises(ValueError, match=rf"prime power of elements, not {order}; use"):
        field(order)


def test_prime_powers_up_to_64():
    assert [n for n in range(-2, 65) if prime_power(n)] == ORDERS
    assert [n for n in range(-2, 65) if is_prime(n)] == PRIMES
    assert [prime_power(n) for n in (2, 8, 49, 64, 97)] == [(2, 1), (2, 3), (7, 2), (2, 6), (97, 1)]


def test_tables_are_shared_and_cannot_be_changed():
    assert field(9) is field(9)
    with pytest.raises(ValueError, match="read-only"):
        field(9).plus[0, 0] = 1
