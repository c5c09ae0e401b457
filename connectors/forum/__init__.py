"""Public forums by their feeds: phpBB, vBulletin, XenForo, SMF, MyBB, FluxBB, NodeBB, Askbot."""

from __future__ import annotations

from connectors.forum.connector import ForumConnector
from connectors.forum.settings import ForumSettings

__all__ = ["ForumConnector", "ForumSettings"]
