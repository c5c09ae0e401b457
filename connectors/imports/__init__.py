"""Exports that people make by hand, read as the past: they feed digests and baselines, and never page.

| family        | what is read |
| ------------- | ------------ |
| `meta`        | Meta Business Suite: content of a Facebook Page or Instagram account, daily figures; comments as moderation tools export them |
| `linkedin`    | a Page's analytics (XLS, XLSX, CSV): updates, followers, visitors |
| `youtube`     | YouTube Studio's ZIP or tables; of Takeout, the channel's comments and public videos |
| `x`           | an account's archive (`tweets.js`), analytics of posts and of days |
| `google`      | reviews of a Business Profile, as Takeout's or the API's JSON |
| `google_plus` | answers of the former API, Takeout's posts as JSON or HTML |
| `trustpilot`  | the business portal's CSV of reviews, with replies |
| `tiktok`      | TikTok Studio's content, overview and followers |
| `table`       | any CSV, XLSX or XLS whose columns are guessed or named |
| `json`        | any JSON or JSONL, its keys guessed or named, or in the shape of `connectors.file` |

`format = "auto"` goes by the headers, English or French. A ZIP is read without being unpacked.

Ids are those of the service's API wherever the export holds them, so that importing the same file
again, or a later export that overlaps, changes nothing. Rows without an id are known by their address,
else by what was said, by whom and when.

Figures are of the moment the file was written. An export that tells no zone is read in
Europe/Paris unless `zone` says otherwise: LinkedIn, X and Trustpilot write UTC; Meta's exports have
been seen in the reader's own zone and in California's.
"""

from __future__ import annotations

from connectors.imports.connector import ImportConnector
from connectors.imports.settings import ImportSettings
from connectors.imports.survey import Survey, peek, survey

__all__ = ["ImportConnector", "ImportSettings", "Survey", "peek", "survey"]
