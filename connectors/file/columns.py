"""Which column says what: a header in the words people and tools use, told as a field of a mention."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress

DELIMITERS = ";,\t|"
NO_DELIMITER = "\x1f"  # one column only: a comma in a text must not cut it

FIELDS = frozenset(
    {
        *("external_id", "network", "kind", "url", "title", "text", "language", "published_at"),
        *("edited_at", "rating", "tags", "links", "media", "accounts"),
        *("parent_id", "root_id", "quoted_id", "repost_of"),
        *("author", "author_id", "author_handle", "followers"),
        *("views", "reactions", "replies", "shares"),
    }
)
"""What a CSV column may hold."""

_KNOWN_HEADERS = {
    "text": "texte message contenu content body commentaire comment avis",
    "title": "titre headline",
    "url": "lien link permalien permalink adresse",
    "published_at": "date publie_le date_de_publication created_at timestamp",
    "author": "auteur nom utilisateur user author_name",
    "author_handle": "handle compte username identifiant_auteur",
    "followers": "abonnes nombre_d_abonnes",
    "network": "reseau source plateforme platform",
    "external_id": "id identifiant post_id message_id",
    "language": "langue lang",
    "rating": "note etoiles stars",
    "views": "vues impressions",
    "reactions": "likes j_aime mentions_j_aime",
    "replies": "reponses commentaires comments",
    "shares": "partages retweets reposts",
    "kind": "type nature",
}
FIELD_OF: Mapping[str, str] = {
    word: field for field, words in _KNOWN_HEADERS.items() for word in words.split()
}
_APOSTROPHES = str.maketrans("’ʼ‘`´", "'''''")


class NoTable(Exception):
    """The header says nothing that can be read."""


def plain_header(header: str) -> str:
    """ "J’aime (total)" → "j_aime_total": no case, accent, apostrophe or punctuation left."""
    folded = unicodedata.normalize("NFKD", header.translate(_APOSTROPHES))
    bare = folded.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def split_cells(line: str, delimiter: str) -> list[str]:
    with suppress(csv.Error):
        return next(csv.reader([line], delimiter=delimiter), [])
    return []


def sniff(header: str) -> str:
    """The delimiter that cuts the header into most columns; a text alone is one column."""
    widths = {delimiter: len(split_cells(header, delimiter)) for delimiter in DELIMITERS}
    best = max(widths, key=lambda delimiter: widths[delimiter])
    return best if widths[best] > 1 else NO_DELIMITER


def named_columns(headers: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Plain header → field, as the operator says it; raises NoTable where a header is not there."""
    names = {plain_header(header) for header in headers}
    if missing := [header for header in columns.values() if plain_header(header) not in names]:
        raise NoTable(f"no column {missing}; the header has {shown(headers)}")
    return {plain_header(header): field for field, header in columns.items()}


def fields_of(
    headers: Sequence[str], columns: Mapping[str, str], known: frozenset[str] = FIELDS
) -> tuple[str | None, ...]:
    """The field of each column, None where it is ignored; what `columns` says comes first."""
    by_header = named_columns(headers, columns)
    fields: list[str | None] = []
    for header in headers:
        name = plain_header(header)
        guess = name if name in known else FIELD_OF.get(name)
        field = by_header.get(name) or (None if guess in columns else guess)
        fields.append(None if field in fields else field)
    return tuple(fields)


def require_text(headers: Sequence[str], fields: Sequence[str | None]) -> None:
    """Raises NoTable where no column could hold what somebody said."""
    if not {"text", "title", "rating"} & set(fields):
        raise NoTable(f'name the text\'s column: columns = {{text = "…"}}, from {shown(headers)}')


def shown(headers: Sequence[str]) -> list[str]:
    return [header[:40] for header in headers[:30]]
