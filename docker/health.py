"""Container health: ``python docker/health.py web``, ``ports``, or a part that /readyz reports."""

import json
import sys
import urllib.error
import urllib.request

READY = "http://{}:{}/readyz"
SERVES = {"web": 8000, "ports": 8100}  # These answer for themselves.


def is_healthy(part: str) -> bool:
    """Whether this process can serve, or whether the web process finds any other part well."""
    address = READY.format("127.0.0.1", SERVES[part]) if part in SERVES else READY.format("web", 8000)
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  (an address of ours)
            report = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return part in SERVES or bool(report["parts"][part]["ok"])


if __name__ == "__main__":
    sys.exit(0 if is_healthy(sys.argv[1]) else 1)
