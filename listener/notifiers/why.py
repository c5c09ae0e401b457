"""Why a post was scored as it was, in the reader's words: the parts of a figure, never it alone.

Scores come back from the database: what an older or newer classifier gave as a reason, and nobody
here has words for, is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from classifiers.classifier import Reason, Score
from classifiers.text import normalise
from classifiers.themes import THEMES
from listener.domain.alert import PostView
from listener.i18n import Speaker
from listener.notifiers import safe, words

PARTS = 3  # of a severity, the largest first
TERMS = 3
TERM_LENGTH = 30
LEAST = 1.0  # points of severity: a part of next to nothing drove nothing
BESIDE = 0.9  # chance that the hospital is meant; from here on the doubt takes less than a tenth
SAME = 0.01  # points of severity, which is stored with two decimals


def sentences(speaker: Speaker, post: PostView, readable: str | None) -> list[str]:
    """Each score with what drove it; of the post's terms only those that `readable` shows."""
    said = (
        severity(speaker, post) if _drove(speaker, post, PARTS, factors=True) else "",
        sentiment(speaker, post, readable),
        forecast(speaker, post),
    )
    return [sentence for sentence in said if sentence]


def visible(post: PostView, *, masked: bool, restricted: bool) -> str | None:
    """The words of a post that may be shown, None for none; `restricted`: a restricted post's too."""
    if post.excerpt is None or (post.restricted and not restricted):
        return None
    return safe.mask(post.excerpt, post.spans) if masked else post.excerpt


def severity(speaker: Speaker, post: PostView, *, parts: int = PARTS, factors: bool = True) -> str:
    """ "gravité 73/100 : propos négatif 61 %, hygiène 20 %"; "" where nobody said how grave."""
    if post.severity is None:
        return ""
    score, drove = speaker.number(post.severity), _drove(speaker, post, parts, factors=factors)
    if not drove:
        return speaker.gettext("severity {score}/100").format(score=score)
    text = speaker.gettext("severity {score}/100: {parts}")
    return text.format(score=score, parts=", ".join(drove))


def _drove(speaker: Speaker, post: PostView, parts: int, *, factors: bool) -> list[str]:
    shown = post.severity or 0.0
    reasons = _shares(post.scores, shown)
    told = (_part(speaker, r) for r in reasons if r.share * shown >= LEAST)
    drove = [part for part in told if part][:parts]
    if factors:
        drove += [factor for r in reasons if (factor := _factor(speaker, r))]
    return drove


def _shares(scores: Sequence[Score], shown: float) -> Sequence[Reason]:
    """The parts of the severity that is shown, the largest first.

    Figures that move after a deep reading move its severity by points that no score of its own
    explains: they are a part like the others.
    """
    summed = [s for s in scores if s.classifier == "severity" and s.value is not None and s.reasons]
    for score in reversed(summed):
        if math.isclose(score.value or 0.0, shown, abs_tol=SAME):
            return score.reasons
    if not summed:
        return ()
    read = summed[0]
    kept = min((read.value or 0.0) / shown, 1.0) if shown else 1.0
    parts = [Reason(code=r.code, share=r.share * kept, detail=r.detail) for r in read.reasons]
    parts.append(Reason(code="moved", share=1.0 - kept))
    return sorted(parts, key=lambda reason: -reason.share)


def _part(speaker: Speaker, reason: Reason) -> str:
    name = _part_name(speaker, reason)
    return f"{name}\xa0{speaker.percent(reason.share)}" if name else ""


def _part_name(speaker: Speaker, reason: Reason) -> str:
    _ = speaker.gettext
    if reason.code == "theme":
        return words.theme(speaker, reason.detail) if reason.detail in THEMES else ""
    if reason.code == "rating":
        return _rating(speaker, reason)
    return {
        "negativity": _("negative words"),
        "forecast": _("expected spread"),
        "growth": _("fast growth"),
        "reach": _("the author's followers"),
        "moved": _("spread since it was read"),
    }.get(reason.code, "")


def _factor(speaker: Speaker, reason: Reason) -> str:
    factor = _figure(reason.detail)
    if factor is None:
        return ""
    told = speaker.number(factor, decimals=2)
    if reason.code == "source_weight":
        return speaker.gettext("source ×{factor}").format(factor=told)
    if reason.code == "about_hospital" and factor < BESIDE:
        return speaker.gettext("perhaps off topic (×{factor})").format(factor=told)
    return ""


def sentiment(speaker: Speaker, post: PostView, readable: str | None) -> str:
    """ "négatif : « honte », « couloir »"; "" where nothing is known of why."""
    _ = speaker.gettext
    score = _newest(post.scores, "sentiment")
    tones = {"negative": _("negative"), "neutral": _("neutral"), "positive": _("positive")}
    # A complaint about another hospital is neutral here: what made it one explains nothing.
    if score is None or score.label != post.sentiment or score.label not in tones:
        return ""
    causes = list(_causes(speaker, score, readable))
    if not causes:
        return ""
    return _("{tone}: {causes}").format(tone=tones[score.label], causes=", ".join(causes))


def _causes(speaker: Speaker, score: Score, readable: str | None) -> Iterator[str]:
    _ = speaker.gettext
    spoken = [r.detail for r in score.reasons if r.code == f"{score.label}_words"]
    yield from (speaker.quoted(term) for term in _shown(spoken, readable))
    for reason in score.reasons:
        if reason.code == "rating":
            yield _rating(speaker, reason)
        elif reason.code == "person":
            yield _("as a person read it")
        elif reason.code == "unread_language":
            yield _("a language that is not analysed")


def _shown(terms: Sequence[str], readable: str | None) -> list[str]:
    """Terms outlive an edit, a masked name and a forgotten one: none that the reader cannot see."""
    if readable is None:
        return []
    text = normalise(readable)
    found = [term for term in terms if term and re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text)]
    shown = (safe.unlinked(safe.clean(term), placeholder="") for term in found[:TERMS])
    return [safe.shorten(term, TERM_LENGTH) for term in shown if term]


def forecast(speaker: Speaker, post: PostView) -> str:
    """ "environ 1 200 interactions à terme (entre 600 et 2 500, 4 fois sur 5)"."""
    score = _newest(post.scores, "virality")
    if score is None or score.value is None or not {"low", "high"} <= score.figures.keys():
        return ""
    count = _rounded(score.value)
    text = speaker.gettext(
        "about {interactions} in the end (between {low} and {high}, 4 times in 5)"
    )
    return text.format(
        interactions=speaker.ngettext("{count} interaction", "{count} interactions", count),
        low=speaker.number(_rounded(score.figures["low"])),
        high=speaker.number(_rounded(score.figures["high"])),
    )


def _newest(scores: Sequence[Score], classifier: str) -> Score | None:
    return next((s for s in reversed(scores) if s.classifier == classifier), None)


def _rating(speaker: Speaker, reason: Reason) -> str:
    stars = _figure(reason.detail)
    if stars is None:
        return ""
    return speaker.gettext("rating {stars}/5").format(stars=speaker.number(stars, decimals=1))


def _figure(detail: str) -> float | None:
    try:
        figure = float(detail)
    except ValueError:
        return None
    return figure if math.isfinite(figure) else None


def _rounded(count: float) -> int:
    """Two digits: a forecast knows no more."""
    digits = math.floor(math.log10(count)) - 1 if count >= 1 else 0
    return int(round(count, -max(digits, 0)))
