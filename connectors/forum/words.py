"""What the author of a post wrote, without what their software put around it or others said before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from connectors.text import MAX_HTML

# vBulletin 4 wraps the whole post in a blockquote of its own.
_QUOTES = (
    "blockquote:not(.postcontent):not(.restore), .quotebox, .bbcode_quote, .bbCodeQuote, "
    ".quoteheader, .quotefooter, .topslice_quote"
)
_NAMED_IN = "cite a[href], .bbcode_postedby a[href], .attribution a[href]"
_SMILEYS = (
    "img[class*='smil'], img[class*='emoji'], img.inlineimg, img[src*='smil'], img[src*='emoticon']"
)
_MAX_NODES = 500  # of a kind, in one post
_WORTH_PARSING = re.compile(r"quote|smil|emoji|emoticon|inlineimg|smallfont|link--internal", re.I)
_BBCODE = re.compile(
    r"\[quote(?:[=\s][^\[\]]{0,200})?\](?:(?!\[/?quote)[\s\S]){0,20000}\[/quote\]", re.I
)
_RULE = re.compile(r"<hr\s*/?>\s*\Z", re.IGNORECASE)
_POST_NUMBER = re.compile(r"post:\s*(\d{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    html: str
    answers: tuple[str, ...] = ()  # links and numbers of the posts that are quoted, as written


def without_statistics(html: str) -> str:
    """phpBB ends each entry with a rule and, before it, "Statistics: Posted by … — date".

    Its posts hold no <p> of their own, so whatever the language, that paragraph is the last one.
    """
    bare = html.rstrip()
    tail = _RULE.search(bare, max(0, len(bare) - 40))
    if tail is None:
        return html
    bare = bare[: tail.start()].rstrip()
    start = bare.rfind("<p>")
    if not bare.endswith("</p>") or start < 0 or ":" not in bare[start : start + 60]:
        return bare
    return bare[:start]


def own_words(html: str, link: str) -> Words:
    """Without quotes and "read more" links, and with smileys as they were typed."""
    html = html[:MAX_HTML]
    for _nested in range(10):
        html, removed = _BBCODE.subn(" ", html)
        if not removed:
            break
    if not _WORTH_PARSING.search(html):
        return Words(html=html)
    tree = LexborHTMLParser(html)
    for image in tree.css(_SMILEYS)[:_MAX_NODES]:
        image.replace_with(image.attributes.get("alt") or " ")
    for more in tree.css("a.link--internal"):
        if more.attributes.get("href") == link:
            more.decompose()
    answers = [*_framed_tables(tree), *_quotes(tree)]
    body = tree.body
    return Words(html=(body.inner_html or "") if body else "", answers=tuple(answers))


def _quotes(tree: LexborHTMLParser) -> Iterator[str]:
    for _ in range(_MAX_NODES):
        # Outermost first, and looked for anew: what was within it is gone with it.
        quote = tree.css_first(_QUOTES)
        if quote is None:
            return
        yield from _named(quote)
        lead = _lead(quote)
        if lead is not None:
            yield from _targets(lead.css("a[href]"))
            lead.decompose()
        quote.replace_with(" ")


def _framed_tables(tree: LexborHTMLParser) -> Iterator[str]:
    """vBulletin 3 frames a quote in a table below the word "Quote:"."""
    for title in tree.css("div.smallfont")[:_MAX_NODES]:
        table, frame = _next_element(title), title.parent
        if table is not None and table.tag == "table" and frame is not None and frame.tag == "div":
            yield from _targets(table.css("a[href]")[:1])
            table.decompose()
            title.decompose()


def _named(quote: LexborNode) -> Iterator[str]:
    if found := _POST_NUMBER.match(quote.attributes.get("data-source") or ""):
        yield f"#p{found[1]}"
        yield f"#post-{found[1]}"
    classes = quote.attributes.get("class") or ""
    if "quoteheader" in classes or "topslice_quote" in classes:
        yield from _targets(quote.css("a[href]"))
    yield from _targets(quote.css(_NAMED_IN))


def _lead(quote: LexborNode) -> LexborNode | None:
    """NodeBB's "@marie said in …:", a paragraph of its own before the quote."""
    before = quote.prev
    while before is not None and before.tag == "-text" and not (before.text_content or "").strip():
        before = before.prev
    if before is None or before.tag != "p" or before.css_first("a[href*='/post/']") is None:
        return None
    return before if before.text(strip=True).endswith(":") else None


def _next_element(node: LexborNode) -> LexborNode | None:
    after = node.next
    while after is not None and (after.tag or "").startswith("-"):
        after = after.next
    return after


def _targets(links: list[LexborNode]) -> Iterator[str]:
    yield from (href for link in links if (href := link.attributes.get("href")))
