"""From a status to a mention, whatever the status looks like."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mastodon.known import Known
from connectors.mastodon.mentions import to_engagement, to_mention
from connectors.mastodon.wire import Status
from connectors.mention import Kind, Media, Mention
from tests.connectors.mastodon.driving import NOON
from tests.networks.mastodon import status


def read(raw: dict[str, Any]) -> Mention:
    unknown = lambda local_id: Known(uri=f"valmont.example/{local_id}")  # noqa: E731
    return to_mention(
        Status.model_validate(raw),
        host="valmont.example",
        domain="valmont.example",
        lookup=unknown,
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def test_a_status_becomes_a_mention() -> None:
    raw = status(
        "12",
        NOON,
        spoiler_text="Santé",
        content='<p>Neuf heures aux <a class="mention hashtag" href="https://v.example/tags/u">'
        '#<span>urgences</span></a> 😡</p><p><a href="https://presse.example/a?utm_source=m">lien</a>',
        language="fr-CH",
        edited_at="2026-03-02T12:01:00Z",
        poll={"options": [{"title": "Oui"}, {"title": "Non"}, None]},
        tags=[{"name": "Urgences"}],
        mentions=[{"acct": "chu_valmont"}, {"acct": "ars@sante.example"}],
        media_attachments=[
            {"type": "image", "url": "https://v.example/1.jpg", "description": "Un couloir"},
            {"type": "unknown", "url": None, "remote_url": "https://loin.example/2"},
        ],
        quote={"state": "accepted", "quoted_status": {"id": "9", "uri": "https://v.example/9"}},
    )
    mention = read(raw)
    assert mention.text == "Santé\n\nNeuf heures aux #urgences 😡\n\nlien\n\nOui\nNon"
    assert (mention.kind, mention.quoted_id) == (Kind.QUOTE, "https://v.example/9")
    assert (mention.language, mention.tags) == ("fr", ("urgences",))
    assert mention.accounts == ("chu_valmont@valmont.example", "ars@sante.example")
    assert mention.links == ("https://presse.example/a",)
    assert mention.media == (
        Media(kind="image", url="https://v.example/1.jpg", alt="Un couloir"),
        Media(kind="document", url="https://loin.example/2"),
    )
    assert mention.author.handle == "claire@valmont.example"
    assert mention.author.followers == 321
    assert (mention.published_at, mention.edited_at) == (NOON, NOON + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("claimed", "understood"),
    [
        ("2026-03-02T12:00:00.000Z", NOON),
        ("2026-03-02T13:00:00+01:00", NOON),
        ("2026-03-02T12:00:00", NOON),
        ("2099-01-01T00:00:00Z", datetime(2099, 1, 1, tzinfo=UTC)),
        ("hier", None),
        (None, None),
        (["2026"], None),
    ],
)
def test_dates_are_read_or_absent(claimed: object, understood: datetime | None) -> None:
    assert read(status("1", NOON, created_at=claimed)).published_at == understood


@pytest.mark.parametrize(
    ("claimed", "understood"),
    [(3, 3), ("3", 3), (None, None), (-1, None), (True, None), (10**30, None), ({}, None)],
)
def test_a_count_that_is_none_stays_unknown(claimed: object, understood: int | None) -> None:
    post = Status.model_validate(status("1", NOON, favourites_count=claimed))
    assert to_engagement(post, host="h", at=NOON).reactions == understood


def test_a_server_without_quotes_still_counts_its_boosts() -> None:
    post = Status.model_validate(status("1", NOON, quotes_count=None))
    assert to_engagement(post, host="h", at=NOON).shares == 2


def test_a_quote_is_not_read_aloud_a_second_time() -> None:
    fallback = (
        '<p class="quote-inline">RE: <a href="https://v.example/9">https://v.example/9</a></p>'
    )
    accepted = {"state": "accepted", "quoted_status": {"id": "9", "uri": "https://v.example/9"}}
    mention = read(status("1", NOON, content=f"{fallback}<p>Une honte</p>", quote=accepted))
    assert (mention.text, mention.links) == ("Une honte", ())
    assert (mention.kind, mention.quoted_id) == (Kind.QUOTE, "https://v.example/9")
    unknown = read(status("1", NOON, content=f"{fallback}<p>Une honte</p>"))
    assert unknown.text.startswith("RE: ")  # a server that tells of no quote leaves only this


@pytest.mark.parametrize(
    ("quote", "kind", "quoted_id"),
    [
        ({"state": "deleted", "quoted_status": None}, Kind.POST, None),
        ({"state": "revoked"}, Kind.POST, None),
        ({"state": "pending", "quoted_status_id": "9"}, Kind.QUOTE, "valmont.example/9"),
        ({"id": "Ab9", "uri": "https://p.example/objects/9"}, Kind.QUOTE, "https://p.example/objects/9"),
    ],
    ids=["deleted", "revoked", "shallow", "akkoma"],
)  # fmt: skip
def test_a_quote_is_named_as_far_as_its_server_shows_it(quote, kind, quoted_id) -> None:
    mention = read(status("1", NOON, quote=quote))
    assert (mention.kind, mention.quoted_id) == (kind, quoted_id)


def test_whom_a_post_addresses_is_no_link_of_it_even_without_a_class() -> None:
    content = '<p><a href="https://gts.example/users/lea">@lea</a> <a href="https://gts.example/tags/chu">#chu</a> <a href="https://presse.example/a">lire</a></p>'
    assert read(status("1", NOON, content=content)).links == ("https://presse.example/a",)


def test_who_asks_not_to_be_listed_is_not_shown_elsewhere() -> None:
    post = status("1", NOON)
    post["account"]["noindex"] = True
    assert not read(post).republish


@given(
    st.dictionaries(
        st.sampled_from([*status("1", NOON), "id", "quote", "quoted_status"]),
        json_values,
        max_size=12,
    )
)
def test_whatever_a_field_holds_a_status_is_read_or_refused_without_harm(
    wild: dict[str, Any],
) -> None:
    read({**status("1", NOON), **wild})


RECORDINGS = os.environ.get("LISTENER_RECORDINGS")


@pytest.mark.skipif(not RECORDINGS, reason="LISTENER_RECORDINGS names no folder of recordings")
def test_recorded_answers_parse_into_sensible_mentions() -> None:
    folder = Path(RECORDINGS or "") / "mastodon"
    manifest = [json.loads(line) for line in (folder / "manifest.jsonl").open()]
    read_any = 0
    for entry in manifest:
        if entry["kind"] not in ("status", "timeline", "notifications"):
            continue
        document = json.loads((folder.parent / entry["file"]).read_text())
        for raw in document if isinstance(document, list) else [document]:
            post = raw.get("status") or raw
            if "visibility" not in post or "uri" not in post:
                continue
            mention = read(post)
            assert mention.external_id == post["uri"]
            assert mention.published_at is not None
            assert "<p>" not in mention.text
            assert mention.author.handle and "@" in mention.author.handle
            read_any += 1
    assert read_any > 50
