"""Reviews and audience: stars, followers, reach, what was published; the hospital's and its peers'."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.alerting import Excerpt
from listener.domain.digest import Account, Digest, Reviews
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Item, Section
from listener.notifiers.digest import phrases


def reviews(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    now, before = digest.reviews, digest.reviews_before
    if not now.count and not before.count:
        return
    line = _stars(speaker, now)
    if digest.comparable:
        was = _stars(speaker, before)
        line = f"{line} ({phrases.before(speaker, digest.period.span, was)})"
    lines = [f"{line}."]
    if now.stars:
        counts = [
            speaker.gettext("{count} of {stars}").format(
                count=speaker.number(now.stars[number]),
                stars=speaker.ngettext("{count} star", "{count} stars", number),
            )
            for number in sorted(now.stars, reverse=True)
            if now.stars[number]
        ]
        lines.append(f"{phrases.sentence(speaker.listing(counts))}.")
    yield Section(title=_("Reviews"), lines=lines)


def _stars(speaker: Speaker, found: Reviews) -> str:
    count = speaker.ngettext("{count} review", "{count} reviews", found.count)
    if found.mean is None:
        return count
    mean = speaker.number(found.mean, decimals=1)
    return speaker.gettext("{reviews}, {mean} of 5 on average").format(reviews=count, mean=mean)


def audience(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    """The hospital's accounts first, then its peers', each as far as its network tells."""
    _ = speaker.gettext
    if not digest.accounts and not digest.published:
        return
    ours = [account for account in digest.accounts if not account.peer]
    theirs = [account for account in digest.accounts if account.peer]
    lines = [_published(speaker, digest)]
    yield Section(
        title=_("Audience"),
        lines=lines,
        items=[_account(speaker, account) for account in (*ours, *theirs)],
        small=_("As the networks publish it; what they do not publish is left out."),
    )


def _published(speaker: Speaker, digest: Digest) -> str:
    said = speaker.ngettext(
        "{count} post or reply by the hospital",
        "{count} posts and replies by the hospital",
        digest.published,
    )
    if not digest.comparable:
        return f"{said}."
    figure = speaker.number(digest.published_before)
    return f"{said} ({phrases.before(speaker, digest.period.span, figure)})."


def _account(speaker: Speaker, account: Account) -> Item:
    name = f"{words.network(speaker, account.network)} · {safe.clean(account.account)}"
    if account.peer:
        name = f"{safe.clean(account.owner)} · {name}"
    link = safe.link(account.most_viewed_url)
    return Item(
        text=name,
        note=" · ".join(_known(speaker, account)),
        link=link,
        link_label=speaker.gettext("The most viewed") if link else "",
    )


def _known(speaker: Speaker, account: Account) -> Iterator[str]:
    _ = speaker.gettext
    if account.followers is not None:
        said = speaker.ngettext("{count} follower", "{count} followers", account.followers)
        if account.growth is not None:
            said = f"{said} ({_signed(speaker, account.growth)})"
        yield said
    if account.posts is not None:
        yield speaker.ngettext("{count} post", "{count} posts", account.posts)
    if account.reach is not None:
        yield speaker.ngettext("{count} reached", "{count} reached", account.reach)
    if account.views is not None:
        yield speaker.ngettext("{count} view", "{count} views", account.views)
    if account.rating is not None:
        yield _("{mean} of 5").format(mean=speaker.number(account.rating, decimals=1))
    if account.ratings is not None:
        yield speaker.ngettext("{count} review", "{count} reviews", account.ratings)
    if account.most_viewed is not None:
        yield speaker.ngettext(
            "most viewed: {count} view", "most viewed: {count} views", account.most_viewed
        )


def _signed(speaker: Speaker, number: int) -> str:
    """With its sign: "+12", "−3"; "=" where nothing changed."""
    if not number:
        return "="
    return ("+" if number > 0 else "−") + speaker.number(abs(number))
