"""What hangs on a message of a preview: photos, videos, voices, files; and what is not its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from connectors.mention import Media
from connectors.urls import canonical_url

_MANY = 20
_BACKGROUND = re.compile(r"background-image:\s*url\(\s*['\"]?([^'\")]{1,2000})['\"]?\s*\)", re.I)
_ELSEWHERE = frozenset({"tgme_widget_message_reply", "tgme_widget_message_link_preview"})


def media_of(node: LexborNode) -> Iterator[Media]:
    for photo in node.css(".tgme_widget_message_photo_wrap")[:_MANY]:
        if own(photo):
            yield Media(kind="image", url=_background(photo))
    for player in node.css(
        ".tgme_widget_message_video_player, .tgme_widget_message_roundvideo_player"
    )[:_MANY]:
        video = player.css_first("video")
        yield Media(kind="video", url=_address(video.attributes.get("src") if video else None))
    for voice in node.css(".tgme_widget_message_voice_player")[:_MANY]:
        audio = voice.css_first("audio")
        yield Media(kind="audio", url=_address(audio.attributes.get("src") if audio else None))
    for document in node.css(".tgme_widget_message_document_wrap")[:_MANY]:
        yield Media(kind="document", url=_address(document.attributes.get("href")))
    for _sticker in node.css(".tgme_widget_message_sticker_wrap")[:_MANY]:
        yield Media(kind="image")


def own(node: LexborNode) -> bool:
    """Not within what is answered, nor within the card of a linked page."""
    above = node.parent
    while above is not None:
        classes = _classes(above)
        if not _ELSEWHERE.isdisjoint(classes):
            return False
        if "tgme_widget_message_wrap" in classes:
            break
        above = above.parent
    return True


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split() if node.tag != "-document" else []


def _background(node: LexborNode) -> str | None:
    found = _BACKGROUND.search(node.attributes.get("style") or "")
    return _address(found[1]) if found else None


def _address(written: str | None) -> str | None:
    return canonical_url(written, base="https://t.me/") if written else None
