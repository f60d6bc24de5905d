"""What a model does with texts made for the purpose: groups named, functions, disguises, other languages."""

from typing import Any

import numpy as np

from moderation.classifier.evaluation.bootstrap import share_statistic
from moderation.classifier.evaluation.disguises import DISGUISES, TEMPLATE, WORDS
from moderation.classifier.evaluation.functional import functions
from moderation.classifier.evaluation.runs import Floats, Run
from moderation.classifier.evaluation.sets import IDENTITY_TERMS


def measure_bias(run: Run) -> dict[str, Any]:
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


def measure_functions(run: Run) -> list[dict[str, Any]]:
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


def measure_disguises(run: Run) -> dict[str, Any]:
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


def measure_languages(run: Run) -> list[dict[str, Any]]:
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
