"""What was told: the stories that rose and fell, claims to be checked, praise worth sharing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from listener.config.alerting import Excerpt
from listener.domain.alert import PostView
from listener.domain.digest import Digest, Story
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Item, Section
from listener.notifiers.digest import phrases

NETWORKS = 3  # named of a story
QUOTED = 110  # characters: a line of a phone, twice


def stories(speaker: Speaker, digest: Digest, excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    if digest.stories:
        yield Section(
            title=_("What was told"),
            brief=True,
            items=[_story(speaker, digest, story, excerpt) for story in digest.stories],
        )
    if digest.faded:
        yield Section(
            title=_("What has calmed"),
            items=[_story(speaker, digest, story, excerpt) for story in digest.faded],
        )


def rumours(speaker: Speaker, digest: Digest, excerpt: Excerpt) -> Iterator[Section]:
    """A claim is no fake news until somebody has checked it."""
    _ = speaker.gettext
    if not digest.rumours:
        return
    yield Section(
        title=_("Claims to be checked"),
        lines=[
            _(
                "They go round without a proof that the listener knows of: true or false, check first."
            )
        ],
        items=[_story(speaker, digest, story, excerpt) for story in digest.rumours],
    )


def praise(speaker: Speaker, digest: Digest, excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    if not digest.praise:
        return
    yield Section(
        title=_("Worth sharing with the staff"),
        items=[item(speaker, post, excerpt) for post in digest.praise],
    )


def furthest(speaker: Speaker, digest: Digest, excerpt: Excerpt) -> Iterator[Section]:
    """One post a network, unless it was shown above already."""
    shown = {story.post.link for story in digest.stories if story.post}
    shown |= {post.link for post in digest.praise}
    items = []
    for network in digest.furthest:
        post = next((post for post in network.posts if post.link not in shown), None)
        if post is not None:
            items.append(item(speaker, post, excerpt))
    withheld = sum(network.withheld for network in digest.furthest)
    hidden = speaker.ngettext(
        "{count} post may reveal a patient: counted, not quoted.",
        "{count} posts may reveal a patient: counted, not quoted.",
        withheld,
    )
    if items or withheld:
        title = speaker.gettext("Went furthest, network by network")
        yield Section(title=title, lines=(hidden,) if withheld else (), items=items)


def item(speaker: Speaker, post: PostView, excerpt: Excerpt, *, remark: str = "") -> Item:
    """One post in two lines: its words, then where, when and how far."""
    network = words.network(speaker, post.network)
    parts = [network, words.instant(speaker, post.occurred_at), *_figures(speaker, post), remark]
    return Item(
        text=_quoted(speaker, post, excerpt),
        note=" · ".join(part for part in parts if part),
        tone=post.sentiment or "",
        link=safe.link(post.link),
        link_label=speaker.gettext("Read it on {network}").format(network=network),
    )


def _story(speaker: Speaker, digest: Digest, story: Story, excerpt: Excerpt) -> Item:
    link = safe.link(story.post.link) if story.post else None
    network = words.network(speaker, story.post.network) if story.post else ""
    about = phrases.sentence(words.themes(speaker, story.themes))
    unquoted = about or speaker.gettext("A story without an excerpt")
    return Item(
        text=_quoted(speaker, story.post, excerpt, instead=unquoted) if story.post else unquoted,
        note=" · ".join(_story_figures(speaker, digest, story)),
        tone=_tone(story),
        link=link,
        link_label=speaker.gettext("Read it on {network}").format(network=network) if link else "",
    )


def _tone(story: Story) -> str:
    """Of more than half of what was judged."""
    now = story.now
    for name, count in (("negative", now.negative), ("positive", now.positive)):
        if 2 * count > now.scored:
            return name
    return ""


def _story_figures(speaker: Speaker, digest: Digest, story: Story) -> Iterator[str]:
    _ = speaker.gettext
    count = phrases.mentions(speaker, story.now.mentions)
    if story.now.negative:
        negative = speaker.ngettext(
            "of which {count} negative", "of which {count} negative", story.now.negative
        )
        count = f"{count}, {negative}"
    yield count
    if digest.comparable:
        yield _moved(speaker, digest, story)
    if story.networks:
        yield _networks(speaker, list(story.networks))
    if story.engagement:
        yield speaker.ngettext(
            "{count} reaction, reply or share",
            "{count} reactions, replies and shares",
            story.engagement,
        )
    if story.themes and story.post is not None:
        yield words.themes(speaker, story.themes)


def _moved(speaker: Speaker, digest: Digest, story: Story) -> str:
    if not story.before:
        return speaker.gettext("new")
    return phrases.before(speaker, digest.period.span, speaker.number(story.before))


def _networks(speaker: Speaker, names: Sequence[str]) -> str:
    shown = [words.network(speaker, name) for name in names[:NETWORKS]]
    left = len(names) - NETWORKS
    if left > 0:
        shown.append(speaker.ngettext("{count} other", "{count} others", left))
    return speaker.listing(shown)


def _quoted(speaker: Speaker, post: PostView, excerpt: Excerpt, *, instead: str = "") -> str:
    """A stranger's words in quotation marks, masked; what kind of post it is where none are shown."""
    if excerpt == "none" or not post.excerpt or post.restricted:
        return instead or phrases.sentence(words.kind(speaker, post.kind))
    link = speaker.gettext("[link]")
    shown = safe.excerpt(post.excerpt, post.spans, masked=True, link_placeholder=link)
    shown = safe.shorten(shown, QUOTED)
    return speaker.quoted(shown) if shown else instead or words.kind(speaker, post.kind)


def _figures(speaker: Speaker, post: PostView) -> Iterator[str]:
    """How far it went: only what is known, never a zero in place of the unknown."""
    if post.shares:
        yield speaker.ngettext("{count} share", "{count} shares", post.shares)
    if post.replies:
        yield speaker.ngettext("{count} reply", "{count} replies", post.replies)
    if post.reactions:
        yield speaker.ngettext("{count} reaction", "{count} reactions", post.reactions)
