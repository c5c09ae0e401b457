"""Every connector under contract, in one literal list of modules; each holds its CASES."""

from __future__ import annotations

from tests.connectors.cases import (
    bluesky,
    discourse,
    facebook,
    file,
    forum,
    google_reviews,
    imports,
    instagram,
    linkedin,
    mastodon,
    reddit,
    rss,
    telegram,
    threads,
    trustpilot,
    wordpress,
    x,
    youtube,
)

CASES = (
    *bluesky.CASES,
    *discourse.CASES,
    *facebook.CASES,
    *file.CASES,
    *forum.CASES,
    *google_reviews.CASES,
    *imports.CASES,
    *instagram.CASES,
    *linkedin.CASES,
    *mastodon.CASES,
    *reddit.CASES,
    *rss.CASES,
    *telegram.CASES,
    *threads.CASES,
    *trustpilot.CASES,
    *wordpress.CASES,
    *x.CASES,
    *youtube.CASES,
)
