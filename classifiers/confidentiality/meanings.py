"""What a word may mean to the detector of patients, as bits."""

from __future__ import annotations

from classifiers import names
from classifiers.words import read_words

TITLE = 1  # announces a name: Mme
CARER = 1 << 1  # makes of the name beside it a carer's: Dr, infirmière
RELATION = 1 << 2  # ties a first name to somebody: voisin
POSSESSED = 1 << 3  # what a person has: dossier de
CARE = 1 << 4
PATIENT = 1 << 5  # makes of somebody a patient: opérée, chimio
HOUSE = 1 << 6  # a house of care
PARTICLE = 1 << 7
PLACE = 1 << 8  # before a lone capitalised word, which is then a place
NEVER = 1 << 9  # often capitalised, never a name
FIRST_NAME = 1 << 10
ROLE = 1 << 11
OFFICE = 1 << 12  # a role there is one of in a place
KIN = 1 << 13
SITE = 1 << 14  # houses and streets, named after people
OWN = 1 << 15  # notre, mon
SELF = 1 << 16  # before one's own name
LINK = 1 << 17  # de, du, à: between a role and its place
CAPITAL = 1 << 18
SHOUTED = 1 << 19
INITIAL = 1 << 20
OURS = 1 << 21  # the hospital speaks
YOURS = 1 << 22  # and to whom
YOU = 1 << 23
GREETING = 1 << 24
VISIT = 1 << 25  # what a reply confirms: séjour, passage
VERB = 1 << 26  # ends what is confirmed
CANDIDATE = 1 << 27  # where a name may begin
WRITTEN_OUT = 1 << 28  # a title that reads as a word of its own
QUALITY = 1 << 29  # ancien, petit: between an article and a role
ARTICLE = 1 << 30
TEAM = 1 << 31
SHOWN = 1 << 32  # celui, celle
BIRTH = 1 << 33  # a date of birth follows: née
FILE = 1 << 34  # a number follows: dossier
TREATED = 1 << 35

_LISTS = tuple(
    (read_words(name), meaning)
    for name, meaning in (
        ("titles", TITLE),
        ("titles_written_out", WRITTEN_OUT),
        ("carer_titles", CARER),
        ("carers", CARER),
        ("teams", TEAM),
        ("relations", RELATION),
        ("possessed", POSSESSED),
        ("care_words", CARE),
        ("patient_words", PATIENT),
        ("hospital_words", HOUSE),
        ("particles", PARTICLE),
        ("places", PLACE),
        ("never_names", NEVER),
        ("first_names", FIRST_NAME),
        ("roles", ROLE),
        ("offices", OFFICE | ROLE),
        ("kin", KIN),
        ("sites", SITE),
        ("owners", OWN),
        ("self_named", SELF),
        ("links", LINK),
        ("articles", ARTICLE),
        ("qualities", QUALITY),
        ("shown", SHOWN),
        ("ours", OURS),
        ("greetings", GREETING),
        ("visits", VISIT),
        ("treated", TREATED),
        ("clause_ends", VERB),
        ("births", BIRTH),
        ("file_labels", FILE),
    )
)
_SINGLE = {"votre": YOURS, "vos": YOURS, "vous": YOU}


def meanings(word: str, folded: str) -> int:
    """The bits of a word as it stands in a text, and folded."""
    found = _SINGLE.get(folded, 0)
    for words, meaning in _LISTS:
        if folded in words:
            found |= meaning
    if folded.startswith(names.CARE):
        found |= CARE
    if folded.startswith(names.PATIENT):
        found |= PATIENT
    if folded.partition("-")[0] in names.FIRST_NAMES:
        found |= FIRST_NAME
    if word == "cure":  # a cure, not a curé
        found &= ~(ROLE | OFFICE)
    if word == "a":  # has, not à
        found &= ~LINK
    return found | _letters(word, found)


def _letters(word: str, found: int) -> int:
    single = len(word) == 1
    letters = INITIAL if single else 0
    if word[0].isupper():
        letters |= CAPITAL | (SHOUTED if not single and word.isupper() else 0)
    named = letters & CAPITAL and not found & NEVER
    return letters | (CANDIDATE if named or found & (TITLE | FIRST_NAME) else 0)
