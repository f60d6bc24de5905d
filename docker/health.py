"""Container health: ``python docker/health.py web`` or the name of a part that /readyz reports."""

import json
import sys
import urllib.error
import urllib.request

WEB = "http://{}:8000/readyz"


def is_healthy(part: str) -> bool:
    """Whether this web process can serve, or whether it finds any other part well."""
    host = "127.0.0.1" if part == "web" else "web"
    try:
        with urllib.request.urlopen(WEB.format(host), timeout=5) as answer:  # noqa: S310  (an address of ours)
            report = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return part == "web" or bool(report["parts"][part]["ok"])


if __name__ == "__main__":
    sys.exit(0 if is_healthy(sys.argv[1]) else 1)
