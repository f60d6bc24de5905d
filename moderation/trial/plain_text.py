"""The words of a comment that an earlier system kept as HTML. Ours are plain text."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

# Possessive, so that a text full of "<" costs no more than any other.
_TAG = re.compile(r"<(?:(/?+)([a-zA-Z][a-zA-Z0-9]*+)([^<>]*+)|!--[^<>]*+)>")
_HREF = re.compile(r"""\bhref\s*+=\s*+(?:"([^"<>]*+)"|'([^'<>]*+)'|([^\s"'<>]++))""", re.IGNORECASE)
_BREAKING = frozenset(
    ("br", "p", "div", "li", "ul", "ol", "blockquote", "pre", "tr", "h1", "h2", "h3", "h4", "h5", "h6")
)
_LIKE_A_LINK = re.compile(r"https?://|www\.|\w\.[a-z]{2,}", re.IGNORECASE)
_MANY_LINES = re.compile(r"\n[ \t\n]*\n")


def plain_text(text: str) -> str:
    """``text`` without tags. Paragraphs become lines; a link whose address is not in its words keeps both."""
    if "<" in text:
        text = _without_tags(text)
    if "&" in text:
        text = html.unescape(text)
    return _MANY_LINES.sub("\n\n", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _without_tags(text: str) -> str:
    parts: list[str] = []
    end, words_from, address = 0, 0, ""
    for tag in _TAG.finditer(text):
        parts.append(text[end : tag.start()])
        end = tag.end()
        closing, name = tag[1], (tag[2] or "").lower()
        if name in _BREAKING:
            parts.append("\n")
        elif name == "a" and not closing:
            address, words_from = _address(tag[3]), len(parts)
        elif name == "a" and address:
            if not _LIKE_A_LINK.search("".join(parts[words_from:])):
                parts.append(f" {address} ")
            address = ""
    parts.append(text[end:])
    return "".join(parts)


def _address(attributes: str) -> str:
    """Where a link leads; empty for what is no web address. Disqus wraps every one in its own."""
    found = _HREF.search(attributes)
    if found is None:
        return ""
    address = html.unescape(found[1] or found[2] or found[3] or "").strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.hostname == "disq.us":
        wrapped = parse_qs(parts.query).get("url", [""])[0]
        address = wrapped.rpartition(":")[0] if wrapped.count(":") > 1 else wrapped
    return address if address.lower().startswith(("http://", "https://", "www.")) else ""
