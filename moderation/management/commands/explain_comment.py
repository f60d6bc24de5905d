"""Everything that was decided about a comment, and why; every machine's decision is made again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from comments.models import Comment, CommentRevision
from moderation.desk import words
from moderation.desk.items import scores_of
from moderation.desk.replay import replay
from moderation.models import Decision

TIME = "%Y-%m-%d %H:%M:%SZ"


class Command(BaseCommand):
    help = "Print findings, scores, thresholds, versions, times of a comment's decisions; make them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=UUID, help="The comment's id.")
        parser.add_argument("--text", action="store_true", help="Print the reader's words too.")

    def handle(self, *args: Any, **options: Any) -> None:
        comment = Comment.objects.select_related("article__section").filter(pk=options["id"]).first()
        if comment is None:
            raise CommandError("There is no comment with this id.")
        self.stdout.write(f"comment {comment.pk}: {comment.status}{_then(', held by ', comment.held_by)}")
        self.stdout.write(f"under “{comment.article.headline}” ({comment.article.section.name})")
        for revision in CommentRevision.objects.filter(comment=comment).order_by("revision"):
            length = f"{len(revision.body)} characters"
            self.stdout.write(f"revision {revision.revision}: {revision.created_at:{TIME}}, {length}")
            if options["text"]:
                self.stdout.write(f"  {revision.name}: {revision.body}")
        differing = 0
        rows = (
            Decision.objects.filter(comment=comment)
            .select_related("actor", "model_version")
            .order_by("at", "pk")
        )
        for decision in rows.defer("model_version__artifact"):
            self._tell(decision)
            differing += not self._tell_replay(decision)
        if differing:
            raise CommandError(
                f"{differing} of its decisions do not come out the same when they are made again."
            )

    def _tell(self, decision: Decision) -> None:
        by = decision.actor.get_username() if decision.actor else decision.actor_kind
        why = _then(", held by ", decision.held_by) + _then(": ", decision.reason_code)
        self.stdout.write(f"\n{decision.at:{TIME}}  {words.OUTCOMES[decision.outcome]} by {by}{why}")
        took = f", {decision.took_ms:.0f} ms" if decision.took_ms is not None else ""
        self.stdout.write(f"  revision {decision.revision}, round {decision.round}{took}")
        if decision.note:
            self.stdout.write(f"  note: {decision.note}")
        if decision.model_version:
            self.stdout.write(
                f"  classifier {decision.model_version.digest}, language {decision.language or 'unknown'}"
            )
        for policy, version in decision.policy.get("versions", {}).items():
            self.stdout.write(f"  policy {policy}, version {version}")
        for score in scores_of(decision):
            cuts = "no threshold"
            if score.hold is not None and score.reject is not None:
                cuts = f"hold {score.hold:.4f}, reject {score.reject:.4f}"
            reached = _then("  reached ", score.reached)
            self.stdout.write(f"  {score.name:<20} {score.value:.6f}  ({cuts}){reached}")
        for finding in decision.findings:
            spans = ", ".join(f"{start}-{end}" for start, end in finding.get("spans", []))
            where = f" [{finding['where']} {spans}]" if spans else ""
            version = f" ({finding['version']})" if finding.get("version") else ""
            self.stdout.write(f"  {words.finding_sentence(finding)}{where}{version}")

    def _tell_replay(self, decision: Decision) -> bool:
        if decision.actor_kind != Decision.ActorKind.MACHINE:
            return True
        again = replay(decision)
        if again is None:
            self.stdout.write("  cannot be made again: the text was erased")
            return True
        verdict = f"{again.outcome.status} {again.outcome.held_by} {again.outcome.reason_code}".strip()
        if again.is_same:
            self.stdout.write(
                f"  made again: {verdict}, scores within {again.largest_difference:.0e}: the same"
            )
        else:
            self.stdout.write(
                f"  made again: {verdict}, scores differ by {again.largest_difference:.6f}: NOT THE SAME"
            )
        return again.is_same


def _then(prefix: str, value: str) -> str:
    """``value`` after ``prefix``, or nothing."""
    return f"{prefix}{value}" if value else ""
