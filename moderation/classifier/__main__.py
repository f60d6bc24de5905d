"""``python -m moderation.classifier train|evaluate|score``: the classifier without a web application."""

import sys

from moderation.classifier.cli import main

if __name__ == "__main__":
    sys.exit(main())
