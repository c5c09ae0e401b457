"""What stands on the invented page of LinkedIn's stand-in: posts, threads, notifications."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.networks.standin import StandIn

PAGE = "urn:li:organization:1234567"
NEIGHBOUR = "urn:li:organization:7654321"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)

Item = dict[str, Any]


def millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def number(at: datetime, sequence: int = 0) -> int:
    return (millis(at) << 22) + sequence


class PageContents(StandIn):
    """Lists are kept oldest first; each item may be changed in place."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[Item] = []
        self.threads: dict[str, list[Item]] = {}
        self.notifications: list[Item] = []
        self._sequence = 0

    def next_at(self) -> datetime:
        self._sequence += 1
        return START + timedelta(seconds=self._sequence)

    def post(self, commentary: str = "Le CHU de Valmont recrute", **fields: Any) -> Item:
        at = fields.pop("at", None) or self.next_at()
        made = {
            "id": f"urn:li:share:{number(at, self._sequence)}",
            "author": PAGE,
            "commentary": commentary,
            "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED",
            "createdAt": millis(at),
            "publishedAt": millis(at),
            "lastModifiedAt": millis(at),
            "distribution": {"feedDistribution": "MAIN_FEED"},
            "isReshareDisabledByAuthor": False,
            **fields,
        }
        self.posts.append(made)
        return made

    def edit(self, post: Item, commentary: str, at: datetime) -> None:
        post |= {
            "commentary": commentary,
            "lastModifiedAt": millis(at),
            "lifecycleStateInfo": {"isEditedByAuthor": True},
        }
        self.posts.remove(post)
        self.posts.append(post)

    def comment(self, on: Item, text: str = "Huit heures d'attente", **fields: Any) -> Item:
        """On a post, or in answer to a comment."""
        at = fields.pop("at", None) or self.next_at()
        parent = on.get("commentUrn")
        thread = on["object"] if parent else on["id"].replace("share", "activity")
        own = str(number(at, self._sequence))
        made = {
            "id": own,
            "commentUrn": f"urn:li:comment:({thread},{own})",
            "actor": "urn:li:person:Ab3dEf9_hI",
            "object": thread,
            "message": {"attributes": [], "text": text},
            "created": {"actor": "urn:li:person:Ab3dEf9_hI", "time": millis(at)},
            "lastModified": {"actor": "urn:li:person:Ab3dEf9_hI", "time": millis(at)},
            "likesSummary": {
                "totalLikes": 2,
                "aggregatedTotalLikes": 2,
                "likedByCurrentUser": False,
            },
            **({"parentComment": parent} if parent else {}),
            **fields,
        }
        self.threads.setdefault(parent or on["id"], []).append(made)
        if parent:
            answers = len(self.threads[parent])
            on["commentsSummary"] = {"aggregatedTotalComments": answers}
        return made

    def notify(self, action: str, **fields: Any) -> Item:
        at = fields.pop("at", None) or self.next_at()
        made = {
            "notificationId": 5_600_000_000 + self._sequence,
            "organizationalEntity": PAGE,
            "action": action,
            "lastModifiedAt": millis(at),
            "subscriber": "urn:li:person:Adm1n",
            **fields,
        }
        self.notifications.append(made)
        return made

    def mention(self, text: str = "Merci au CHU de Valmont", **fields: Any) -> Item:
        share = f"urn:li:share:{number(START, 500_000 + len(self.notifications))}"
        content = {"entity": share, "owner": "urn:li:person:Zz9_yX", "text": text}
        return self.notify(
            "SHARE_MENTION",
            **{
                "sourcePost": share,
                "generatedActivity": share,
                "decoratedGeneratedActivity": {"share": content},
                **fields,
            },
        )
