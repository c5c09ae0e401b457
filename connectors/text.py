"""Plain text out of what people and servers write: HTML, entities, control characters, odd spaces."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 64_000
"""Characters of HTML read for one text: deep nesting costs the parser time squared."""

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption",
     "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
     "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)  # fmt: skip
# What stands after one of these stands on a line of its own.
_CLOSED = _BLOCKS - {"br", "hr", "td", "th"}
_UNSEEN = ("script", "style", "noscript", "template", "iframe", "object", "svg", "title")

_DATA_URI = re.compile(r"data:[\w/+.-]*;base64,[A-Za-z0-9+/=]{64,}")
# Only names of real elements: "<3", "a < b" and "<inconnu>" are what somebody meant to write.
_STILL_HTML = re.compile(
    r"</?(?:p|br|b|i|u|a|em|strong|span|div|img|li|ul|ol|h[1-6]|font|blockquote|table|tr|td)"
    r"(?:\s[^<>]{0,2000})?/?>|&(?:amp|lt|gt|quot|nbsp|[lr]squo|[lr]dquo|hellip|eacute|#\d{2,7}|#x[0-9a-f]{2,6});",
    re.IGNORECASE,
)
# C0/C1 controls, bidirectional overrides (they disguise links), and the invisible characters that
# cut a word in two for whoever searches it. Joiners stay: emoji are made with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_LINE_END = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?$")


def plain(text: str) -> str:
    """Tidy a text that is not HTML.

    NFC, no control or invisible character, no lone surrogate (a database refuses it), single
    spaces, at most one empty line in a row, nothing around. Idempotent.
    """
    if text.isprintable():  # most names, and many posts: no control, no space but the plain one
        return " ".join(unicodedata.normalize("NFC", text).split())
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    text = _LINE_END.sub("\n", text)
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = _AROUND_LINE_END.sub("\n", _SPACES.sub(" ", text))
    return _EMPTY_LINES.sub("\n\n", text).strip()


def one_line(text: str) -> str:
    """The same, on one line: titles and names."""
    return " ".join(plain(text).split())


def html_to_text(html: str) -> str:
    """What a reader would see of an HTML fragment; at most MAX_HTML characters of it are read.

    Blocks and <br> become line ends; scripts, styles and comments go. What was escaped twice
    ("&amp;lt;p&amp;gt;", usual in feeds) is undone too, at most twice more.
    """
    text = _once(html)
    for _ in range(2):
        if not _STILL_HTML.search(text):
            break
        text = _once(text.replace("\n", "<br>"))
    return plain(text)


def html_to_line(html: str) -> str:
    """An HTML title as one line of text."""
    return " ".join(html_to_text(html).split())


def html_images(html: str) -> tuple[tuple[str, str | None], ...]:
    """(src, alt) of the images of an HTML fragment, tracking pixels left out."""
    if "<img" not in html.lower():
        return ()
    return tuple(
        (src, one_line(image.attributes.get("alt") or "") or None)
        for image in _parse(html).css("img")
        if (src := image.attributes.get("src")) and not _is_pixel(image)
    )


def html_links(html: str) -> tuple[str, ...]:
    """The http(s) targets of an HTML fragment's links, in order, each once, as written."""
    if "href" not in html.lower():
        return ()
    targets = (node.attributes.get("href") or "" for node in _parse(html).css("a[href]"))
    return tuple(dict.fromkeys(t for t in targets if t.startswith(("http://", "https://"))))


def _once(html: str) -> str:
    if "<" not in html:
        return unescape(html) if "&" in html else html
    tree = _parse(html)
    tree.strip_tags(list(_UNSEEN))
    parts: list[str] = []
    for node in tree.root.traverse(include_text=True) if tree.root else ():
        if node.tag in _BLOCKS:
            parts.append("\n\n" if node.tag == "p" else "\n")
        elif node.tag == "-text":
            parts.append(_written(node))
        elif _follows_a_block(node):
            parts.append("\n")
    return "".join(parts)


def _written(node: LexborNode) -> str:
    # A line end in the source is a space to a reader.
    text = _LINE_END.sub(" ", node.text_content or "").replace("\n", " ")
    return f"\n{text}" if text.strip() and _follows_a_block(node) else text


def _follows_a_block(node: LexborNode) -> bool:
    return node.prev is not None and node.prev.tag in _CLOSED


def _parse(html: str) -> LexborHTMLParser:
    html = _DATA_URI.sub("", html[: MAX_HTML * 16])[:MAX_HTML]
    return LexborHTMLParser(_SURROGATE.sub("\ufffd", html))


def _is_pixel(image: LexborNode) -> bool:
    sizes = (image.attributes.get("width"), image.attributes.get("height"))
    return any(size in {"0", "1"} for size in sizes)


def language_code(declared: str | None) -> str | None:
    """ISO 639-1 out of a declared tag ("fr-CH", "FR_fr"); None where it is none."""
    found = _LANGUAGE.match((declared or "").strip().lower())
    return found[1] if found else None
