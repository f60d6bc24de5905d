"""Which rows each head learns from, and how strongly: found by measurement, see docs/classifier.md."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expert:
    """One regression. Several experts of a label are added up, each with its ``share``.

    Args:
        weights: how much a row of each source counts; a source that is not named is not used.
        strength: inverse of the regularisation (scikit-learn's ``C``).
        label: the label whose rows it learns from, where that is not the head's own.
        contrast: how far n-grams that stand on one side only may count more than those that stand on both:
            each is scaled by ``|log ratio of its share of both sides| ** contrast`` before the fit (Wang and
            Manning's NB-weighting, ACL 2012); 0 is a plain regression.
        meaning: how much words also count through their vectors; 0 leaves them out.
    """

    weights: dict[str, float]
    strength: float
    share: float = 1.0
    label: str = ""
    contrast: float = 0.0
    meaning: float = 0.0


_OWN = {"own_decisions": 3.0, "imported_states": 3.0}
"""A newsroom's own rows, beside the weight that each carries itself: as good as ten raters, and nearer."""

_RATED = {"jigsaw_wiki": 3.0, "civil_toxic_spans": 0.5, **_OWN}
"""Ten raters a row against three: the more reliable labels count more."""

_ATTACKS = Expert(_RATED, strength=0.5, contrast=1.0, meaning=0.5)

_RUDE = {
    **_RATED,
    "wiki_cat_large": 2.0,
    "paradetox": 1.0,
    "hatemoji_build": 0.1,
    "templates": 3.0,
    "harmless_templates": 8.0,
}

RECIPES: dict[str, tuple[Expert, ...]] = {
    "toxicity": (
        Expert({**_RUDE, "jigsaw_wiki": 6.0}, strength=0.7, contrast=0.7, share=0.55),
        Expert(_RUDE, strength=0.7, contrast=0.7, meaning=0.15, share=0.15),
        Expert(_RATED, label="insult", strength=1.0, contrast=0.5, meaning=0.15, share=0.3),
    ),
    "severe_toxicity": (_ATTACKS,),
    "obscene": (_ATTACKS,),
    "insult": (_ATTACKS,),
    "threat": (_ATTACKS,),
    "identity_attack": (
        Expert(
            {
                **_RATED,
                "civil_toxic_spans": 1.0,
                "hatemoji_build": 0.3,
                "templates": 0.3,
                "harmless_templates": 1.0,
            },
            strength=0.5,
            contrast=1.0,
            meaning=0.5,
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
                "own_decisions": 1.0,
                "imported_states": 1.0,
            },
            strength=10.0,  # No vectors: spam is set phrases, addresses, numbers, and they cost .01 AUC.
        ),
    ),
}
