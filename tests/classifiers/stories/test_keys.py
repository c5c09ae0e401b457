"""A copy is known whatever was put around it; what is only alike is not."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.stories import Clues, StoryIndex, StoryKeys
from classifiers.stories.index import connected
from classifiers.stories.keys import tells_one_page
from classifiers.stories.words import words_of

KEYS = StoryKeys(secret=b"k" * 32, common=words_of({"CHU de Valmont", "urgences"}))
TEXT = (
    "Ma mère de 84 ans a passé neuf heures sur un brancard aux urgences du CHU de Valmont, "
    "personne n'est venu lui donner à boire et elle pleurait de soif"
)
COPIES = [
    "RT @lea_v: " + TEXT,
    TEXT + " 😡😡 #honte #CHUValmont https://t.example/abc",
    TEXT.upper(),
    TEXT.replace("84", "79"),
    TEXT.replace("é", "e").replace("à", "a"),
    TEXT.replace("brancard", "brancart").replace("personne", "persone"),
    TEXT[: int(len(TEXT) * 0.7)] + "…",
    "Lisez ça : " + TEXT,
    TEXT.replace("pleurait", "mourait"),
]
OTHERS = [
    "Ma mère de 84 ans a passé une radio au CHU de Valmont, accueil parfait et médecin à l'écoute",
    "Neuf heures d'attente aux urgences du CHU de Valmont avec mon fils et sa jambe cassée",
    "9 heures d'attente aux urgences du CHU de Valmont",
    "8 heures d'attente aux urgences du CHU de Valmont",
    "La maternité du CHU de Valmont ferme deux lits cet été faute de sages-femmes",
]


def shared(one: str, other: str) -> set[int]:
    return set(KEYS.of(Clues(text=one))) & set(KEYS.of(Clues(text=other)))


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_with_small_changes_shares_a_key(copy: str) -> None:
    assert shared(TEXT, copy)


def test_posts_about_the_same_things_share_none() -> None:
    texts = [TEXT, *OTHERS]
    assert not [(a, b) for a in texts for b in texts if a < b and shared(a, b)]


@pytest.mark.parametrize(
    "text",
    ["merci", "Merci au CHU !", "merci à toute l'équipe", "😡😡😡", "", "https://a.example/b1"],
)
def test_what_everybody_says_is_no_copy(text: str) -> None:
    assert KEYS.of(Clues(text=text)) == ()


def test_a_slip_in_a_short_text_leaves_a_copy() -> None:
    one = "Infirmière frappée samedi soir, direction muette"
    assert shared(one, one.replace("samedi", "sammedi").replace("muette", "muete"))
    assert shared(one, one.replace("frappée", "giflée"))
    assert not shared(one, one.replace("frappée", "giflée").replace("samedi", "hier"))


def test_links_threads_and_quotes_are_shared_and_sections_are_not() -> None:
    link = "https://www.presse.example/2026/chu-brancard-12.html"
    one = set(KEYS.of(Clues(ref="a", links=(link,))))
    assert one & set(
        KEYS.of(Clues(ref="b", links=("http://presse.example/2026/chu-brancard-12.html/",)))
    )
    assert one & set(KEYS.of(Clues(ref="c", refs=("a",))))
    assert not one & set(KEYS.of(Clues(ref="d", links=("https://presse.example/",))))


@pytest.mark.parametrize(
    ("link", "own"),
    [
        ("https://chu.example/", False),
        ("https://chu.example", False),
        ("https://chu.example/contact", False),
        ("https://chu.example/nos-services", False),
        ("https://chu.example/actu/12", True),
        ("https://presse.example/le-chu-ferme-ses-urgences", True),
        ("https://youtu.example/dQwXgWcQ", True),
        ("https://chu.example/index.php?id=7", True),
        ("https://chu.example/recherche?q=attente", False),
    ],
)
def test_a_link_to_one_page_is_told_from_one_to_a_section(link: str, own: bool) -> None:
    assert tells_one_page(link) is own


def test_keys_are_the_same_in_every_process_and_others_under_another_secret_or_scope() -> None:
    code = (
        "from classifiers.stories import *;"
        f"print(StoryKeys(secret=b's').of(Clues(text={TEXT!r}, ref='a')))"
    )
    run = [sys.executable, "-c", code]
    seeds = [{"PYTHONHASHSEED": seed, "PYTHONPATH": "."} for seed in ("1", "2")]
    told = {subprocess.run(run, env=env, capture_output=True, check=True).stdout for env in seeds}
    clues = Clues(text=TEXT, ref="a")
    here = StoryKeys(secret=b"s").of(clues)
    assert told == {f"{here}\n".encode()}
    for other in (StoryKeys(secret=b"t"), StoryKeys(secret=b"s", scope="exercice")):
        assert not set(here) & set(other.of(clues))


@given(st.text(max_size=400), st.lists(st.text(max_size=60), max_size=3))
def test_any_text_and_link_has_keys_that_fit_a_column(text: str, links: list[str]) -> None:
    for key in KEYS.of(Clues(text=text, links=links)):
        assert -(2**63) <= key < 2**63


def test_wild_lengths_are_read_in_bounded_time() -> None:
    for text in ("!" * 100_000, "#a" * 50_000, "a " * 50_000, "-" * 100_000, "@" * 100_000):
        KEYS.of(Clues(text=text, links=("https://a.example/" + "-_" * 2000,)))


KEY_SETS = st.lists(st.sets(st.integers(0, 25), max_size=4), max_size=25)


@given(KEY_SETS, st.randoms())
def test_the_stories_are_the_same_in_any_order(keys: list[set[int]], rng: random.Random) -> None:
    expected = {frozenset(group) for group in connected(keys)}
    order = list(range(len(keys)))
    rng.shuffle(order)
    index = StoryIndex()
    numbers = {post: index.add(keys[post], 0.0) for post in order}
    groups: dict[int, set[int]] = {}
    for post, number in numbers.items():
        groups.setdefault(index.story(number), set()).add(post)
    assert {frozenset(group) for group in groups.values()} == expected


@given(KEY_SETS)
def test_a_post_that_comes_again_joins_its_own_story(keys: list[set[int]]) -> None:
    index = StoryIndex()
    numbers = [index.add(listed, 0.0) for listed in keys]
    again = [index.add(listed, 1.0) for listed in keys if listed]
    before = [index.story(n) for n, listed in zip(numbers, keys, strict=True) if listed]
    assert [index.story(n) for n in again] == before


def test_what_nobody_used_within_the_window_is_forgotten() -> None:
    index = StoryIndex(window=10.0)
    first = index.add([1, 2], 0.0)
    assert index.add([2], 9.0) == first
    assert index.add([1], 11.0) != first
    assert index.add([2], 19.0) == first
    assert len(index) == 2
