"""A click leads to a public host, whatever way a private one is written."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from ads.targets import https_only, validate_public_target

PUBLIC = [
    "https://motors.example.com/autumn?a=1#b",
    "https://motors.example.com./",
    "https://93.184.216.34/",
    "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    "https://[::ffff:93.184.216.34]/",
    "https://b\u00fccher.example/",
    "https://xn--bcher-kva.example:8443/",
]
PRIVATE = [
    "https://localhost/",
    "https://localhost./",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://10.1.2.3/",
    "https://169.254.169.254/latest/",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fd00::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://127\u30020\u30020\u30021/",
    "https://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    "https://local\u00adhost/",
    "https://127%2e0.0.1/",
    "https://127.0.0.1\\.example.com/",
    "https://example.com@127.0.0.1/",
    "https://user:secret@example.com/",
    "https://@example.com/",
    "https://intranet/",
    "https://cms.internal/",
    "https://router.lan/",
    "https://127.0.0.1.nip.io/",
    "https://localtest.me/",
    "https://example.com:0/",
]


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_target_is_taken(url: str) -> None:
    https_only(url)
    validate_public_target(url)


@pytest.mark.parametrize("url", PRIVATE)
def test_a_private_one_is_refused_however_it_is_written(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_public_target(url)
    assert refused.value.code == "private_target"


@pytest.mark.parametrize(
    "url", ["http://example.com/", "javascript:alert(1)", "//example.com/", "https://", "https://a b/"]
)
def test_only_https_is_taken(url: str) -> None:
    with pytest.raises(ValidationError):
        https_only(url)


@pytest.mark.parametrize("url", ["https://[::1/", "https://example.com:99999/"])
def test_nonsense_is_no_address(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_public_target(url)
    assert refused.value.code == "invalid"
