"""Finite fields GF(p^m) as tables: the arithmetic of Latin squares and of finite planes."""

from dataclasses import dataclass
from functools import cache
from math import isqrt

import numpy as np


def prime_power(number: int) -> tuple[int, int] | None:
    """(p, m) with p prime, m >= 1 and number = p^m; None where there is no such pair.

    >>> prime_power(8), prime_power(12)
    ((2, 3), None)
    """
    if number < 2:
        return None
    prime = next((d for d in range(2, isqrt(number) + 1) if number % d == 0), number)
    power = 0
    while number % prime == 0:
        number //= prime
        power += 1
    return (prime, power) if number == 1 else None


def is_prime(number: int) -> bool:
    return prime_power(number) == (number, 1)


@dataclass(frozen=True, eq=False)
class Field:
    """GF(q): the elements are 0..q-1, with 0 the zero and 1 the one.

    plus: [q, q] int, read-only. The sum of two elements.
    times: [q, q] int, read-only. Their product.
    """

    plus: np.ndarray
    times: np.ndarray


@cache
def field(order: int) -> Field:
    """GF(q) for q = `order` = p^m; for m = 1 the integers modulo p.

    The digits of an element in base p, lowest first, are the coefficients of a polynomial
    over GF(p); sums and products are those of polynomials modulo p and modulo the lowest
    irreducible monic polynomial of degree m. Raises ValueError if q is no prime power.
    """
    factors = prime_power(order)
    if factors is None:
        raise ValueError(f"a field has a prime power of elements, not {order}; use 7, 8 or 9, say")
    p, m = factors
    elements = _digits(np.arange(order), p, m)
    modulus = _irreducible(p, m)
    product = _products(elements, elements) % p
    for degree in range(2 * m - 2, m - 1, -1):
        lead = product[..., degree, None].copy()
        product[..., degree - m : degree + 1] -= lead * modulus
        product %= p
    plus = _number((elements[:, None] + elements) % p, p)
    times = _number(product[..., :m], p)
    plus.flags.writeable = times.flags.writeable = False
    return Field(plus, times)


def _digits(numbers: np.ndarray, base: int, length: int) -> np.ndarray:
    """[n, length] int: digits, lowest first."""
    return numbers[:, None] // base ** np.arange(length) % base


def _number(digits: np.ndarray, base: int) -> np.ndarray:
    """[...] int: the inverse of `_digits` along the last axis."""
    return digits @ base ** np.arange(digits.shape[-1])


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """[n, k, a + b - 1] int: left [n, a] times right [k, b], as polynomials."""
    product = np.zeros((len(left), len(right), left.shape[1] + right.shape[1] - 1), dtype=np.int64)
    for i in range(left.shape[1]):
        product[..., i : i + right.shape[1]] += left[:, None, i, None] * right
    return product


def _irreducible(p: int, m: int) -> np.ndarray:
    """[m + 1] int: the lowest monic polynomial of degree m over GF(p) that is no product."""
    monic = [_digits(np.arange(p**d, 2 * p**d), p, d + 1) for d in range(m + 1)]
    reducible = {
        int(number)
        for d in range(1, m // 2 + 1)
        for number in _number(_products(monic[d], monic[m - d]) % p, p).flat
    }
    lowest = next(n for n in range(p**m, 2 * p**m) if n not in reducible)
    return _digits(np.array([lowest]), p, m + 1)[0]
