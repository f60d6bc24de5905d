"""``python -m newsroom.embedded.django_command NAME …``: manage.py from any folder."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    try:
        execute_from_command_line(["manage.py", *sys.argv[1:]])
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
            raise
        first_line = str(error).splitlines()[0]
        sys.exit(
            f"{first_line}. The database is older than this version, or empty: run "
            "`python3 dev.py manage migrate` (with the same --state), or `python3 dev.py demo` once."
        )


if __name__ == "__main__":
    main()
