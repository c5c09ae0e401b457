"""JSON → items: the documents that are known, and anybody's lists of objects read like tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from connectors.connector import Malformed
from connectors.file.columns import NoTable, fields_of, shown
from connectors.file.lines import BadLine
from connectors.file.records import is_record
from connectors.imports import google, google_plus, x_archive
from connectors.imports.scene import Item, Notes, Record, Scene, Understood
from connectors.imports.settings import IMPORT_FIELDS, ImportSettings
from connectors.imports.sheets import as_text
from connectors.imports.tables import generic_record
from connectors.reading import mappings

_DEPTH = 3
_MARKS = ("external_id", "type")  # words like "title" stand in anybody's objects
_ISO_DATES = ("published_at", "edited_at")
Found = Iterable[tuple[dict[str, Any], list[Record]]]


def read_document(
    value: object, place: str, settings: ImportSettings, scene: Scene, notes: Notes
) -> Iterator[Item]:
    """The items of one JSON document; of one that is not known, its list of objects."""
    if settings.format in ("auto", "google_plus", "google") and (found := _known(value)):
        name, network, records = found
        notes.tables.append(Understood(place=place, format=name, network=network))
        yield from _items(records, place, scene)
    elif settings.format in ("auto", "json") and (scene.guess_objects or _are_records(value)):
        yield from read_objects(_listed(value), place, settings, scene, notes)
    else:
        notes.unknown.append(f"{place}{_keys(value)}")


def read_posts(
    value: object, place: str, scene: Scene, notes: Notes, handle: str | None
) -> Iterator[Item]:
    """X's archive of posts."""
    if not isinstance(value, list):
        raise Malformed(f"{place}not the list of posts that it should be")
    notes.tables.append(Understood(place=place, format="x_archive", network=x_archive.NETWORK))
    records = ((entry, [x_archive.post_record(entry, handle)]) for entry in mappings(value))
    yield from _items(records, place, scene)


def read_page(html: str, place: str, scene: Scene, notes: Notes) -> Iterator[Item]:
    """A Google+ post of Takeout as HTML."""
    notes.tables.append(Understood(place=place, format="google_plus", network=google_plus.NETWORK))
    yield from _items(google_plus.page_records(html), place, scene)


def read_objects(
    values: Iterable[object], place: str, settings: ImportSettings, scene: Scene, notes: Notes
) -> Iterator[Item]:
    """Objects in the shape of `connectors.file`, or any whose keys are guessed or named."""
    guess = _Guess(settings)
    for number, value in enumerate(values, start=1):
        where, raw = f"{place}object {number}", _raw(value)
        if isinstance(value, BadLine) or not isinstance(value, Mapping):
            error = str(value) if isinstance(value, BadLine) else "not a JSON object"
            yield Item(place=where, raw=raw, error=error)
            continue
        if is_record(value) and not settings.columns:
            guess.note(value, place, scene, notes, format_name="objects")
            yield Item.of(where, raw, [dict(value)], scene)
            continue
        try:
            cells = guess.cells(value)
            guess.note(value, place, scene, notes, format_name="objects")
            records = [generic_record(cells, scene)]
        except (NoTable, BadLine) as error:
            yield Item(place=where, raw=raw, error=str(error))
            continue
        yield Item.of(where, raw, records, scene)


def _known(value: object) -> tuple[str, str, Found] | None:
    objects = value if isinstance(value, list) else [value]
    first = next(mappings(objects), None)
    if first is None:
        return None
    if google_plus.is_api_object(first):
        return "google_plus", google_plus.NETWORK, _each(objects, google_plus.api_records)
    if google_plus.is_takeout_post(first):
        return "google_plus", google_plus.NETWORK, _each(objects, google_plus.takeout_records)
    if google.holds_reviews(first):
        return "google_reviews", google.NETWORK, _each(objects, google.review_records)
    if google.is_review(first):
        return "google_reviews", google.NETWORK, google.review_records({"reviews": objects})
    return None


