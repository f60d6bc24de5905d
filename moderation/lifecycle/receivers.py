"""What follows when a machine has decided: the shadow candidate scores, and the audit sample is drawn."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from comments.models import Comment
from moderation.lifecycle.sampling import draw_sample
from moderation.lifecycle.shadow import shadow_safely
from moderation.models import Decision
from moderation.services import Judgement
from moderation.signals import comment_judged


@receiver(comment_judged)
def follow_up(*, decision: Decision, comment: Comment, judgement: Judgement, **kwargs: Any) -> None:
    """The sample first: drawing it must not hang on a candidate's health."""
    draw_sample(decision)
    shadow_safely(decision, comment, judgement)
