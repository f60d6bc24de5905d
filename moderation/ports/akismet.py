"""The Akismet-compatible API: a call's form read into what the rules judge. No database."""

from __future__ import annotations

import codecs
import html
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from comments.text import clean_body, clean_name
from newsroom.limits import network_of

MOST_BYTES = 256 * 1024  # WordPress' longest comment, percent-encoded, and what clients add about the request
MOST_TEXT_BYTES = 20 * 1024
MOST_FIELDS = 2_000
MOST_NAME = 300
THANKS = "Thanks for making the web a better place."

# Codecs that forms are sent in. Named, since Python's registry also has zip, rot13 and slower ones.
_CHARSETS = {
    "ascii", "big5", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "cp874", "cp932", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "koi8-r", "koi8-u", "mac-roman",
    "shift_jis", "utf-8", *(f"iso8859-{part}" for part in range(1, 17)),
}  # fmt: skip
_SEVEN_BIT = {"iso2022_jp", "iso2022_kr", "hz"}  # Their bytes would pass for ASCII.

GUARANTEED_SPAM = {"akismet-guaranteed-spam", "viagra-test-123", "akismet-guaranteed-spam@example.com"}
_HONEYPOTS = ("hidden_honeypot_field", "ak_hp_textarea")
_KEY = re.compile(r"[0-9a-f]{12,63}", re.IGNORECASE)
_TRUE = {"1", "true", "yes", "on"}

# No "<" inside, so that a million of them are read once.
_TAG = re.compile(r"<(?P<name>/?[a-zA-Z][a-zA-Z0-9]{0,15}|!)(?P<rest>[^<>]{0,2000})>")
_ADDRESS = re.compile(r"""(?:href|src)\s{0,9}=\s{0,9}["']?([^"'\s>]{1,500})""", re.IGNORECASE)
_BBCODE = re.compile(r"\[/?(?:url|link|img)(?:=([^\[\]]{0,500}))?\]", re.IGNORECASE)
_BREAKS = {"p", "br", "div", "li", "ul", "ol", "tr", "blockquote", "pre", "h1", "h2", "h3", "h4", "hr"}
# A site behind a proxy that it does not know sends the proxy's address for every reader.
_OWN_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "::/64", "fc00::/7", "fe80::/10",
    )
]  # fmt: skip


class Refused(Exception):
    """A call that gets no verdict: the body and the debug header that the original would send."""

    def __init__(self, body: str, debug: str, *, status: int = HTTPStatus.OK) -> None:
        super().__init__(debug)
        self.body, self.debug, self.status = body, debug, status


@dataclass(frozen=True, slots=True)
class Call:
    """What one call says about a text and its author, as text."""

    name: str
    email: str
    body: str
    permalink: str
    network: str | None
    at: datetime
    languages: tuple[str, ...]
    is_by_administrator: bool
    is_honeypot_filled: bool
    is_test: bool
    is_recheck: bool
    is_guaranteed_spam: bool
    is_too_long: bool


def parse_form(raw: bytes, *, charset: str = "") -> dict[str, str]:
    """The fields of a URL-encoded body, each decoded; of one that comes twice, the last.

    UTF-8 where the bytes are UTF-8, whatever was declared: many clients declare the blog's charset and send
    UTF-8. Else the declared one (``charset``, then the field ``blog_charset``).

    Raises:
        Refused: it has too many fields.
    """
    try:
        pairs = parse_qsl(
            raw.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="latin-1"
        )
    except ValueError as error:
        raise Refused("invalid", "Too many fields", status=HTTPStatus.BAD_REQUEST) from error
    fields = dict(pairs)
    declared = _codec(charset) or _codec(fields.get("blog_charset", "")) or "cp1252"
    return {name: _decoded(value.encode("latin-1"), declared) for name, value in fields.items()}


def _codec(name: str) -> str:
    try:
        codec = codecs.lookup(name.strip()[:40]).name
    except (LookupError, ValueError):
        return ""
    return codec if codec in _CHARSETS or codec in _SEVEN_BIT else ""


