"""Stories: which posts tell one and the same thing, by keys that they share.

`StoryKeys` makes a post's keys: its links, its conversation, its words. Posts that share one are
one story, and so are those that a third one joins: whatever order they come in, the stories are
the same. `StoryIndex` keeps them in memory; an application keeps the keys in a table where each
stands once. `merging` proposes to join stories that say the same in other words, by an encoder.
"""

from __future__ import annotations

from classifiers.stories.index import StoryIndex
from classifiers.stories.keys import Clues, StoryKeys
from classifiers.stories.proposals import Proposal, Representative

__all__ = ["Clues", "Proposal", "Representative", "StoryIndex", "StoryKeys"]
