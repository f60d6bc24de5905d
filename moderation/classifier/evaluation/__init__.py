"""How good a model is: every figure with its interval, from sets that it never learned from."""

from moderation.classifier.evaluation.evaluate import evaluate
from moderation.classifier.evaluation.report import render_html, render_table

__all__ = ["evaluate", "render_html", "render_table"]
