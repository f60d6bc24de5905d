"""What the demo prints: each line with the name of the part that wrote it, in colour on a terminal."""

from __future__ import annotations

import sys

COLOURS = {
    "web": 36,
    "ports": 36,
    "worker": 32,
    "reconciler": 35,
    "beat": 34,
    "postgresql": 33,
    "valkey": 33,
    "stores": 33,
}
WIDTH = max(map(len, COLOURS))
LONGEST_LINE = 65_536  # bytes; a part that never ends its line must not fill the memory.


class Output:
    """Joins the parts' output line by line. A reader that went away (``| head``) is no reason to stop."""

    def __init__(self) -> None:
        self._partial: dict[str, bytes] = {}
        self._colours = sys.stdout.isatty()

    def write(self, name: str, data: bytes) -> None:
        """Print the whole lines in this; keep the rest for later."""
        *lines, rest = (self._partial.get(name, b"") + data).split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        self._partial[name] = rest
        for line in lines:
            if text := line.decode("utf-8", errors="replace").rstrip():
                self.tell(name, text)

    def tell(self, name: str, text: str) -> None:
        prefix = f"{name:<{WIDTH}} |"
        if self._colours:
            prefix = f"\x1b[{COLOURS.get(name, 1)}m{prefix}\x1b[0m"
        self.say(f"{prefix} {text}")

    def say(self, text: str) -> None:
        try:
            print(text, flush=True)
        except (BrokenPipeError, OSError):
            pass
