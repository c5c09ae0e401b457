"""Every network the listener can read, by the name that configuration gives it."""

from __future__ import annotations

from connectors.bluesky import BlueskyConnector
from connectors.connector import Connector
from connectors.dailymotion import DailymotionConnector
from connectors.discourse import DiscourseConnector
from connectors.facebook import FacebookConnector
from connectors.file import FileConnector
from connectors.forum import ForumConnector
from connectors.gdelt import GdeltConnector
from connectors.google_plus import GooglePlusConnector
from connectors.google_reviews import GoogleReviewsConnector
from connectors.imports import ImportConnector
from connectors.instagram import InstagramConnector
from connectors.linkedin import LinkedinConnector
from connectors.mastodon import MastodonConnector
from connectors.pinterest import PinterestConnector
from connectors.reddit import RedditConnector
from connectors.rss import RssConnector
from connectors.scoopit import ScoopitConnector
from connectors.slideshare import SlideshareConnector
from connectors.telegram import TelegramConnector
from connectors.threads import ThreadsConnector
from connectors.tiktok import TiktokConnector
from connectors.trustpilot import TrustpilotConnector
from connectors.wordpress import WordpressConnector
from connectors.x import XConnector
from connectors.xing import XingConnector
from connectors.youtube import YoutubeConnector

CONNECTORS: dict[str, type[Connector]] = {
    "bluesky": BlueskyConnector,
    "dailymotion": DailymotionConnector,
    "discourse": DiscourseConnector,
    "facebook": FacebookConnector,
    "file": FileConnector,
    "forum": ForumConnector,
    "gdelt": GdeltConnector,
    "google_plus": GooglePlusConnector,
    "google_reviews": GoogleReviewsConnector,
    "import": ImportConnector,
    "instagram": InstagramConnector,
    "linkedin": LinkedinConnector,
    "mastodon": MastodonConnector,
    "pinterest": PinterestConnector,
    "reddit": RedditConnector,
    "rss": RssConnector,
    "scoopit": ScoopitConnector,
    "slideshare": SlideshareConnector,
    "telegram": TelegramConnector,
    "threads": ThreadsConnector,
    "tiktok": TiktokConnector,
    "trustpilot": TrustpilotConnector,
    "wordpress": WordpressConnector,
    "x": XConnector,
    "xing": XingConnector,
    "youtube": YoutubeConnector,
}
