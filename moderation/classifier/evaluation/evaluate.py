"""All measures of one model on one folder of data sets, as one JSON-ready dictionary."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.classifier.artifact import LABELS
from moderation.classifier.evaluation.bootstrap import (
    Estimate,
    Statistic,
    auc_statistic,
    calibration_error_statistic,
    estimate,
    share_statistic,
)
from moderation.classifier.evaluation.curves import curves_of, reliability_of, threshold_table
from moderation.classifier.evaluation.disguises import DISGUISES, TEMPLATE, WORDS
from moderation.classifier.evaluation.functional import functions
from moderation.classifier.evaluation.sets import IDENTITY_TERMS, EvaluationRow, read_set
from moderation.classifier.evaluation.spam_folds import grouped_spam_scores
from moderation.classifier.model import Classifier, Scores

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]


@dataclass(slots=True)
class Scored:
    """One set under one model."""

    rows: list[EvaluationRow]
    scores: list[Scores]

    def label(self, label: str) -> Floats:
        return np.array([s.values[label] for s in self.scores])

    def split(self, *splits: str) -> Flags:
        return np.array([row.split in splits for row in self.rows])

    def number(self, name: str) -> Floats:
        """A labelled field; nan where a row has none."""
        values = [row.fields.get(name) for row in self.rows]
        return np.array([np.nan if v is None else float(v) for v in values])


@dataclass(slots=True)
class Run:
    """One evaluation under way."""

    classifier: Classifier
    folder: Path
    resamples: int
    seed: int
    say: Progress
    measures: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, Any] = field(default_factory=dict)
    slices: list[dict[str, Any]] = field(default_factory=list)
    sets: dict[str, Scored] = field(default_factory=dict)

    def scored(self, name: str, *splits: str) -> Scored:
        if name not in self.sets:
            rows = read_set(self.folder, name, splits=splits or None)
            self.sets[name] = Scored(rows, self.classifier.score([row.text for row in rows]))
            self.say(f"scored {name}: {len(rows):,} rows")
        return self.sets[name]

    def threshold(self, label: str, kind: str) -> float:
        return float(self.classifier.manifest["thresholds"][label][kind])

    def add(
        self,
        key: str,
        title: str,
        statistic: Statistic,
        rows: int,
        *,
        floor: float | None = None,
        aim: float | None = None,
        higher: bool = True,
    ) -> Estimate:
        """Record one measure with its interval, beside the floor and the aim it is held to."""
        found = estimate(statistic, rows, resamples=self.resamples, seed=self.seed)
        entry: dict[str, Any] = {"key": key, "title": title, **found.as_dict()}
        if floor is not None and aim is not None:
            entry |= {"floor": floor, "aim": aim, "better": "higher" if higher else "lower"}
            entry["reaches_floor"] = found.value >= floor if higher else found.value <= floor
            entry["reaches_aim"] = found.value >= aim if higher else found.value <= aim
        self.measures.append(entry)
        return found

    def add_auc(
        self,
        key: str,
        title: str,
        truth: Flags,
        scores: Floats,
        *,
        floor: float | None = None,
        aim: float | None = None,
    ) -> None:
        self.add(key, title, auc_statistic(truth, scores), len(truth), floor=floor, aim=aim)
        self.curves[key] = {"title": title, **curves_of(truth, scores)}


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
    bias = _bias(run)
    _calibration(run, news)
    disguises = _disguises(run)
    languages = _languages(run)
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
        "functions": _functions(run),
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


def _bias(run: Run) -> dict[str, Any]:
    """False-positive rate of each identity term on harmless templates, and the spread between terms."""
    scored = run.scored("bias_madlibs_en")
    harmless = scored.number("toxicity") == 0
    held = scored.label("toxicity") >= run.threshold("toxicity", "hold")
    terms = np.array([identity_term(row.text) for row in scored.rows])
    places = {term: np.flatnonzero(harmless & (terms == i)) for i, term in enumerate(IDENTITY_TERMS)}
    rates = {term: float(held[at].mean()) for term, at in places.items() if len(at)}
    index = terms.copy()

    def spread(times: Floats) -> float:
        use = harmless & (index >= 0)
        flagged = np.bincount(index[use], weights=(times * held)[use], minlength=len(IDENTITY_TERMS))
        total = np.bincount(index[use], weights=times[use], minlength=len(IDENTITY_TERMS))
        rate = flagged[total > 0] / total[total > 0]
        return float(rate.max() - rate.min())

    run.add(
        "bias",
        "bias_madlibs: spread of false-positive rate between identity terms at the hold threshold",
        spread,
        len(terms),
        floor=0.10,
        aim=0.05,
        higher=False,
    )
    toxic = scored.number("toxicity") == 1
    run.add(
        "bias_recall",
        "bias_madlibs: recall of the hateful templates at the hold threshold",
        share_statistic(held[toxic]),
        int(toxic.sum()),
    )
    return {"false_positive_rate": rates}


_TERM_ORDER = sorted(range(len(IDENTITY_TERMS)), key=lambda i: -len(IDENTITY_TERMS[i]))


def identity_term(text: str) -> int:
    """The position in `IDENTITY_TERMS` of the longest term that stands in ``text``, -1 if none does."""
    padded = f" {''.join(c if c.isalnum() else ' ' for c in text.lower())} "
    for place in _TERM_ORDER:
        if f" {IDENTITY_TERMS[place]} " in padded or f" {IDENTITY_TERMS[place]}s " in padded:
            return place
    return -1


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


def _functions(run: Run) -> list[dict[str, Any]]:
    """Accuracy per function of the functional suite, at the hold threshold of its label."""
    answers = []
    for function in functions():
        scores = run.classifier.score(function.cases)
        cut = run.threshold(function.label, "hold")
        right = [(s.values[function.label] >= cut) == function.held for s in scores]
        answers.append(
            {
                "function": function.name,
                "label": function.label,
                "expected": "held" if function.held else "not held",
                "cases": len(right),
                "accuracy": float(np.mean(right)),
            }
        )
    return answers


def _disguises(run: Run) -> dict[str, Any]:
    """Which disguises leave a word's outcome as it is; one that changes it for any word does not count."""
    cut = run.threshold("toxicity", "hold")

    def is_held(word: str) -> bool:
        return run.classifier.score([TEMPLATE.format(word=word)])[0].values["toxicity"] >= cut

    plain = {word: is_held(word) for word in WORDS}
    survived = {
        name: float(np.mean([is_held(disguise(word)) == plain[word] for word in WORDS]))
        for name, disguise in DISGUISES.items()
    }
    count = sum(share == 1.0 for share in survived.values())
    run.measures.append(
        {
            "key": "disguises",
            "title": "disguises that keep the plain word's outcome, of ten",
            "value": count,
            "low": count,
            "high": count,
            "rows": len(WORDS) * len(DISGUISES),
            "floor": 8,
            "aim": 10,
            "better": "higher",
            "reaches_floor": count >= 8,
            "reaches_aim": count >= 10,
        }
    )
    return {"plain_held": float(np.mean(list(plain.values()))), "survived": survived}


def _languages(run: Run) -> list[dict[str, Any]]:
    """The share of each set that is held as a confident other language or an unsupported script."""
    shares = []
    for name, language in (
        ("germeval21_de", "de"),
        ("told_br_pt", "pt"),
        ("kocohub_ko", "ko"),
        ("kmhas_ko", "ko"),
    ):
        scored = run.scored(name)
        long = np.array([sum(map(str.isalpha, row.text)) >= 20 for row in scored.rows])
        held = np.array([s.language.confident and not s.language.supported for s in scored.scores])
        shares.append(
            {
                "set": name,
                "language": language,
                "held": float(held.mean()),
                "held_of_20_letters_and_more": float(held[long].mean()),
                "rows": len(held),
            }
        )
    for name in ("c3_news", "unhealthy_news", "kaggle_insults"):
        scored = run.scored(name)
        held = np.array([s.language.confident and not s.language.supported for s in scored.scores])
        shares.append({"set": name, "language": "en", "held": float(held.mean()), "rows": len(held)})
    return shares
