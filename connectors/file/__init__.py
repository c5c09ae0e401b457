"""Files as a source: JSONL or CSV imported once, or a JSONL replayed live.

**JSONL.** One JSON object a line, UTF-8, the keys of `connectors.mention.Mention`:

    {"network": "mastodon", "external_id": "mastodon.example/1042", "kind": "reply",
     "published_at": "2026-03-14T21:52:10+01:00", "url": "https://mastodon.example/@lea/1042",
     "text": "Onze heures, c'est une honte", "author": {"handle": "lea", "followers": 312},
     "parent_id": "mastodon.example/1040", "root_id": "mastodon.example/1040",
     "media": [{"kind": "image", "alt": "Un couloir"}], "tags": ["Valmont"]}

Only something to read is required: a text, a title, media, a rating, or the post that is reposted.
`network` defaults to the setting, else to "file"; `kind` to post (review where there is a rating);
`external_id` to a digest of what was said. `author` may be a string ("@handle" or a name). Dates are
ISO 8601, epoch seconds, or French ("14/03/2026 à 21h40"); without a zone they are in the setting's.
A key may be null; an unknown key is an error that names it. `"engagement": {"reactions": 12}` may
stand inside.

Ids are a network's own. Where neither the line nor the setting names one, its ids (`external_id`,
`parent_id`, `root_id`, `quoted_id`, `repost_of`) are the file's own: two files that both count from
1 do not meet. Such ids come out with the file's name and a digest of its place before them, so that
a file that moves is another one. An author's id is left as it is.

Other lines say what happened to a mention or an account, at an instant (`at`):

    {"type": "engagement", "network": "mastodon", "external_id": "mastodon.example/1040",
     "at": "2026-03-14T22:00:00+01:00", "reactions": 84, "replies": 31, "shares": 120}
    {"type": "deletion", "network": "mastodon", "external_id": "mastodon.example/1042", "at": "…"}
    {"type": "audience", "network": "mastodon", "account": "chu_valmont", "followers": 5120, "at": "…"}

**CSV.** Any delimiter, a header line. A column that bears a field's name, or the usual French or
English word for it, is recognised; `columns = {text = "Message", url = "Lien"}` names the others;
the rest is ignored.
"""

from __future__ import annotations

from connectors.file.connector import FileConnector
from connectors.file.settings import FileSettings

__all__ = ["FileConnector", "FileSettings"]
