"""Every connector under contract, in one literal list of modules; each holds its CASES."""

from __future__ import annotations

from tests.connectors.cases import (
    bluesky,
    facebook,
    file,
    forum,
    imports,
    instagram,
    linkedin,
    mastodon,
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
    *facebook.CASES,
    *file.CASES,
    *forum.CASES,
    *imports.CASES,
    *instagram.CASES,
    *linkedin.CASES,
    *mastodon.CASES,
    *rss.CASES,
    *telegram.CASES,
    *threads.CASES,
    *trustpilot.CASES,
    *wordpress.CASES,
    *x.CASES,
    *youtube.CASES,
)
