"""Words by which somebody says that a life is in danger now: patterns, since such posts are rare.

The models know such posts by a hundred invented examples, which avoid the plainest words; these are
the plainest words. Where they stand in the corpus, its labels agree (14 of 14 posts). Every pattern is
bounded.
"""

from __future__ import annotations

import re

from classifiers.text import fold

LEAST = 0.6  # probability of danger that such words stand for, whatever the models say
MAX_CHARS = 2_000

_HARM = r"(?:tuer|buter|crever|planter|fumer|saigner|egorger|defoncer|bruler|exploser|pendre|finir)"
_PATTERNS = (
    # somebody's own life
    r"\b(?:vais|veux|voudrais|envie de|pense a|songe a|pret[e]? a) me (?:suicider|pendre|foutre en l.air|flinguer|buter|tuer|jeter (?:sous|par|du))",
    r"\bme suicider[ai]*\b.{0,20}\b(?:ce soir|demain|cette nuit)\b",
    r"\b(?:plus|pas) (?:la |de )?(?:force|envie|raison) (?:de|d.) ?(?:vivre|continuer|etre la)\b",
    r"\b(?:envie|vais|veux|voudrais) (?:d.|de )?(?:en finir|mourir|disparaitre pour de bon)\b",
    r"\b(?:autant|mieux) (?:vaut )?(?:crever|mourir|en finir)\b",
    r"\bje (?:ne )?(?:serai|serais) (?:plus|pas) la (?:demain|ce soir|longtemps)\b",
    r"\b(?:j.ai|jai|g) (?:avale|pris) (?:toute?s? )?(?:la boite|les boites|mes cachets|tous mes)\b",
    # somebody else's
    rf"\b(?:je|j|on) (?:vais|va|vs|v) (?:te |le |la |les |vous |l.)(?:tous )?{_HARM}\b",
    r"\bje (?:te|le|la|les|vous) (?:bute|tue|creve|plante|fume|saigne)\b",
    r"\b(?:on|je) (?:vous|te|le|la) (?:attend|attends|retrouvera|retrouverai|retrouve) (?:a|devant|sur|ce|demain|dehors)\b",
    r"\b(?:on|je) (?:connait|connais|sait|sais) (?:ou|ta|sa|votre|tes|ses|vos) .{0,25}\b(?:habite|habites|voiture|caisse|adresse|plaque|ecole)",
    r"\bt.?es mort\b|\bt mort\b",
    # missing
    r"\b(?:disparu|disparue|portee? disparue?|avis de recherche|recherche[se]? activement|n.a plus (?:donne|ete vue?))\b.{0,60}\b(?:hopital|chu|urgences|service|psy|chambre|pyjama|traitement)\b",
)
_CRY = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))


def cries(text: str) -> bool:
    """Whether the text holds such words: recall before precision, so that somebody looks."""
    return _CRY.search(fold(text[:MAX_CHARS].lower()).replace("’", "'")) is not None
