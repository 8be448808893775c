"""How many calls a caller may make."""

from __future__ import annotations

import pytest

from services.plumbing.rate_limit import Limiter


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    limiter = Limiter(rate=2, burst=3)

    assert [limiter.take("a", 0.0) for _ in range(3)] == [0, 0, 0]
    assert limiter.take("a", 0.0) == pytest.approx(0.5)
    assert limiter.take("b", 0.0) == 0
    assert limiter.take("a", 0.5) == 0
    assert limiter.take("a", 0.5) > 0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    limiter = Limiter(rate=1, burst=1)
    limiter.take("a", 100.0)

    assert limiter.take("a", 50.0) == pytest.approx(1.0)


def test_a_limiter_forgets_who_was_silent_longest() -> None:
    limiter = Limiter(rate=1, burst=1, callers_max=2)
    for caller in ("a", "b", "c"):
        limiter.take(caller, 0.0)

    assert limiter.take("c", 0.0) > 0
    assert limiter.take("a", 0.0) == 0
