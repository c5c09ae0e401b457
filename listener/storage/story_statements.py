"""What `storage.stories` asks, each engine's own way of one bound variable for a list of numbers."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Delete,
    Executable,
    Integer,
    Select,
    String,
    Update,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.columns import Instant
from listener.storage.dialect import insert_into
from listener.storage.tables import mentions, stories, story_keys

STANDS = func.coalesce(stories.c.merged_into, stories.c.id)


def numbers(connection: AsyncConnection, listed: Collection[int]) -> Any:
    """A list as the statements below take it, ascending."""
    ascending = sorted(listed)
    return orjson.dumps(ascending).decode() if _is_sqlite(connection) else ascending


def _is_sqlite(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "sqlite"


def _each(dialect: str, name: str) -> Any:
    if dialect == "sqlite":
        return select(func.json_each(bindparam(name)).table_valued("value").c.value)
    return select(func.unnest(bindparam(name, type_=ARRAY(BigInteger))))


def _instant(name: str) -> Any:
    return bindparam(name, type_=Instant)


def _hour(name: str) -> Any:
    return bindparam(name, type_=Integer)


def mentions_of(story: int) -> ColumnElement[bool]:
    """That a mention is of this story, or of one that has been made one with it."""
    named = stories.alias("named")
    root = select(func.coalesce(named.c.merged_into, named.c.id)).where(named.c.id == story)
    one = root.scalar_subquery()
    members = select(stories.c.id).where(or_(stories.c.id == one, stories.c.merged_into == one))
    return mentions.c.story_id.in_(members)


def members(numbers: Collection[int]) -> ColumnElement[bool]:
    """That a mention is of one of these stories, each of which stands for itself."""
    of = or_(stories.c.id.in_(numbers), stories.c.merged_into.in_(numbers))
    return mentions.c.story_id.in_(select(stories.c.id).where(of))


# What stands for a mention's story, beside its columns.
STORY = select(STANDS).where(stories.c.id == mentions.c.story_id).scalar_subquery().label("story")


@lru_cache
def owners(dialect: str) -> Select[Any]:
    """Of `keys`: key, the story that stands for its owner, whether it wants to be seen again."""
    return (
        select(story_keys.c.key, STANDS, story_keys.c.seen_hour < _hour("fading"))
        .join(stories, stories.c.id == story_keys.c.story_id)
        .where(
            story_keys.c.key.in_(_each(dialect, "keys")),
            story_keys.c.seen_hour >= _hour("cutoff"),
        )
    )


@lru_cache
def open_new(dialect: str) -> Executable:
    """A new story for each of `ids`, which are any numbers; gives the new ones."""
    each = _each(dialect, "ids").subquery()
    told = select(bindparam("exercise_id", type_=String), _instant("at"), _instant("at"))
    rows = told.where(each.c[0].is_not(None))
    statement = insert(stories).from_select(["exercise_id", "opened_at", "last_at"], rows)
    return statement.returning(stories.c.id)


@lru_cache
def claim(dialect: str) -> Executable:
    """Give `keys` to `owners`, side by side, unless others hold them who are still remembered.

    In the order of the keys, so that two pages that share some never wait for each other in a ring.
    """
    names = ["key", "story_id", "seen_hour"]
    statement = insert_into(dialect, story_keys)
    if dialect == "sqlite":
        pair = func.json_each(bindparam("claims")).table_valued("value").c.value
        first, second = (func.json_extract(pair, f"$[{place}]") for place in (0, 1))
        # A condition, or SQLite would take ON CONFLICT for the ON of a join.
        rows = select(first, second, _hour("now")).where(first.is_not(None))
    else:
        arrays = [bindparam(name, type_=ARRAY(BigInteger)) for name in ("keys", "owners")]
        pairs = func.unnest(*arrays).table_valued("key", "owner").render_derived()
        rows = select(pairs.c.key, pairs.c.owner, _hour("now")).order_by(pairs.c.key)
    offered = statement.excluded
    forgotten = story_keys.c.seen_hour < _hour("cutoff")
    return statement.from_select(names, rows).on_conflict_do_update(
        index_elements=["key"],
        set_={
            "story_id": case((forgotten, offered.story_id), else_=story_keys.c.story_id),
            "seen_hour": offered.seen_hour,
        },
        where=story_keys.c.seen_hour < _hour("fading"),
    )


@lru_cache
def standing(dialect: str) -> Select[Any]:
    """Of `ids`: story, the one that stands for it."""
    return select(stories.c.id, STANDS.label("stands")).where(
        stories.c.id.in_(_each(dialect, "ids"))
    )


@lru_cache
def touch(dialect: str) -> Update:
    """`ids` have a mention of the instant `at`; locked in their order."""
    older = stories.c.last_at < _instant("at")
    locked = select(stories.c.id).where(stories.c.id.in_(_each(dialect, "ids")), older)
    locked = locked.order_by(stories.c.id).with_for_update()
    return update(stories).where(stories.c.id.in_(locked)).values(last_at=_instant("at"))


@lru_cache
def merge(dialect: str) -> Update:
    """`ids`, and what they stand for, become part of `into`."""
    ids = _each(dialect, "ids")
    joined = or_(stories.c.id.in_(ids), stories.c.merged_into.in_(ids))
    return update(stories).where(joined).values(merged_into=bindparam("into"))


_FIRST = (
    select(STANDS.label("stands"), func.min(mentions.c.id).label("id"))
    .join(mentions, mentions.c.story_id == stories.c.id)
    .where(
        stories.c.last_at >= _instant("since"),
        stories.c.exercise_id == bindparam("exercise_id", type_=String),
        mentions.c.text.is_not(None),
    )
    .group_by(STANDS)
    .subquery()
)
FIRST_TEXTS = select(
    _FIRST.c.stands, mentions.c.id, mentions.c.title, mentions.c.text, mentions.c.occurred_at
).join(_FIRST, _FIRST.c.id == mentions.c.id)
EXPIRE = delete(story_keys).where(story_keys.c.seen_hour < _hour("cutoff"))


@lru_cache
def forget_silenced(dialect: str) -> Delete:
    """The keys of every story of which `ids` were mentions, and of which no text is left."""
    root = (
        select(STANDS.label("id"))
        .join(mentions, mentions.c.story_id == stories.c.id)
        .where(mentions.c.id.in_(_each(dialect, "ids")))
        .distinct()
        .subquery("root")
    )
    member, other = stories.alias("member"), stories.alias("other")
    told = exists().where(
        or_(other.c.id == root.c.id, other.c.merged_into == root.c.id),
        mentions.c.story_id == other.c.id,
        mentions.c.text.is_not(None),
    )
    silenced = (
        select(member.c.id)
        .join(root, or_(member.c.id == root.c.id, member.c.merged_into == root.c.id))
        .where(~told)
    )
    return delete(story_keys).where(story_keys.c.story_id.in_(silenced))
