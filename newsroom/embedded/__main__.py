"""``python -m newsroom.embedded demo|manage|break``: what dev.py hands over to, inside .venv."""

from __future__ import annotations

import sys

from newsroom.embedded.state import Refused


def main(arguments: list[str]) -> int:
    command, rest = arguments[0], arguments[1:]
    if command == "manage":
        from newsroom.embedded.manage import manage

        return manage(rest)
    if command == "break":
        from newsroom.embedded.breaking import break_part

        return break_part(rest)
    from newsroom.embedded.demo import demo

    return demo(rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as refused:
        sys.exit(f"newsroom: {refused}")
