"""perspective from PyPI, unchanged but for the address; prints what it understood as JSON."""

import json
import sys

from perspective import PerspectiveAPI

key, address = sys.argv[1:]
client = PerspectiveAPI(key)
client.api_client.url = address + "/v1alpha1/{endpoint}"
print(
    json.dumps(
        {
            "score": client.score("You idiot."),
            "full": client.analyze_comment(
                "You idiot.", span_annotations=True, languages=["en"], do_not_store=True
            ),
            "suggested": client.suggest_score(
                "You idiot.", {"TOXICITY": {"summaryScore": {"value": 1.0}}}, client_token="x"
            ),
        }
    )
)
