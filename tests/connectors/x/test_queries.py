"""What is watched, as X's searches and rules."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.connector import Watched
from connectors.x.queries import queries_of
from connectors.x.settings import XSettings
from tests.connectors.x.support import Desk, ids
from tests.networks.x import X


def settings(**told: object) -> XSettings:
    return XSettings.model_validate({"bearer_token": "jeton", **told})


async def test_a_search_asks_for_phrases_tags_and_accounts_without_reposts(
    desk: Desk, network: X
) -> None:
    watched = Watched(
        terms=("CHU de Valmont", 'dit "la ruche"'),
        hashtags=("#chuvalmont",),
        accounts=("@CHUValmont", "chu@piaille.example", "chu.valmont.example"),
    )
    connector = desk.make(watched, mentions=False, own_posts=False, languages=("fr",))
    network.publish(1)
    assert len(ids(await desk.drain(connector))) == 1
    (request,) = network.calls("/recent")
    assert request.query["query"] == (
        '("CHU de Valmont" OR "dit la ruche" OR #chuvalmont OR @chuvalmont) -is:retweet lang:fr'
    )


def test_several_languages_are_one_group() -> None:
    (query,) = queries_of(settings(languages=("fr", "en")), Watched(terms=("CHU",)), 512)
    assert query == '("CHU") -is:retweet (lang:fr OR lang:en)'


def test_many_terms_become_several_queries_each_within_the_length() -> None:
    terms = tuple(f"hôpital numéro {number} de Valmont" for number in range(60))
    queries = queries_of(settings(), Watched(terms=terms), 512)
    assert len(queries) > 1 and all(len(query) <= 512 for query in queries)
    assert all(sum(f'"{term}"' in query for query in queries) == 1 for term in terms)


def test_one_term_more_leaves_the_queries_before_it_as_they_were() -> None:
    terms = tuple(f"hôpital numéro {number} de Valmont" for number in range(40))
    before = queries_of(settings(), Watched(terms=terms), 512)
    after = queries_of(settings(), Watched(terms=(*terms, "maternité")), 512)
    assert after[: len(before) - 1] == before[:-1]


def test_a_term_that_is_too_long_finds_more_rather_than_nothing() -> None:
    (query,) = queries_of(settings(), Watched(terms=("Valmont " * 200,)), 128)
    assert len(query) <= 128 and query.startswith('("Valmont Valmont')


def test_nothing_watched_asks_nothing() -> None:
    assert queries_of(settings(), Watched(terms=("", '""')), 512) == ()


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"accounts": ("chu valmont",)}, "handle"),
        ({"languages": ("français",)}, "two letters"),
        ({"look_back": "8d"}, "look_back should not be longer"),
        ({"daily_budget": 200.0}, "daily_budget should not be higher"),
        ({"client_secret": "secret"}, "goes with client_id"),
        ({"base_url": "api.x.com"}, "should be an address"),
        ({"price_post": -1}, "greater than or equal to 0"),
        ({"bearer": "x"}, "Extra inputs"),
    ],
)
def test_settings_that_are_wrong_say_what_would_be_right(told: dict, wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        settings(**told)
