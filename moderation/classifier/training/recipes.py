"""Which rows each head learns from, and how strongly: found by measurement, see docs/classifier.md."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expert:
    """One regression. Several experts of a label are added up, each with its ``share``.

    Args:
        weights: how much a row of each source counts; a source that is not named is not used.
        strength: inverse of the regularisation (scikit-learn's ``C``).
        by_meaning: whether words also count through their vectors.
    """

    weights: dict[str, float]
    strength: float
    share: float = 1.0
    by_meaning: bool = True


_ATTACKS = Expert({"jigsaw_wiki": 3.0, "civil_toxic_spans": 0.5}, strength=1.0)

RECIPES: dict[str, tuple[Expert, ...]] = {
    "toxicity": (
        Expert(
            {
                "jigsaw_wiki": 3.0,  # Ten raters a row: the most reliable labels by far.
                "civil_toxic_spans": 0.5,
                "wiki_cat_large": 2.0,
                "paradetox": 0.25,
                "hatemoji_build": 0.1,
                "templates": 3.0,
            },
            strength=1.0,
            share=0.5,
        ),
        Expert({"jigsaw_wiki": 1.0, "templates": 2.0}, strength=2.0, share=0.5),
    ),
    "severe_toxicity": (_ATTACKS,),
    "obscene": (_ATTACKS,),
    "insult": (_ATTACKS,),
    "threat": (_ATTACKS,),
    "identity_attack": (
        Expert(
            {"jigsaw_wiki": 3.0, "civil_toxic_spans": 1.0, "hatemoji_build": 0.3, "templates": 0.3},
            strength=1.0,
        ),
    ),
    "spam": (
        Expert(
            {
                "youtube_spam": 1.0,
                "scamspot_instagram": 1.0,
                "janitr_x": 1.0,
                "sms_spam": 0.3,
                "tgspam_telegram": 0.3,
                "spamassassin_email": 0.1,
                "civil_toxic_spans": 1.0,  # As ham: else 9 % of news comments look like spam.
                "jigsaw_wiki": 1.0,
                "wiki_cat_large": 1.0,
            },
            strength=10.0,
            by_meaning=False,  # Spam is set phrases, addresses and numbers: vectors cost .01 AUC.
        ),
    ),
}
