"""What waits for an answer: complaints, and cases that people tell of themselves.

A complaint is a negative mention of one of these themes, or a review of few stars, whatever it says.
A case is a mention of the theme `personal_case` that is no complaint already, and no praise: a thank-you
waits for nothing. Neither is ever what a watched account published, nor what only passes on or reports:
nobody would be answered there.
"""

from __future__ import annotations

GRIEVANCES = (
    "waiting",
    "medical_error",
    "hygiene",
    "staff_attitude",
    "staffing",
    "billing",
    "premises",
    "confidentiality",
    "violence",
    "death",
    "discrimination",
)
CASES = ("personal_case",)
FEW_STARS = 2  # or fewer
UNANSWERABLE = ("article", "repost", "story", "video")  # kinds
