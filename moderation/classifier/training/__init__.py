"""How a model is made: licensed rows in, one artifact out, the same bytes for the same seed."""

from moderation.classifier.training.train import TrainingResult, train

__all__ = ["TrainingResult", "train"]
