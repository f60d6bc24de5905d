"""All measures of one model on one folder of data sets, as one JSON-ready dictionary."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.classifier.artifact import LABELS
from moderation.classifier.evaluation.behaviour import (
    measure_bias,
    measure_disguises,
    measure_functions,
    measure_languages,
)
from moderation.classifier.evaluation.bootstrap import (
    auc_statistic,
    calibration_error_statistic,
    estimate,
    share_statistic,
)
from moderation.classifier.evaluation.curves import reliability_of, threshold_table
from moderation.classifier.evaluation.runs import Flags, Floats, Progress, Run, Scored
from moderation.classifier.evaluation.spam_folds import grouped_spam_scores
from moderation.classifier.model import Classifier, Scores


def evaluate(
    classifier: Classifier,
    folder: Path,
    *,
    resamples: int = 1000,
    seed: int = 1,
    folds: bool = True,
    progress: Progress = print,
) -> dict[str, Any]:
    """Every measure of ``classifier`` on the sets in ``folder``.

    Args:
        resamples: bootstrap resamples behind each 95 % interval.
        folds: also train spam heads in five folds, for the sets that have train rows only (a minute).
    """
    run = Run(classifier, folder, resamples, seed, progress)
    news = _news(run)
    _other_toxicity(run)
    _labels(run)
    _spam(run, folds=folds)
    _load(run, news)
    bias = measure_bias(run)
    _calibration(run, news)
    disguises = measure_disguises(run)
    languages = measure_languages(run)
    return {
        "model": {
            "name": classifier.manifest["name"],
            "version": classifier.version,
            "digest": classifier.digest,
            "expected_violation_rate": classifier.manifest["expected_violation_rate"],
            "thresholds": classifier.manifest["thresholds"],
            "supported": classifier.manifest["supported"],
        },
        "resamples": resamples,
        "seed": seed,
        "measures": run.measures,
        "curves": run.curves,
        "reliability": _reliability(run, news),
        "threshold_table": _threshold_tables(run, news),
        "slices": run.slices,
        "functions": measure_functions(run),
        "disguises": disguises,
        "bias": bias,
        "languages": languages,
    }


@dataclass(frozen=True, slots=True)
class News:
    """The set that is closest to the product's traffic, with the levels that its raters gave."""

    scored: Scored
    level: Floats
    toxicity: Floats

    @property
    def ordinary(self) -> Flags:
        return np.asarray(self.level == 1)

    @property
    def bad(self) -> Flags:
        return np.asarray(self.level >= 2.5)


def _news(run: Run) -> News:
    scored = run.scored("c3_news")
    level = 1 + 3 * scored.number("toxicity_score")
    # Averages of raters are thirds and quarters: 2.5 must not miss by a rounding error.
    news = News(scored, np.round(level, 6), scored.label("toxicity"))
    hard = news.bad | news.ordinary
    run.add_auc(
        "c3_hard",
        "c3_news AUC, level ≥ 2.5 against 1",
        news.bad[hard],
        news.toxicity[hard],
        floor=0.81,
        aim=0.87,
    )
    soft = (news.level >= 2) | (news.level <= 1.5)
    run.add_auc(
        "c3_soft",
        "c3_news AUC, level ≥ 2 against ≤ 1.5",
        news.level[soft] >= 2,
        news.toxicity[soft],
        floor=0.73,
        aim=0.78,
    )
    lengths = np.array([len(row.text) for row in scored.rows])
    _slice_auc(run, "c3_news", "length", hard, news.bad, news.toxicity, _by_length(lengths))
    return news


def _by_length(lengths: npt.NDArray[np.int64]) -> dict[str, Flags]:
    return {
        "under 120 characters": lengths < 120,
        "120 to 400": (lengths >= 120) & (lengths < 400),
        "400 and more": lengths >= 400,
    }


def _slice_auc(
    run: Run, name: str, by: str, use: Flags, truth: Flags, scores: Floats, parts: dict[str, Flags]
) -> None:
    for part, inside in parts.items():
        chosen = use & inside
        if not 5 <= truth[chosen].sum() < chosen.sum():
            continue
        found = estimate(
            auc_statistic(truth[chosen], scores[chosen]),
            int(chosen.sum()),
            resamples=min(run.resamples, 300),
            seed=run.seed,
        )
        run.slices.append(
            {"set": name, "by": by, "part": part, "positives": int(truth[chosen].sum()), **found.as_dict()}
        )


def _other_toxicity(run: Run) -> None:
    unhealthy = run.scored("unhealthy_news")
    attacks = np.array(
        [any((r.extra.get(k) or 0) > 0 for k in ("hostile", "antagonize")) for r in unhealthy.rows]
    )
    scores = unhealthy.label("toxicity")
    run.add_auc(
        "unhealthy", "unhealthy_news AUC, hostile or antagonize", attacks, scores, floor=0.75, aim=0.80
    )
    every = np.ones(len(attacks), dtype=bool)
    lengths = np.array([len(row.text) for row in unhealthy.rows])
    _slice_auc(run, "unhealthy_news", "length", every, attacks, scores, _by_length(lengths))
    for name, splits, key, title, floor, aim in (
        ("jigsaw_wiki", ("test",), "jigsaw", "jigsaw_wiki test AUC", 0.97, 0.98),
        ("kaggle_insults", ("valid",), "kaggle", "kaggle_insults valid AUC, never trained on", 0.85, 0.90),
        ("civil_toxic_spans", ("valid",), "civil", "civil_toxic_spans valid AUC, hard negatives", 0.69, 0.74),
        ("wiki_cat_large", ("valid",), "wiki_large", "wiki_cat_large valid AUC", None, None),
        (
            "wiki_cat_small",
            ("test",),
            "wiki_small",
            "wiki_cat_small AUC, half needs the parent comment",
            None,
            None,
        ),
        ("paradetox", ("valid",), "paradetox", "paradetox valid AUC", None, None),
    ):
        scored = run.scored(name, *splits)
        truth = scored.number("toxicity")
        known = ~np.isnan(truth)
        run.add_auc(key, title, truth[known] == 1, scored.label("toxicity")[known], floor=floor, aim=aim)
        lengths = np.array([len(row.text) for row in scored.rows])
        _slice_auc(run, name, "length", known, truth == 1, scored.label("toxicity"), _by_length(lengths))


