"""The digest that a director reads: which days it tells, when it is due, what it says and advises."""

from listener.domain.digest.advice import Action, Advice, Owner, advise
from listener.domain.digest.digest import (
    Account,
    Answers,
    Digest,
    Network,
    Peer,
    Story,
    Waiting,
)
from listener.domain.digest.due import due_at, is_superseded
from listener.domain.digest.events import (
    Call,
    Coverage,
    GapLine,
    IncidentLine,
    SilentSource,
)
from listener.domain.digest.figures import (
    SHARE_FROM,
    Band,
    Day,
    Figures,
    Part,
    Reach,
    Reaches,
    Reviews,
)
from listener.domain.digest.headline import Finding, Headline, headline, leading
from listener.domain.digest.period import (
    Period,
    Span,
    last_complete,
    month,
    named,
    stretch,
    week,
)
from listener.domain.digest.trend import (
    Interval,
    Trend,
    share_trend,
    usual,
    volume_trend,
    wilson,
)

__all__ = [
    "SHARE_FROM",
    "Account",
    "Action",
    "Advice",
    "Answers",
    "Band",
    "Call",
    "Coverage",
    "Day",
    "Digest",
    "Figures",
    "Finding",
    "GapLine",
    "Headline",
    "IncidentLine",
    "Interval",
    "Network",
    "Owner",
    "Part",
    "Peer",
    "Period",
    "Reach",
    "Reaches",
    "Reviews",
    "SilentSource",
    "Span",
    "Story",
    "Trend",
    "Waiting",
    "advise",
    "due_at",
    "headline",
    "is_superseded",
    "last_complete",
    "leading",
    "month",
    "named",
    "share_trend",
    "stretch",
    "usual",
    "volume_trend",
    "week",
    "wilson",
]
