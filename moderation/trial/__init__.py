"""Try Newsroom on one's own history: an export in, one report out, nothing stored and nothing sent.

Judges with the pipeline's own parts: the rules that read the text, near-copies within a day, the shipped
classifier, the policy. No Django and no database. What a file does not hold is left out: how fast a form was
filled in, floods from one network, what else was decided about a commenter.
"""
