"""Where a click may lead: https, and a public host, however it is written. Pure but for the errors."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

https_only = RegexValidator(
    r"^https://[^\s/$.?#][^\s]*\Z", "Give an address that starts with https://.", code="invalid"
)

# Source: RFC 6761, RFC 6762, RFC 8375, ICANN's resolution that reserves .internal, and the names that
# companies and routers use inside (RFC 6762, appendix G).
PRIVATE_ENDINGS = frozenset(
    (
        *("localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan"),
        *("arpa", "invalid", "test", "onion"),
    )
)
# Public names that by design answer with whatever address is written in them, or with this machine's own.
MIRRORS = ("nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com")
_LABEL = re.compile(r"[\w-]+\Z")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def validate_public_target(url: str) -> None:
    """A click leads to a public host: no machine inside, no name without a dot, no login in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:  # a bracket that is not closed, a port that is no number
        raise ValidationError("This is no web address.", code="invalid") from error
    # Browsers take a backslash for a slash, so that what follows it would be another host's path.
    is_odd = "\\" in url or "@" in parts.netloc or port == 0
    if is_odd or not is_public_host(host):
        raise ValidationError("Ads lead to public addresses only.", code="private_target")


def is_public_host(host: str) -> bool:
    """Whether a host, read as browsers read it, is a public address or a name of the public DNS."""
    # Browsers fold wide and circled letters and the ideographic full stop before they look a name up.
    folded = unicodedata.normalize("NFKC", host).replace("。", ".").lower().rstrip(".")
    try:
        return _is_public(ipaddress.ip_address(folded))
    except ValueError:
        pass
    labels = folded.split(".")
    if len(labels) < 2 or not all(_LABEL.match(label) for label in labels):
        return False
    # Names whose last part starts with a digit (127.1, 0x7f.1) are IPv4 addresses to a browser.
    if labels[-1][:1].isdigit() or labels[-1] in PRIVATE_ENDINGS:
        return False
    return not any(folded == name or folded.endswith(f".{name}") for name in MIRRORS)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast
