"""A client is known by its own address: what it claims in a header counts for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory

from newsroom import limits
from newsroom.limits import client_network, network_of


@pytest.fixture
def proxies(settings: Any) -> Iterator[None]:
    settings.NEWSROOM_TRUSTED_PROXIES = ["10.0.0.0/8", "fd00::/8"]
    limits._trusted_proxies.cache_clear()
    yield
    limits._trusted_proxies.cache_clear()


def asking(peer: str, forwarded: str | None = None) -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return client_network(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


def test_without_proxies_the_header_is_not_believed() -> None:
    limits._trusted_proxies.cache_clear()

    assert asking("203.0.113.9", "198.51.100.1") == "203.0.113.9"
    assert asking("127.0.0.1", "198.51.100.1") == "127.0.0.1"


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # What the client wrote stands to the left.
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1"),  # Two proxies of ours.
        ("10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"),  # A client of our own network.
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("10.0.0.1", "unknown", "0.0.0.0"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # Not one of our proxies.
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_the_first_address_from_the_right_that_is_no_proxy_is_the_client(
    peer: str, forwarded: str | None, client: str
) -> None:
    assert asking(peer, forwarded) == client


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", "0.0.0.0"),
        ("nonsense", "0.0.0.0"),
    ],
)
def test_ipv6_counts_by_its_64_and_mapped_ipv4_as_ipv4(address: str, network: str) -> None:
    assert network_of(address) == network
