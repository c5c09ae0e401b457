"""What a forum tells at once: posts written, changed, taken back, each signed with a shared secret.

https://meta.discourse.org/t/configure-webhooks-that-trigger-on-discourse-events/49045
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson

from connectors.connector import Clock, Malformed, Page
from connectors.discourse.settings import DiscourseSettings
from connectors.discourse.topics import Topics
from connectors.discourse.wire import NETWORK, Forum, read_post, rejected
from connectors.mention import Deletion
from connectors.reading import count, mapping
from connectors.webhook import Answer, Call, Forged, require_signature

SIGNATURE = "X-Discourse-Event-Signature"
_EVENT = "x-discourse-event"
_WRITTEN = frozenset({"post_created", "post_edited", "post_recovered"})
_DESTROYED = "post_destroyed"
_FEED = "webhook"


class Hooks:
    def __init__(
        self, settings: DiscourseSettings, forum: Forum, topics: Topics, clock: Clock
    ) -> None:
        self._settings = settings
        self._forum = forum
        self._topics = topics
        self._clock = clock

    def answer(self, call: Call) -> Answer:
        if call.method != "POST":
            return Answer(status=405)
        secret = self._settings.webhook_secret
        if secret is None:
            raise Forged("no webhook_secret is set: nobody can be believed")
        require_signature(call, secret.get_secret_value(), SIGNATURE, prefix="sha256=")
        event = call.headers.get(_EVENT, "")
        return Answer(keep=event in _WRITTEN or event == _DESTROYED)

    async def receive(self, call: Call) -> AsyncIterator[Page]:
        try:
            raw = mapping(mapping(orjson.loads(call.body)).get("post"))
        except orjson.JSONDecodeError:
            raise Malformed("a webhook that is no JSON", payload=call.body[:4_000]) from None
        own = count(raw.get("id"))
        if not own:
            raise Malformed("a webhook without a post", payload=call.body[:4_000])
        at = self._clock()
        gone = Deletion(network=NETWORK, seen_at=at, external_id=self._forum.post_id(own))
        if call.headers.get(_EVENT) == _DESTROYED:
            yield Page(feed=_FEED, deletions=(gone,))
            return
        # A webhook tells of everything, letters between members included: those are not for us.
        if raw.get("topic_archetype") not in (None, "regular"):
            return
        try:
            post = read_post(raw, self._forum, at)
        except ValueError as error:
            yield Page(feed=_FEED, rejects=(rejected(raw, error),))
            return
        if post.is_gone:
            yield Page(feed=_FEED, deletions=(gone,))
        elif self._is_wanted(post.category):
            self._topics.learn((post,))
            found = await self._topics.found(post)
            yield Page(feed=_FEED, mentions=found.mentions, engagements=found.engagements)

    def _is_wanted(self, category: int | None) -> bool:
        wanted = self._settings.categories
        return not wanted or category in wanted
