"""google-api-python-client, built from the discovery document; prints what it understood as JSON."""

import json
import sys

from googleapiclient import discovery, errors

key, address = sys.argv[1:]
client = discovery.build(
    "commentanalyzer",
    "v1alpha1",
    developerKey=key,
    discoveryServiceUrl=f"{address}/$discovery/rest?version=v1alpha1",
    static_discovery=False,
)


def analyze(text, **body):
    asked = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}, "INSULT": {}}, **body}
    return client.comments().analyze(body=asked).execute()


said = {"rude": analyze("You idiot. Thank you 😀.", spanAnnotations=True, clientToken="t")}
try:
    analyze("")
except errors.HttpError as error:
    said["empty"] = {"status": error.status_code, "reason": error.reason, "details": error.error_details}
suggestion = {
    "comment": {"text": "You idiot."},
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1.0}}},
    "clientToken": "s",
}
said["suggested"] = client.comments().suggestscore(body=suggestion).execute()
print(json.dumps(said))
