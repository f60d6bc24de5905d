"""The short form of ``manage.py prove readers``."""

import pytest

from newsroom.proof.readers import Options, prove_readers

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def test_the_limits_hold_when_a_hundred_come_at_once() -> None:
    found = {check.name: check.holds for check in prove_readers(Options(seed=7, durable=False), print)}

    assert len(found) == 17
    assert all(found.values()), found
