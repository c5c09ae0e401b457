"""What was counted in each invented week: negative, neutral, positive, unscored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

QUIET: Mapping[str, Any] = {
    "networks": {
        "facebook": (14, 25, 12, 1),
        "x": (7, 14, 2, 1),
        "google_business": (4, 2, 15, 0),
        "rss": (1, 14, 3, 0),
        "mastodon": (3, 9, 2, 0),
        "instagram": (0, 3, 6, 0),
    },
    "services": {
        "Urgences": (11, 16, 5, 0),
        "Maternité": (2, 8, 15, 0),
        "Pédiatrie": (1, 4, 6, 0),
        "Cardiologie": (1, 4, 2, 0),
    },
    "themes": {
        "waiting": (14, 9, 1, 0),
        "praise": (0, 2, 31, 0),
        "institutional": (1, 23, 4, 0),
        "staff_attitude": (6, 3, 7, 0),
        "staffing": (5, 9, 0, 0),
        "premises": (3, 4, 2, 0),
        "public_health": (0, 12, 1, 0),
        "billing": (2, 1, 0, 0),
    },
    "days": [
        (5, 12, 7, 0),
        (5, 10, 6, 1),
        (3, 10, 6, 0),
        (6, 11, 6, 0),
        (4, 11, 5, 1),
        (3, 7, 5, 0),
        (3, 6, 5, 0),
    ],
}

GOOD_NEWS: Mapping[str, Any] = {
    "networks": {
        "facebook": (9, 32, 88, 2),
        "instagram": (1, 9, 41, 0),
        "rss": (1, 19, 8, 0),
        "google_business": (3, 1, 17, 0),
        "x": (5, 10, 6, 0),
        "mastodon": (2, 6, 4, 0),
    },
    "services": {
        "Urgences": (9, 13, 5, 0),
        "Maternité": (1, 7, 16, 0),
        "Pédiatrie": (3, 31, 102, 1),
        "Cardiologie": (0, 3, 2, 0),
    },
    "themes": {
        "praise": (0, 6, 121, 0),
        "institutional": (2, 44, 38, 1),
        "premises": (3, 12, 41, 0),
        "waiting": (10, 7, 1, 0),
        "staff_attitude": (3, 2, 19, 0),
        "staffing": (4, 8, 1, 0),
        "public_health": (0, 9, 0, 0),
        "billing": (1, 0, 0, 0),
    },
    "days": [
        (3, 10, 13, 0),
        (3, 9, 15, 0),
        (4, 12, 30, 1),
        (4, 16, 44, 1),
        (3, 13, 30, 0),
        (2, 9, 18, 0),
        (2, 8, 14, 0),
    ],
}

CRISIS: Mapping[str, Any] = {
    "networks": {
        "facebook": (121, 41, 9, 3),
        "x": (84, 31, 2, 1),
        "rss": (19, 30, 1, 0),
        "mastodon": (17, 9, 0, 0),
        "google_business": (14, 2, 6, 0),
        "instagram": (9, 10, 3, 0),
    },
    "services": {
        "Urgences": (211, 84, 6, 3),
        "Maternité": (24, 15, 7, 0),
        "Pédiatrie": (2, 5, 4, 0),
        "Cardiologie": (3, 4, 1, 0),
    },
    "themes": {
        "waiting": (187, 51, 1, 2),
        "staffing": (74, 32, 0, 0),
        "rumour": (29, 17, 0, 0),
        "staff_attitude": (27, 6, 4, 0),
        "institutional": (11, 22, 1, 0),
        "death": (24, 3, 0, 0),
        "praise": (0, 2, 17, 0),
        "medical_error": (14, 2, 0, 0),
        "public_health": (1, 9, 0, 0),
        "premises": (5, 3, 1, 0),
    },
    "days": [
        (7, 13, 4, 0),
        (9, 12, 3, 0),
        (38, 18, 3, 1),
        (82, 26, 2, 2),
        (63, 23, 2, 1),
        (39, 17, 3, 0),
        (26, 14, 4, 0),
    ],
}
