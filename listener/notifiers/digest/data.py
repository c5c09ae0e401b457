"""A digest as data for programs: every figure, and its posts as far as they may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from listener.config.alerting import Excerpt
from listener.domain.alert import PostView
from listener.domain.digest import (
    Account,
    Answers,
    Digest,
    Figures,
    IncidentLine,
    Part,
    Reaches,
    Reviews,
    Story,
    Waiting,
    advise,
    headline,
    wilson,
)
from listener.i18n import Speaker
from listener.notifiers.digest import lead
from listener.notifiers.quotes import quote


def digest_data(digest: Digest, *, language: str, excerpt: Excerpt) -> dict[str, Any]:
    """Plain values; what is not known is None: the period before, the year before, a trend."""
    return Writer(digest, language, "none" if excerpt == "none" else "masked").data()


class Writer:
    """Writes one digest; every `posts` is masked, and what may reveal a patient is left out."""

    def __init__(self, digest: Digest, language: str, excerpt: Excerpt) -> None:
        self._digest = digest
        self._speaker = Speaker(language, digest.period.zone)
        self._excerpt = excerpt

    def data(self) -> dict[str, Any]:
        digest = self._digest
        return {
            **self._head(),
            **self._counted(digest.now, digest.before, digest.year_before),
            "negative_interval": self._interval(digest.now),
            "trends": {"mentions": digest.volume, "negative": digest.tone},
            "networks": [self._part(part) for part in digest.networks],
            "services": [self._part(part) for part in digest.services],
            "themes": [self._part(part) for part in digest.themes],
            "days": [
                {
                    "day": found.day.isoformat(),
                    "mentions": _figures(found.figures),
                    "usual": asdict(found.usual) if found.usual else None,
                }
                for found in digest.days
            ],
            "engagement": _reach(digest.reach),
            "engagement_before": _reach(digest.reach_before) if digest.comparable else None,
            "stories": [self._story(story) for story in digest.stories],
            "faded": [self._story(story) for story in digest.faded],
            "rumours": [self._story(story) for story in digest.rumours],
            "praise": [self._post(post) for post in digest.praise],
            "furthest": [
                {
                    "network": found.network,
                    "posts": [self._post(post) for post in found.posts],
                    "withheld": found.withheld,
                }
                for found in digest.furthest
            ],
            "complaints": self._answers(digest.complaints),
            "personal_cases": self._answers(digest.cases),
            "restricted": digest.restricted,
            **self._beside(),
        }

    def _head(self) -> dict[str, Any]:
        digest, period = self._digest, self._digest.period
        return {
            "period": period.label,
            period.span.value: period.label,
            "since": period.since,
            "until": period.until,
            "timezone": period.zone.key,
            "hospital": digest.hospital,
            "service": digest.service or None,
            "read_at": digest.at,
            "known_since": digest.known_since,
            "listening_since": digest.listening_since,
            "finding": headline(digest).finding,
            "headline": lead.sentence(self._speaker, digest),
        }

    def _beside(self) -> dict[str, Any]:
        digest = self._digest
        return {
            "reviews": _reviews(digest.reviews),
            "reviews_before": _reviews(digest.reviews_before) if digest.comparable else None,
            "accounts": [_account(account) for account in digest.accounts],
            "published": digest.published,
            "published_before": digest.published_before if digest.comparable else None,
            "peers": [
                {"name": peer.name, **self._counted(peer.now, peer.before)} for peer in digest.peers
            ],
            "share_of_voice": self._share_of_voice(),
            "incidents": [_incident(line) for line in digest.incidents],
            "night_calls": digest.night_calls,
            "false_alarms": digest.false_alarms,
            "unseen": asdict(digest.unseen),
            "actions": [
                {"advice": action.advice, "owner": action.owner, "count": action.count}
                for action in advise(digest)
            ],
            "exercise": digest.exercise,
        }

    def _counted(
        self, now: Figures, before: Figures, year_before: Figures | None = None
    ) -> dict[str, Any]:
        found: dict[str, Any] = {
            "mentions": _figures(now),
            "before": _figures(before) if self._digest.comparable else None,
        }
        if year_before is not None:
            found["year_before"] = _figures(year_before) if self._digest.has_year else None
        return found

    def _share_of_voice(self) -> dict[str, Any] | None:
        ours = self._digest.now.mentions
        whole = sum((peer.now.mentions for peer in self._digest.peers), ours)
        found = wilson(ours, whole)
        if found is None or not self._digest.peers:
            return None
        interval = [round(found.low, 4), round(found.high, 4)]
        return {"mentions": ours, "of": whole, "share": ours / whole, "interval": interval}

    def _interval(self, figures: Figures) -> Sequence[float] | None:
        found = wilson(figures.negative, figures.scored)
        return [round(found.low, 4), round(found.high, 4)] if found else None

    def _part(self, part: Part) -> dict[str, Any]:
        title = {"title": part.title} if part.title else {}
        return {
            "name": part.name,
            **title,
            "negative_interval": self._interval(part.now),
            **self._counted(part.now, part.before, part.year_before),
        }

    def _story(self, story: Story) -> dict[str, Any]:
        return {
            "story": story.number,
            **self._counted(story.now, Figures()),
            "before": story.before if self._digest.comparable else None,
            "engagement": story.engagement,
            "networks": dict(story.networks),
            "themes": list(story.themes),
            "first_at": story.first_at,
            "post": self._post(story.post) if story.post else None,
        }

    def _answers(self, found: Answers) -> dict[str, Any]:
        usual = found.usual_delay
        return {
            "asked": found.asked,
            "answered": found.answered,
            "unanswered": found.unanswered,
            "usual_delay_s": usual.total_seconds() if usual is not None else None,
            "oldest": [self._waiting(one) for one in found.oldest],
        }

    def _waiting(self, one: Waiting) -> dict[str, Any]:
        post = self._post(one.post) if one.post else None
        return {"network": one.network, "said_at": one.said_at, "post": post}

    def _post(self, post: PostView) -> dict[str, Any]:
        shown = quote(self._speaker, post, self._excerpt, when="")
        names = ("network", "kind", "occurred_at", "sentiment", "severity")
        counts = ("reactions", "replies", "shares")
        return {
            **{name: getattr(post, name) for name in (*names, *counts)},
            "excerpt": shown.excerpt,
            "link": shown.link,
        }


def _figures(figures: Figures) -> dict[str, int]:
    return {"mentions": figures.mentions, **asdict(figures)}


def _reach(found: Reaches) -> dict[str, Any]:
    return {
        "engagement": found.engagement,
        "views": found.views,
        "networks": [{**asdict(one), "engagement": one.engagement} for one in found.networks],
        "unpublished": list(found.silent),
    }


def _reviews(found: Reviews) -> dict[str, Any]:
    stars = {str(number): count for number, count in sorted((found.stars or {}).items())}
    return {"count": found.count, "mean": found.mean, "stars": stars}


def _account(account: Account) -> dict[str, Any]:
    return {**asdict(account), "growth": account.growth}


def _incident(line: IncidentLine) -> dict[str, Any]:
    return {
        **asdict(line),
        "detected_after_s": _seconds(line.detected_after),
        "acknowledged_after_s": _seconds(line.acknowledged_after),
    }


def _seconds(span: Any) -> float | None:
    return None if span is None else span.total_seconds()
