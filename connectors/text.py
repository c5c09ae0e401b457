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
_HOLDS_UNSEEN = re.compile(rf"<(?:{'|'.join(_UNSEEN)})", re.IGNORECASE)

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
_ANY_LINE_END = re.compile("\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_LINE_END = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?$")

Images = tuple[tuple[str, str | None], ...]


def plain(text: str) -> str:
    """Tidy a text that is not HTML.

    NFC, no control or invisible character, no lone surrogate (a database refuses it), single
    spaces, at most one empty line in a row, nothing around. Idempotent.
    """
    if text.isprintable():  # most names, and many posts: no control, no space but the plain one
        return " ".join(unicodedata.normalize("NFC", text).split())
    if text.replace("\n", "").isprintable():
        lines = unicodedata.normalize("NFC", text).split("\n")
        tidy = "\n".join([" ".join(line.split()) for line in lines])
        return _EMPTY_LINES.sub("\n\n", tidy).strip()
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
    return _undone(_once(html))


def html_to_line(html: str) -> str:
    """An HTML title as one line of text."""
    return " ".join(html_to_text(html).split())


def html_images(html: str) -> Images:
    """(src, alt) of the images of an HTML fragment, tracking pixels left out."""
    return Fragment(html).images() if "<img" in html.lower() else ()


def html_links(html: str) -> tuple[str, ...]:
    """The http(s) targets of an HTML fragment's links, in order, each once, as written."""
    return Fragment(html).links() if "href" in html.lower() else ()


class Fragment:
    """HTML parsed once, where more than one thing is wanted of it; the text last, which strips it.

    Without selectors: their engine costs each tree more than its parsing.
    """

    def __init__(self, html: str) -> None:
        html = html[: MAX_HTML * 16]
        if "data:" in html:
            html = _DATA_URI.sub("", html)
        html = html[:MAX_HTML]
        self._has_unseen = _HOLDS_UNSEEN.search(html) is not None
        try:
            written = html.encode()
        except UnicodeEncodeError:
            written = _SURROGATE.sub("\ufffd", html).encode()
        self._tree = LexborHTMLParser(written)

    def drop(self, tag: str, *classes: str) -> None:
        """Leave out the elements of one of these classes."""
        for node in reversed(self._having(tag, classes)):  # the inner before the outer
            node.decompose()

    def words(self, tag: str, *classes: str) -> tuple[str, ...]:
        """What stands in each element of one of these classes, on one line."""
        return tuple(one_line(node.text()) for node in self._having(tag, classes))

    def images(self) -> Images:
        return tuple(
            (src, one_line(image.attributes.get("alt") or "") or None)
            for image in self._tree.tags("img")
            if (src := image.attributes.get("src")) and not _is_pixel(image)
        )

    def links(self) -> tuple[str, ...]:
        targets = (node.attributes.get("href") or "" for node in self._tree.tags("a"))
        return tuple(dict.fromkeys(t for t in targets if t.startswith(("http://", "https://"))))

    def text(self) -> str:
        return _undone(self._written())

    def _having(self, tag: str, classes: tuple[str, ...]) -> list[LexborNode]:
        return [
            node
            for node in self._tree.tags(tag)
            if not {*classes}.isdisjoint((node.attributes.get("class") or "").split())
        ]

    def _written(self) -> str:
        """With line ends for blocks; not tidied yet."""
        if self._has_unseen:
            self._tree.strip_tags(list(_UNSEEN))
        root = self._tree.root
        parts: list[str] = []
        for node in root.traverse(include_text=True) if root else ():
            tag = node.tag
            if tag == "-text":
                parts.append(_written(node))
            elif tag in _BLOCKS:
                parts.append("\n\n" if tag == "p" else "\n")
            elif _follows_a_block(node):
                parts.append("\n")
        return "".join(parts)


def _undone(text: str) -> str:
    """What was escaped twice, at most twice more."""
    for _ in range(2):
        if not _STILL_HTML.search(text):
            break
        text = _once(text.replace("\n", "<br>"))
    return plain(text)


def _once(html: str) -> str:
    if "<" not in html:
        return unescape(html) if "&" in html else html
    return Fragment(html)._written()


def _written(node: LexborNode) -> str:
    # A line end in the source is a space to a reader.
    text = _ANY_LINE_END.sub(" ", node.text_content or "")
    return f"\n{text}" if text.strip() and _follows_a_block(node) else text


def _follows_a_block(node: LexborNode) -> bool:
    return node.prev is not None and node.prev.tag in _CLOSED


def _is_pixel(image: LexborNode) -> bool:
    sizes = (image.attributes.get("width"), image.attributes.get("height"))
    return any(size in {"0", "1"} for size in sizes)


def language_code(declared: str | None) -> str | None:
    """ISO 639-1 out of a declared tag ("fr-CH", "FR_fr"); None where it is none."""
    found = _LANGUAGE.match((declared or "").strip().lower())
    return found[1] if found else None
