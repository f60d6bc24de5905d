"""Whether a database has what this checkout would put into it, so that a second start skips the work."""

from __future__ import annotations

import hashlib

from newsroom.embedded.parts import ROOT
from newsroom.embedded.state import State

SOURCES = (
    "*/migrations/*.py",
    "*/*/migrations/*.py",
    "seeds/**/*",
    "newsroom/demo/**/*.py",
    "moderation/classifier/artifacts/*",
)


def of(database_url: str) -> str:
    """A digest of that database's address, the migrations, the seeds and the shipped model."""
    digest = hashlib.sha256(database_url.encode())
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(ROOT)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def is_done(state: State, digest: str) -> bool:
    """Whether exactly this was put in; the logins are part of it."""
    try:
        return (state.run / "prepared").read_text(encoding="ascii") == digest and state.logins_file.exists()
    except OSError:
        return False


def note_done(state: State, digest: str) -> None:
    (state.run / "prepared").write_text(digest, encoding="ascii")