def _each(objects: object, read: Any) -> Iterator[tuple[dict[str, Any], list[Record]]]:
    for value in mappings(objects):
        yield from read(value)


def _items(found: Found, place: str, scene: Scene) -> Iterator[Item]:
    for number, (value, records) in enumerate(found, start=1):
        settled = [_settled(record, scene) for record in records]
        yield Item.of(f"{place}object {number}", _raw(value), settled, scene)


def _settled(record: Record, scene: Scene) -> Record:
    """Its dates read, and no figures where none was published."""
    dates = {name: scene.when(record[name]) for name in _ISO_DATES if record.get(name)}
    figures = record.get("engagement") or {}
    told = any(count is not None for count in figures.values())
    return record | dates | {"engagement": figures if told else None}


def _raw(value: object) -> bytes:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError):  # nested too deeply, or an integer beyond 64 bits
        return b"an object that cannot be shown"


def _are_records(value: object) -> bool:
    """Whether it is in the shape of `connectors.file`, of which nothing is guessed."""
    objects = value if isinstance(value, list) else [value]
    return all(
        isinstance(item, Mapping) and is_record(item) and not item.keys().isdisjoint(_MARKS)
        for item in objects
    )


def _listed(value: object) -> Iterable[object]:
    """A list, or the longest list of objects within an object, or that object alone."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        return [value]
    lists = [part for part in value.values() if isinstance(part, list) and any(mappings(part))]
    return max(lists, key=len, default=[value])


def _keys(value: object) -> list[str]:
    first = next(mappings(value if isinstance(value, list) else [value]), {})
    return shown([str(key) for key in first])


class _Guess:
    """The fields of objects by their keys: told once a set of keys, as thousands share one."""

    def __init__(self, settings: ImportSettings) -> None:
        self._columns = settings.columns
        self._fields: dict[tuple[str, ...], tuple[str | None, ...]] = {}
        self._noted = False

    def cells(self, value: Mapping[str, object]) -> dict[str, str]:
        """Raises NoTable where the keys say nothing."""
        flat = dict(_flat(value))
        keys = tuple(flat)
        fields = self._fields.get(keys)
        if fields is None:
            # A key that this object lacks is no fault: another one may have it.
            columns = {field: name for field, name in self._columns.items() if name in flat}
            fields = self._fields[keys] = fields_of(keys, columns, IMPORT_FIELDS)
        found = {f: flat[k].strip() for f, k in zip(fields, keys, strict=True) if f}
        cells = {field: cell for field, cell in found.items() if cell}
        if not {"text", "title", "rating", "media", "followers", "views"} & cells.keys():
            raise NoTable(f"no text; its keys are {shown(keys)}")
        return cells

    def note(
        self,
        value: Mapping[str, object],
        place: str,
        scene: Scene,
        notes: Notes,
        *,
        format_name: str,
    ) -> None:
        if self._noted:
            return
        self._noted = True
        keys = tuple(dict(_flat(value)))
        fields = self._fields.get(keys) or keys
        columns = {field: key for field, key in zip(fields, keys, strict=False) if field}
        ignored = tuple(key for field, key in zip(fields, keys, strict=False) if not field)
        network = scene.network
        notes.tables.append(
            Understood(
                place=place, format=format_name, network=network, columns=columns, ignored=ignored
            )
        )


def _flat(
    value: Mapping[str, object], before: str = "", depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Keys and plain values, those of objects within under "outer.inner"."""
    for key, part in value.items():
        name = f"{before}{key}"
        if isinstance(part, Mapping) and depth < _DEPTH:
            yield from _flat(part, f"{name}.", depth + 1)
        elif isinstance(part, str):
            yield name, part
        elif isinstance(part, bool):
            continue
        elif isinstance(part, int | float):
            yield name, as_text(part)
        elif isinstance(part, list) and all(isinstance(item, str) for item in part):
            yield name, " ".join(part)
