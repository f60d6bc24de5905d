"""A small made-up data folder in the form of the real one: templates with mild words only."""

import gzip
import json
import random
from pathlib import Path

from moderation.classifier.training.sources import SOURCES

RUDE = ("clown", "fool", "numbskull", "blockhead")
THINGS = ("bridge", "budget", "school", "tram", "library", "market", "harbour", "park")
SPAM = (
    "Earn {n} dollars a day, visit www.example.com",
    "Subscribe to channel {n} for free coins",
    "DM me to win {n} coins now",
)


SYLLABLES = ("ba", "do", "ke", "li", "mo", "nu", "ra", "si", "ta", "vo")


def _filler(random_: random.Random) -> str:
    """Words that no other text has, so that texts of one template are no near copies."""
    return " ".join("".join(random_.choices(SYLLABLES, k=3)) for _ in range(12))


def _text(random_: random.Random, kind: str) -> str:
    return f"{_sentence(random_, kind)} {_filler(random_)}"


def _sentence(random_: random.Random, kind: str) -> str:
    n, thing = random_.randrange(10_000), random_.choice(THINGS)
    if kind == "rude":
        return f"You {random_.choice(RUDE)}, the {thing} number {n} is none of your business."
    if kind == "spam":
        return random_.choice(SPAM).format(n=n)
    return f"The {thing} opened at {n % 24} o'clock and {n} people came to see the {random_.choice(THINGS)}."


def write_data_folder(folder: Path, *, rows: int = 90, seed: int = 5) -> Path:
    """Every set that training reads, ``rows`` rows each: a third rude or spam, the rest ordinary."""
    random_ = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        is_spam_set = name not in (
            "civil_toxic_spans",
            "jigsaw_wiki",
            "wiki_cat_large",
            "paradetox",
            "hatemoji_build",
        )
        lines = []
        for number in range(rows):
            bad = number % 3 == 0
            row = {
                "id": f"{name}-{number}",
                "lang": "en",
                "source": name,
                "split": "train" if number % 10 else "valid",
            }
            row["text"] = _text(random_, "spam" if bad and is_spam_set else "rude" if bad else "plain")
            if is_spam_set:
                row["spam"] = int(bad)
            else:
                row |= {"toxicity": int(bad), "toxicity_score": 0.9 * bad, "hate": int(bad)}
                if name in ("civil_toxic_spans", "jigsaw_wiki"):
                    kinds = ("severe_toxicity", "obscene", "insult", "threat", "identity_attack")
                    row |= {kind: int(bad and number % 2 == 0) for kind in kinds}
            lines.append(json.dumps(row))
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return folder
