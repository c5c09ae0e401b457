"""What belongs together: a story with its voices, a sum with what made it, a life at stake alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from listener.domain.incident import Incident, State
from listener.domain.matter import COVERAGE, Case, Opening, cases_of, of_story, of_subject
from listener.domain.rule import Breach, Level

AT = datetime(2026, 3, 14, 22, tzinfo=UTC)


def of_one(story: int, *mentions: int, **values: Any) -> Breach:
    known = {"rule": "grave", "kind": "severity", "subject": "chu", "level": Level.CRITICAL}
    return Breach(**known | values, at=AT, story=story, mentions=mentions or (story * 10,))


def of_all(*mentions: int, **values: Any) -> Breach:
    known = {"rule": "nombre", "kind": "count", "subject": "chu", "level": Level.WARNING}
    return Breach(**known | values, at=AT, mentions=mentions)


def opening(number: int, matter: str, *stories: int, subject: str = "chu") -> Opening:
    known = Incident(
        id=number,
        subject=subject,
        matter=matter,
        level=Level.WARNING,
        state=State.OPEN,
        opened_at=AT,
        last_breach_at=AT,
    )
    return Opening(incident=known, stories=frozenset(stories))


def matters(cases: list[Case]) -> dict[str, int]:
    return {case.matter: len(case.breaches) for case in cases}


def test_two_stories_are_two_matters_and_the_rules_of_one_story_are_one() -> None:
    cases = cases_of([of_one(1), of_one(2), of_one(1, rule="autre")], [], {})
    assert matters(cases) == {of_story(1): 2, of_story(2): 1}


def test_a_breach_joins_the_incident_that_holds_its_story_whatever_that_is_about() -> None:
    storm = opening(5, of_subject("chu"), 1)
    (case,) = cases_of([of_one(1, exempt=True)], [storm], {})
    assert case.incident == storm.incident


def test_a_sum_joins_the_incident_that_holds_most_of_what_it_counts() -> None:
    known = [opening(5, of_story(1), 1), opening(6, of_story(2), 2)]
    (case,) = cases_of([of_all(1, 2, 3, 4, 5)], known, {5: {1}, 6: {2, 3, 4}})
    assert case.incident == known[1].incident


def test_half_is_not_most_and_a_sum_without_a_home_is_its_own_matter() -> None:
    known = [opening(5, of_story(1), 1)]
    assert matters(cases_of([of_all(1, 2, 3, 4)], known, {5: {1, 2}})) == {of_subject("chu"): 1}


def test_a_new_storm_takes_the_stories_that_made_it() -> None:
    cases = cases_of([of_one(1, 1), of_one(2, 2), of_all(1, 2, 3)], [], {})
    assert matters(cases) == {of_subject("chu"): 3}
    assert cases[0].stories == {1, 2}


def test_a_life_at_stake_is_not_one_more_voice_in_a_storm() -> None:
    cases = cases_of([of_one(1, 1, exempt=True), of_one(2, 2), of_all(1, 2, 3)], [], {})
    assert matters(cases) == {of_subject("chu"): 2, of_story(1): 1}


def test_a_story_that_the_storm_does_not_count_stands_alone() -> None:
    storm = opening(5, of_subject("chu"))
    (case,) = cases_of([of_one(9, 90)], [storm], {5: set()})
    assert case.matter == of_story(9)


def test_a_storm_over_a_service_and_the_whole_is_the_service_s() -> None:
    both = [of_all(1, 2, 3), of_all(1, 2, 3, subject="urgences")]
    (case,) = cases_of(both, [], {}, narrow={"urgences"})
    assert (case.matter, case.subject) == (of_subject("urgences"), "urgences")


def test_two_storms_over_different_posts_of_one_subject_are_one_matter() -> None:
    (case,) = cases_of([of_all(1, 2), of_all(3, 4, rule="part")], [], {})
    assert len(case.breaches) == 2


def test_blindness_is_one_matter_of_its_own() -> None:
    blind = [of_all(kind="coverage", subject="_coverage", rule=r) for r in ("a", "b")]
    assert matters(cases_of([*blind, of_all(1, 2)], [], {})) == {COVERAGE: 2, of_subject("chu"): 1}


STORIES = st.integers(1, 4)
BREACHES = st.lists(
    st.builds(
        lambda story, number, exempt, level: of_one(story, number, exempt=exempt, level=level),
        STORIES,
        st.integers(1, 12),
        st.booleans(),
        st.sampled_from(list(Level)),
    )
    | st.builds(
        lambda numbers, subject: of_all(*numbers, subject=subject),
        st.lists(st.integers(1, 12), max_size=8, unique=True),
        st.sampled_from(["chu", "urgences"]),
    ),
    max_size=8,
)
OPENINGS = st.lists(STORIES, unique=True, max_size=3).map(
    lambda found: [opening(n, of_story(n), n) for n in found]
)
HELD = st.dictionaries(STORIES, st.sets(st.integers(1, 12)), max_size=4)


@given(BREACHES, OPENINGS, HELD)
def test_each_breach_is_in_one_case_and_each_matter_has_one(
    breaches: list[Breach], openings: list[Opening], held: dict[int, set[int]]
) -> None:
    cases = cases_of(breaches, openings, held, narrow={"urgences"})
    placed = [breach for case in cases for breach in case.breaches]
    assert Counter(map(id, placed)) == Counter(map(id, breaches))
    assert all(case.breaches for case in cases)
    assert len({case.matter for case in cases}) == len(cases)
    homes = {story: o.incident for o in openings for story in o.stories}
    for case in cases:
        for breach in case.breaches:
            assert breach.story in case.stories or breach.story is None
            if breach.story in homes:
                assert case.incident == homes[breach.story]
