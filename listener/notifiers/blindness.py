"""What sources cannot see as they are configured, in words: by kind, with the sources it holds for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.connector import Unseen
from listener.i18n import Speaker
from listener.notifiers import safe


def blindness(speaker: Speaker, blind: Mapping[str, Sequence[Unseen]]) -> Iterator[str]:
    """One line a kind of blindness, in the enumeration's order; none where everything is seen."""
    for kind in Unseen:
        names = [safe.clean(source) for source, kinds in blind.items() if kind in kinds]
        if names:
            yield speaker.gettext("Not seen by {sources}: {what}.").format(
                sources=", ".join(names), what=what_is_unseen(speaker, kind)
            )


def what_is_unseen(speaker: Speaker, kind: Unseen) -> str:
    _ = speaker.gettext
    return {
        Unseen.ELSEWHERE: _("what stands outside the configured pages and accounts"),
        Unseen.PUSHED: _("what the network tells by webhook alone"),
        Unseen.INSTANT: _("edits and deletions between two readings"),
        Unseen.COMMENTS: _("comments"),
        Unseen.AUTHORS: _("who wrote"),
        Unseen.FIGURES: _("views, reactions and shares"),
        Unseen.DELETIONS: _("deletions"),
        Unseen.PAST: _("what left the network before it was read"),
        Unseen.REVIEWS: _("reviews"),
    }[kind]
