"""The long-running processes of the product, as commands. The same ones stand in docker-compose.yml."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from newsroom.embedded.restarter import Part

ROOT = Path(__file__).resolve().parents[2]

WEB_PROCESSES = 2
WEB_THREADS = 4  # Each may hold a database connection; granian's own default is 512.
WORKER_CHILDREN = 2
START_ORDER = ("worker", "reconciler", "beat", "web")
STOP_ORDER = ("web", "reconciler", "beat", "worker")
_ATTACHED = [sys.executable, "-m", "newsroom.embedded.attached"]


def web(env: Mapping[str, str], *, host: str, port: int) -> Part:
    command = ["granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    command += [
        "--workers",
        str(WEB_PROCESSES),
        "--blocking-threads",
        str(WEB_THREADS),
        "--no-ws",
        "--http",
        "1",
    ]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning"]
    return Part(
        name="web",
        argv=[*_ATTACHED, *command, "newsroom.wsgi:application"],
        env={**env, "NEWSROOM_PROCESS": "web"},
        stop_steps=((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0)),
    )


def worker(
    env: Mapping[str, str], *, node: str, children: int = WORKER_CHILDREN, purge: bool = False
) -> Part:
    """Args:
    purge: throw away what waits in the queue first (tests: it belongs to earlier ones).
    """
    command = [
        "celery",
        "-A",
        "newsroom.celery",
        "worker",
        "--pool",
        "prefork",
        "--concurrency",
        str(children),
    ]
    command += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING", "-n", f"{node}@%h"]
    command += ["--purge"] if purge else []
    return Part(name="worker", argv=[*_ATTACHED, *command], env={**env, "NEWSROOM_PROCESS": "worker"})


def reconciler(env: Mapping[str, str]) -> Part:
    argv = [*_ATTACHED, "newsroom.embedded.django_command", "reconcile"]
    return Part(name="reconciler", argv=argv, env={**env, "NEWSROOM_PROCESS": "reconciler"})


def beat(env: Mapping[str, str], *, schedule: Path) -> Part:
    command = [
        "celery",
        "-A",
        "newsroom.celery",
        "beat",
        "--schedule",
        str(schedule),
        "--loglevel",
        "WARNING",
        "--pidfile=",
    ]
    return Part(name="beat", argv=[*_ATTACHED, *command], env={**env, "NEWSROOM_PROCESS": "beat"})
