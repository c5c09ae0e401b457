"""A week as data for programs: the digest's figures, and its posts as far as they may be shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from listener.config.alerting import Excerpt
from listener.domain.alert import PostView
from listener.domain.digest import Digest, Figures, Part
from listener.i18n import Speaker
from listener.notifiers.quotes import quote


def digest_data(digest: Digest, *, language: str, excerpt: Excerpt) -> dict[str, Any]:
    """Plain values; `week_before` is None where nothing is known of that week."""
    week = digest.period
    shown: Excerpt = "none" if excerpt == "none" else "masked"
    return {
        "week": week.label,
        "since": week.since,
        "until": week.until,
        "timezone": week.zone.key,
        "hospital": digest.hospital,
        "read_at": digest.at,
        "known_since": digest.known_since,
        "listening_since": digest.listening_since,
        "mentions": _figures(digest.now),
        "week_before": _figures(digest.before) if digest.comparable else None,
        "networks": [_network(digest, found, language, shown) for found in digest.networks],
        "peers": [
            {
                "name": peer.name,
                "mentions": _figures(peer.now),
                "week_before": _figures(peer.before) if digest.comparable else None,
            }
            for peer in digest.peers
        ],
        "incidents": [asdict(line) for line in digest.incidents],
        "night_calls": digest.night_calls,
        "unseen": asdict(digest.unseen),
        "exercise": digest.exercise,
    }


def _figures(figures: Figures) -> dict[str, int]:
    return {"mentions": figures.mentions, **asdict(figures)}


def _network(digest: Digest, found: Part, language: str, excerpt: Excerpt) -> dict[str, Any]:
    furthest = next((n for n in digest.furthest if n.network == found.name), None)
    return {
        "network": found.name,
        "mentions": _figures(found.now),
        "week_before": _figures(found.before) if digest.comparable else None,
        "posts": [
            _post(digest, p, language, excerpt) for p in (furthest.posts if furthest else ())
        ],
        "withheld": furthest.withheld if furthest else 0,
    }


def _post(digest: Digest, post: PostView, language: str, excerpt: Excerpt) -> dict[str, Any]:
    shown = quote(Speaker(language, digest.period.zone), post, excerpt, when="")
    names = ("kind", "occurred_at", "sentiment", "severity", "reactions", "replies", "shares")
    return {
        **{name: getattr(post, name) for name in names},
        "excerpt": shown.excerpt,
        "link": shown.link,
    }
