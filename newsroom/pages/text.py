"""Plain text as HTML. Readers' text: paragraphs, line breaks and links. Articles: headings and emphasis too.

Everything else is escaped; no HTML is ever taken over.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# One character class and no nesting: the time it takes is linear in the text.
URL = re.compile(r"https?://[^\s<>\"'`\\]+", re.IGNORECASE)
BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
HEADING = re.compile(r"##+\s+(?P<hashed>[^\n]+)|\*\*(?P<starred>[^*\n]+)\*\*")
STRONG = re.compile(r"\*\*([^*\n]+)\*\*")
EMPHASIS = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
# Punctuation that ends the sentence around a link far more often than the link itself.
TRAILING = ".,;:!?…"
SHOWN_URL_CHARS = 60
UGC = 'rel="nofollow ugc noopener"'


def comment_html(body: str) -> SafeString:
    """A reader's text as ``<p>`` elements, web addresses as links.

    ``dir="auto"`` gives each paragraph its own direction, so that no text can turn its surroundings.
    """
    html = (f'<p dir="auto">{_lines(block, _linked)}</p>' for block in _blocks(body))
    return mark_safe("".join(html))  # noqa: S308  every part went through escape()


def article_html(body: str) -> SafeString:
    """An article's text: an empty line starts a paragraph, ``##`` (or a paragraph all in ``**``) a heading,
    ``>`` a quotation, ``*`` emphasis."""
    return mark_safe("\n".join(_article_block(block) for block in _blocks(body)))  # noqa: S308  as above


def first_sentences(text: str, *, chars: int) -> str:
    """The start of a text on one line, cut at a word with an ellipsis if it is longer than ``chars``."""
    line = " ".join(text.split())
    if len(line) <= chars:
        return line
    return line[: chars - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _blocks(text: str) -> list[str]:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    return [block.strip() for block in BLANK_LINES.split(unix) if block.strip()]


def _lines(block: str, inline: Callable[[str], str]) -> str:
    return "<br>".join(inline(line) for line in block.split("\n"))


def _article_block(block: str) -> str:
    if heading := HEADING.fullmatch(block):
        return f"<h2>{escape(heading['hashed'] or heading['starred'])}</h2>"
    if block.startswith(">"):
        quoted = "\n".join(line.removeprefix(">").strip() for line in block.split("\n"))
        return f"<blockquote><p>{_lines(quoted, _emphasised)}</p></blockquote>"
    return f"<p>{_lines(block, _emphasised)}</p>"


def _emphasised(line: str) -> str:
    return EMPHASIS.sub(r"<em>\1</em>", STRONG.sub(r"<strong>\1</strong>", escape(line)))


def _linked(line: str) -> str:
    parts: list[str] = []
    end = 0
    for match in URL.finditer(line):
        url = _without_trailing_punctuation(match.group())
        parts += [escape(line[end : match.start()]), _anchor(url)]
        end = match.start() + len(url)
    parts.append(escape(line[end:]))
    return "".join(parts)


def _anchor(url: str) -> str:
    bare = url.partition("://")[2]
    if not bare or bare[0] in "/?#":
        return escape(url)  # "https:///" names no host.
    shown = url if len(url) <= SHOWN_URL_CHARS else url[: SHOWN_URL_CHARS - 1] + "…"
    return f'<a href="{escape(url)}" {UGC}>{escape(shown)}</a>'


def _without_trailing_punctuation(url: str) -> str:
    unopened = url.count(")") - url.count("(")
    end = len(url)
    while end and (url[end - 1] in TRAILING or (url[end - 1] == ")" and unopened > 0)):
        unopened -= url[end - 1] == ")"
        end -= 1
    return url[:end]
