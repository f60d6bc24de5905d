"""The classifier's life on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from moderation.lifecycle import services
from moderation.lifecycle.gating import run_gates_on
from moderation.lifecycle.models import GateReport, Shadow
from moderation.models import ModelVersion
from newsroom.errors import DomainError


class Command(BaseCommand):
    help = "List, register, gate, shadow, promote and roll back classifier versions."

    def add_arguments(self, parser: CommandParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
        steps.add_parser("list", help="every version; * active, ~ in shadow")
        register = steps.add_parser("register", help="check an artifact and store it")
        register.add_argument("path", type=Path)
        gate = steps.add_parser("gate", help="compare a version with the active one; exit 1 if it fails")
        gate.add_argument("version")
        gate.add_argument("--data", type=Path, help="folder of the public data sets")
        gate.add_argument("--json", action="store_true")
        shadow = steps.add_parser("shadow", help="score live comments with a version, without effect")
        shadow.add_argument("version", help="a version, or 'off'")
        promote = steps.add_parser("promote", help="make a version that passed the gates the active one")
        promote.add_argument("version")
        back = steps.add_parser("rollback", help="return to the version that was active before")
        for step in (promote, back):
            step.add_argument("--reason", required=True, help="kept with the change")
        for step in (register, shadow, promote, back):
            step.add_argument("--as", dest="username", help="the user who does this")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['step']}")(options)
        except DomainError as error:
            raise CommandError(error.detail) from error

    def _list(self, options: dict[str, Any]) -> None:
        shadowed = Shadow.objects.values_list("version_id", flat=True).first()
        for version in ModelVersion.objects.defer("artifact").order_by("created_at"):
            mark = "*" if version.is_active else "~" if version.pk == shadowed else " "
            report = GateReport.objects.filter(version=version).order_by("-at").first()
            gate = "" if report is None else "  gates passed" if report.passed else "  gates failed"
            self.stdout.write(f"{mark} {version.digest[:12]}  {version.name}{gate}")

    def _register(self, options: dict[str, Any]) -> None:
        version = services.register_candidate(options["path"], actor=_user(options))
        self.stdout.write(f"registered {version.digest[:12]}, {version.name}")

    def _gate(self, options: dict[str, Any]) -> None:
        report = run_gates_on(_version(options["version"]), data=options["data"], progress=self.stderr.write)
        if options["json"]:
            self.stdout.write(json.dumps({"passed": report.passed, "results": report.results}, indent=1))
        else:
            for row in report.results:
                verdict = "ok  " if row["passed"] else "FAIL"
                self.stdout.write(
                    f"{verdict} {row['gate']:<9} {row['on']:<20} {row['label']:<16} "
                    f"{_number(row['active'])} -> {_number(row['candidate'])}  ({row['rows']:,} rows)"
                )
        if not report.passed:
            raise CommandError("the gates did not pass")
        self.stderr.write("the gates passed")

    def _shadow(self, options: dict[str, Any]) -> None:
        if options["version"] == "off":
            services.stop_shadow(actor=_user(options))
        else:
            services.start_shadow(_version(options["version"]), actor=_user(options))

    def _promote(self, options: dict[str, Any]) -> None:
        version = _version(options["version"])
        services.promote(version, actor=_user(options), reason=options["reason"])
        self.stdout.write(f"{version.digest[:12]} is active")

    def _rollback(self, options: dict[str, Any]) -> None:
        version = services.roll_back(actor=_user(options), reason=options["reason"])
        self.stdout.write(f"{version.digest[:12]} is active again")


def _version(start: str) -> ModelVersion:
    """The one version that begins like this: its file's digest, or what training and its name call it."""
    begins = Q(digest__startswith=start.lower()) | Q(name__contains=f" {start.lower()}")
    found = list(ModelVersion.objects.filter(begins).defer("artifact")[:2])
    if len(found) != 1:
        raise CommandError(f"{'No version' if not found else 'More than one version'} begins with {start}.")
    return found[0]


def _user(options: dict[str, Any]) -> Any:
    if not options["username"]:
        return None
    user = get_user_model().objects.filter(username=options["username"]).first()
    if user is None:
        raise CommandError(f"there is no user {options['username']}")
    return user


def _number(value: float | None) -> str:
    return "   –  " if value is None else f"{value:.4f}"