def _decoded(value: bytes, declared: str) -> str:
    if declared in _SEVEN_BIT:
        return value.decode(declared, "replace").replace("\0", "")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode(declared, "replace")
    return text.replace("\0", "")


def key_of(form: Mapping[str, str], host: str, *, first: str = "api_key", then: str = "key") -> str:
    """The key of the form, else the first label of a host name that has several.

    Who verifies a new ``key`` may send the known one along as ``api_key``: WordPress' plugin does.
    """
    key = form.get(first) or form.get(then)
    if key:
        return key.strip()
    label, _, rest = host.partition(".")
    return label.lower() if rest and _KEY.fullmatch(label) else ""


def check_blog(form: Mapping[str, str], *, body: str = "Missing required field: blog.") -> None:
    """
    Raises:
        Refused: there is no ``blog``, or it is no address.
    """
    blog = form.get("blog", "").strip()
    if not blog:
        raise Refused(body, 'Empty "blog" value')
    try:
        parts = urlsplit(blog)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise Refused("invalid", "We were unable to parse your blog URI")


def parse_call(form: Mapping[str, str], *, now: datetime) -> Call:
    """
    Raises:
        Refused: a required field is missing.
    """
    check_blog(form)
    address = form.get("user_ip", "").strip()
    if not address:
        raise Refused("Missing required field: user_ip.", 'Empty "user_ip" value')
    content = form.get("comment_content", "")
    author, email = form.get("comment_author", "").strip(), form.get("comment_author_email", "").strip()
    name = clean_name(" ".join((author[:MOST_NAME], form.get("comment_author_url", "").strip()[:MOST_NAME])))
    return Call(
        name=name,
        email=email[:320],
        body=clean_body(plain_text(content[:MOST_TEXT_BYTES])) or name,
        permalink=form.get("permalink", "").strip()[:500],
        network=_network(address),
        at=_written_at(form.get("comment_date_gmt", ""), now=now),
        languages=tuple(
            re.findall(r"(?<![a-z_-])[a-z]{2,3}(?![a-z])", form.get("blog_lang", "").lower()[:200])
        ),
        is_by_administrator="administrator" in re.split(r"[,\s]+", form.get("user_role", "")),
        is_honeypot_filled=_is_honeypot_filled(form),
        is_test=form.get("is_test", "").strip().lower() in _TRUE,
        is_recheck=bool(form.get("recheck_reason")),
        is_guaranteed_spam=author in GUARANTEED_SPAM or email in GUARANTEED_SPAM,
        is_too_long=len(content.encode()) > MOST_TEXT_BYTES,
    )


def plain_text(content: str) -> str:
    """The text of a comment that may hold HTML or BBCode; addresses of links stand beside their words."""
    if "<" in content:
        content = _TAG.sub(_tag, content)
    if "[" in content:
        content = _BBCODE.sub(lambda match: f" {match[1] or ''} ", content)
    return html.unescape(content)


def _tag(match: re.Match[str]) -> str:
    address = _ADDRESS.search(match["rest"])
    if address:
        return f" {address[1]} "
    return "\n" if match["name"].strip("/").lower() in _BREAKS else ""


def _is_honeypot_filled(form: Mapping[str, str]) -> bool:
    named = form.get("honeypot_field_name", "").strip()
    names = [*_HONEYPOTS, *([named] if named else [])]
    return any(form.get(f"{prefix}{name}", "").strip() for name in names for prefix in ("", "POST_"))


def _network(address: str) -> str | None:
    network = network_of(address)
    first = ipaddress.ip_network(network, strict=False).network_address
    return None if any(first in own for own in _OWN_NETWORKS) else network


def _written_at(text: str, *, now: datetime) -> datetime:
    """``comment_date_gmt``; now where it is missing, unreadable or in the future."""
    try:
        at = datetime.fromisoformat(text.strip()[:40])
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return now
    return min(at, now)
