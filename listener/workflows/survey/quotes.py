"""Which stored posts a digest may quote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifiers.confidentiality import find_patients
from listener.domain.alert import PostView
from listener.storage.figures import Listed
from listener.workflows.view import Viewer

IDENTIFYING = frozenset(
    {"name", "carer", "role", "handle", "room", "care", "file", "nir", "birth_date"}
)


def reveals(post: PostView) -> bool:
    """What may reveal a patient, or names somebody near a word of care, is never quoted nor linked."""
    text = post.excerpt or ""
    return post.restricted or any(span.kind in IDENTIFYING for span in find_patients(text))


def quotable(viewer: Viewer, items: Iterable[Listed]) -> Iterator[PostView]:
    """Those with words left that their author lets be shown and that reveal nobody, as they come."""
    for item in items:
        post = viewer.post(item.row, item.figures)
        if post.excerpt and not reveals(post):
            yield post
