"""What can still be read of a document that is wrong in places, so that all mistakes show at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from listener.config.models import Config
from listener.domain.rule import SeverityRule

_NOTHING = object()


def salvage(document: Mapping[str, Any]) -> Config:
    """A Config in which every right value stands, items keep their place, and the rest is default.

    Only fit to be checked for references: what is required and absent is None.
    """
    config = _construct(Config, document)
    assert isinstance(config, Config)
    return config


def _construct(model: type[BaseModel], raw: Mapping[str, Any]) -> BaseModel:
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        kind = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        value = _value(kind, raw[key]) if key in raw else _NOTHING
        if value is not _NOTHING:
            values[name] = value
        elif field.is_required():
            values[name] = () if _item_kind(field.annotation) is not None else None
    return model.model_construct(**values)


def _value(kind: Any, raw: Any) -> Any:
    try:
        return TypeAdapter(kind).validate_python(raw)
    except ValidationError:
        pass
    item = _item_kind(kind)
    if item is not None:
        items = [_value(item, part) for part in raw] if isinstance(raw, list) else []
        return tuple(part for part in items if part is not _NOTHING)
    model = _model(kind, raw)
    if model is not None:
        return _construct(model, raw if isinstance(raw, Mapping) else {})
    # A name that is badly written is a name still: what refers to it is not wrong as well.
    return raw if isinstance(raw, str) else _NOTHING


def _item_kind(kind: Any) -> Any:
    """What a tuple of any length holds; None for any other type."""
    if Ellipsis in get_args(kind):
        return get_args(kind)[0]
    found = (_item_kind(part) for part in get_args(kind))
    return next((part for part in found if part is not None), None)


def _model(kind: Any, raw: Any) -> type[BaseModel] | None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    models = [m for part in get_args(kind) if (m := _model(part, raw)) is not None]
    wanted = raw.get("kind") if isinstance(raw, Mapping) else None
    for model in models:
        if "kind" in model.model_fields and wanted in get_args(
            model.model_fields["kind"].annotation
        ):
            return model
    return (SeverityRule if SeverityRule in models else models[0]) if models else None
