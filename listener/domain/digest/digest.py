"""All that a digest may say, in plain values read at one instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from listener.domain.alert import PostView
from listener.domain.digest.events import Call, Coverage, IncidentLine
from listener.domain.digest.figures import Day, Figures, Part, Reaches, Reviews
from listener.domain.digest.period import Period
from listener.domain.digest.trend import Trend, share_trend, volume_trend


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The posts that went furthest on one network.

    `withheld` counts those of them that may reveal a patient: counted, never quoted.
    """

    network: str
    posts: Sequence[PostView] = ()
    withheld: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was told by several, or went far: how much of it there is now, and was before.

    `post` stands for it: the one of its posts that went furthest. None where none may be quoted.
    """

    number: int
    now: Figures
    before: int = 0  # mentions, of the period before
    engagement: int = 0
    networks: Mapping[str, int] = field(default_factory=dict)  # mentions, most first
    themes: Sequence[str] = ()  # of most of its mentions, most first
    first_at: datetime | None = None
    post: PostView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One complaint or personal case that the hospital has not publicly answered."""

    network: str
    said_at: datetime
    post: PostView | None = None  # None: may reveal a patient, or its words are gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Complaints, or personal cases, and what became of them in public.

    `delays` are those of the answered ones, from the mention to the hospital's first reply below it.
    `oldest` are the unanswered ones that have waited longest.
    """

    asked: int = 0
    delays: Sequence[timedelta] = ()
    oldest: Sequence[Waiting] = ()

    @property
    def answered(self) -> int:
        return len(self.delays)

    @property
    def unanswered(self) -> int:
        return self.asked - self.answered

    @property
    def usual_delay(self) -> timedelta | None:
        """The median."""
        if not self.delays:
            return None
        ascending = sorted(self.delays)
        half = len(ascending) // 2
        return (ascending[half] + ascending[~half]) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account's audience at the period's end, and as it was when the period began.

    `owner` is the name of the watch that it belongs to. None where the network does not publish the figure.
    """

    network: str
    account: str
    owner: str
    peer: bool
    taken_at: datetime
    followers: int | None = None
    followers_before: int | None = None
    reach: int | None = None
    views: int | None = None
    posts: int | None = None  # published in the period
    rating: float | None = None
    ratings: int | None = None
    most_viewed: int | None = None
    most_viewed_url: str | None = None

    @property
    def growth(self) -> int | None:
        if self.followers is None or self.followers_before is None:
            return None
        return self.followers - self.followers_before


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another hospital, to compare with: what is said of it where the listener looks."""

    name: str
    now: Figures = Figures()
    before: Figures = Figures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """All that a digest may say, read when it is sent.

    What the hospital itself publishes is `published`, and counts nowhere else.
    """

    period: Period
    hospital: str
    at: datetime  # when the figures were read
    service: str = ""  # the name of the service that it is about; empty: the whole hospital
    networks: Sequence[Part] = ()  # the most talkative first, also one gone silent
    services: Sequence[Part] = ()  # by their names; a mention may concern several
    themes: Sequence[Part] = ()  # by keys, the most spoken of first; a mention may have several
    days: Sequence[Day] = ()  # of the period
    days_before: Mapping[date, int] = field(default_factory=dict)  # mentions, of the one before
    reach: Reaches = Reaches()
    reach_before: Reaches = Reaches()
    stories: Sequence[Story] = ()  # the largest first
    faded: Sequence[Story] = ()  # the period before's largest, of which there is less now
    furthest: Sequence[Network] = ()
    praise: Sequence[PostView] = ()  # worth sharing, the furthest first
    rumours: Sequence[Story] = ()  # claims to be checked, the largest first
    complaints: Answers = Answers()
    cases: Answers = Answers()  # patients who describe their own
    reviews: Reviews = Reviews()
    reviews_before: Reviews = Reviews()
    restricted: int = 0  # mentions that may reveal who is a patient
    accounts: Sequence[Account] = ()
    published: int = 0  # the hospital's own posts and replies
    published_before: int = 0
    peers: Sequence[Peer] = ()
    incidents: Sequence[IncidentLine] = ()
    unseen: Coverage = Coverage()
    known_since: datetime | None = None  # the first mention ever stored: before it nothing is known
    listening_since: datetime | None = None  # when the listener itself began; None: not yet
    mediation: str = ""  # where complaints belong
    exercise: bool = False

    @property
    def now(self) -> Figures:
        return sum((found.now for found in self.networks), Figures())

    @property
    def before(self) -> Figures:
        return sum((found.before for found in self.networks), Figures())

    @property
    def year_before(self) -> Figures:
        return sum((found.year_before for found in self.networks), Figures())

    @property
    def comparable(self) -> bool:
        """Whether anything at all is known of the period before."""
        return self.known_since is not None and self.known_since < self.period.since

    @property
    def partly_known(self) -> bool:
        """Whether the records begin within the period before, after its first day."""
        first_day = self.period.previous().since + timedelta(days=1)
        return self.comparable and self.known_since is not None and self.known_since >= first_day

    @property
    def has_year(self) -> bool:
        """Whether the records reach back over the same period of the year before."""
        return self.known_since is not None and self.known_since <= self.period.year_before().since

    @property
    def listened(self) -> bool:
        """Whether the listener ran from the period's beginning on."""
        return self.listening_since is not None and self.listening_since <= self.period.since

    @property
    def volume(self) -> Trend | None:
        """How much was said against the period before; None where either is not wholly known."""
        known = self.comparable and not self.partly_known and self.at >= self.period.until
        if not known or not self.days:
            return None
        days = {found.day: found.figures.mentions for found in self.days}
        # A day on which nothing was said counts as one: it may stand in no row.
        before = {day: self.days_before.get(day, 0) for day in self.period.previous().days}
        return volume_trend(days, before)

    @property
    def tone(self) -> Trend | None:
        """The negative share against the period before: a rise is a worse week."""
        if not self.comparable:
            return None
        now, before = self.now, self.before
        return share_trend((now.negative, now.scored), (before.negative, before.scored))

    @property
    def troubles(self) -> Sequence[IncidentLine]:
        """The incidents about what was said."""
        return [line for line in self.incidents if not line.blind]

    @property
    def blindnesses(self) -> Sequence[IncidentLine]:
        """The incidents about what the listener could not see."""
        return [line for line in self.incidents if line.blind]

    @property
    def calls(self) -> Sequence[Call]:
        return sorted((c for line in self.incidents for c in line.calls), key=lambda call: call.at)

    @property
    def night_calls(self) -> int:
        return sum(1 for call in self.calls if call.at_night)

    @property
    def false_alarms(self) -> int:
        """Incidents that were dismissed as none."""
        return sum(1 for line in self.troubles if line.false_alarm)