def _labels(run: Run) -> None:
    """The other heads, where a set has their labels."""
    for name, splits in (("jigsaw_wiki", ("test",)), ("civil_toxic_spans", ("valid",))):
        scored = run.scored(name, *splits)
        for label in LABELS[1:-1]:
            truth = scored.number(label)
            known = ~np.isnan(truth)
            if (truth[known] == 1).sum() >= 10:
                run.add_auc(
                    f"{label}:{name}", f"{label} on {name}", truth[known] == 1, scored.label(label)[known]
                )
    for name, parts in (("hatemoji_build", ["valid", "test"]), ("ethos", [])):
        scored = run.scored(name, *parts)
        hate = scored.number("hate")
        known = ~np.isnan(hate)
        run.add_auc(
            f"identity_attack:{name}",
            f"identity_attack on {name} (hate)",
            hate[known] == 1,
            scored.label("identity_attack")[known],
        )


def _spam(run: Run, *, folds: bool) -> None:
    youtube = run.scored("youtube_spam", "valid")
    truth, scores = youtube.number("spam") == 1, youtube.label("spam")
    run.add_auc("spam_youtube", "spam: youtube LMFAO AUC", truth, scores, floor=0.95, aim=0.98)
    if folds:
        run.say("spam: training five folds")
        for name, (fold_truth, fold_scores) in grouped_spam_scores(run.folder, run.classifier).items():
            run.add_auc(
                f"spam_{name}",
                f"spam: {name} AUC, grouped 5-fold",
                fold_truth,
                fold_scores,
                floor=0.95,
                aim=0.98,
            )
    reject = run.threshold("spam", "reject")
    for name in ("c3_news", "unhealthy_news"):
        called = run.scored(name).label("spam") >= reject
        run.add(
            f"called_spam:{name}",
            f"share of {name} called spam at the reject threshold",
            share_statistic(called),
            len(called),
            floor=0.01,
            aim=0.003,
            higher=False,
        )
    spintax = run.scored("seo_spintax").label("spam") >= run.threshold("spam", "hold")
    run.add(
        "spam_spintax",
        "seo_spintax held as spam (the spam is in the link, not the text)",
        share_statistic(spintax),
        len(spintax),
    )


def _stopped(run: Run, scores: list[Scores]) -> Flags:
    """What the default policy holds or rejects on scores alone: any supported label at its hold threshold."""
    supported = [label for label in LABELS if run.classifier.manifest["supported"][label]]
    cuts = {label: min(run.threshold(label, "hold"), run.threshold(label, "reject")) for label in supported}
    return np.array(
        [
            any(s.values[label] >= cut for label, cut in cuts.items())
            or (s.language.confident and not s.language.supported)
            for s in scores
        ]
    )


def _load(run: Run, news: News) -> None:
    stopped = _stopped(run, news.scored.scores)
    ordinary, bad = news.ordinary, news.bad
    run.add(
        "load",
        "editors' load: share of c3 level-1 comments held or rejected",
        share_statistic(stopped[ordinary]),
        int(ordinary.sum()),
        floor=0.08,
        aim=0.04,
        higher=False,
    )
    run.add(
        "load_recall",
        "editors' load: recall of level ≥ 2.5 at it",
        share_statistic(stopped[bad]),
        int(bad.sum()),
        floor=0.45,
        aim=0.60,
    )
    unhealthy = run.scored("unhealthy_news")
    healthy = np.array([(row.extra.get("healthy") or 0) > 0 for row in unhealthy.rows])
    held = _stopped(run, unhealthy.scores)[healthy]
    run.add(
        "load_unhealthy",
        "share of healthy unhealthy_news comments held or rejected",
        share_statistic(held),
        len(held),
    )


def _calibration(run: Run, news: News) -> None:
    judged = (news.level >= 2) | (news.level <= 1.5)
    statistic = calibration_error_statistic(news.level[judged] >= 2, news.toxicity[judged], rate=0.10)
    run.add(
        "calibration",
        "expected calibration error of toxicity on c3 (base rate 10 %)",
        statistic,
        int(judged.sum()),
        floor=0.06,
        aim=0.03,
        higher=False,
    )


def _reliability(run: Run, news: News) -> dict[str, Any]:
    judged = (news.level >= 2) | (news.level <= 1.5)
    return {
        "c3_news toxicity, base rate 10 %": reliability_of(
            news.level[judged] >= 2, news.toxicity[judged], rate=0.10
        ),
        "youtube_spam spam, base rate 2 %": reliability_of(
            run.scored("youtube_spam").number("spam") == 1,
            run.scored("youtube_spam").label("spam"),
            rate=0.02,
        ),
    }


def _threshold_tables(run: Run, news: News) -> dict[str, Any]:
    rate = float(run.classifier.manifest["expected_violation_rate"])
    return {
        "c3_news: level 1 held, level ≥ 2.5 caught": threshold_table(
            news.toxicity, news.ordinary, news.bad, rate=rate
        )
    }
