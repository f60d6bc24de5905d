"""PyPerspective from PyPI, unchanged but for the address; prints what it understood as JSON."""

import json
import sys

from PyPerspective import Perspective

key, address = sys.argv[1:]
Perspective.base_url = f"{address}/v1alpha1/comments:analyze"
scores = Perspective.Perspective(key).get_score("You idiot.", tests=["TOXICITY", "INSULT"])
said = {"toxicity": scores["TOXICITY"].score, "insult": scores["INSULT"].score}
said["span"] = str(scores["TOXICITY"][0])
try:
    Perspective.Perspective("no-such-key")
except Perspective.InvalidAuthKey as error:
    said["bad_key"] = str(error)
print(json.dumps(said))
