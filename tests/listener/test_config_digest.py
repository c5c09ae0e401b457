"""[digest]: what it may tell, to whom, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from listener.config import Config, ConfigError
from listener.config.digest import EVERY_SECTION
from listener.config.load import parse

ADDRESS = "cadre.urgences@chu-valmont.example"


def config(*, email: bool = True, **digest: Any) -> dict[str, Any]:
    return {
        "hospital": {"name": "CHU de Valmont"},
        "watch": [
            {"id": "chu", "names": ["CHU de Valmont"]},
            {"id": "urgences", "kind": "service", "of": "chu", "names": ["urgences"]},
            {"id": "bremont", "kind": "peer", "names": ["CHU de Brémont"]},
        ],
        "alerts": {"critical": [], "warning": [], "fallback": "console"},
        "digest": digest,
        **({"email": {"outbox": "var/outbox"}} if email else {}),
    }


def read(**digest: Any) -> Config:
    return parse(config(**digest), environ={})


def problems(**digest: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(**digest)
    return caught.value.problems


def service(**values: Any) -> dict[str, Any]:
    return {"subject": "urgences", "recipients": [ADDRESS], **values}


def test_a_digest_tells_everything_weekly_and_ends_with_what_is_to_be_done():
    digest = read().digest
    assert (digest.enabled, digest.monthly) == (True, False)
    assert digest.sections_of() == EVERY_SECTION
    assert (EVERY_SECTION[0], EVERY_SECTION[-1]) == ("days", "actions")


def test_a_service_tells_the_hospitals_sections_or_its_own():
    own = ["stories", "unseen"]
    digest = read(sections=["days", "unseen"], service=[service()]).digest
    assert digest.sections_of("urgences") == digest.sections_of() == ("days", "unseen")
    digest = read(sections=["days", "unseen"], service=[service(sections=own)]).digest
    assert digest.sections_of("urgences") == ("stories", "unseen")
    assert digest.sections_of() == ("days", "unseen")


def test_a_section_that_is_none_is_refused_with_those_that_are():
    (problem,) = problems(sections=["days", "wether", "unseen"])
    assert problem.startswith("digest.sections[1]: 'wether': should be 'days', 'themes'")
    assert all(f"'{name}'" in problem for name in EVERY_SECTION)


def test_a_section_named_twice_is_refused_with_those_that_are_left():
    (problem,) = problems(sections=["days", "unseen", "days"])
    assert problem.startswith(
        "digest.sections: ['days', 'unseen', 'days']: should name \"days\" once"
    )
    assert all(name in problem for name in EVERY_SECTION)
    (problem,) = problems(sections=[*EVERY_SECTION, "peers"])
    assert problem.endswith('should name "peers" once; not named yet: none')


@pytest.mark.parametrize("sections", [[], ["days", "stories"]])
def test_what_could_not_be_seen_is_never_left_out(sections):
    (problem,) = problems(sections=sections)
    assert problem.startswith(f'digest.sections: {sections}: should hold "unseen"')
    assert problem.endswith("a figure is only worth what it leaves out")


def test_only_a_peer_is_a_peer():
    assert read(peers=["bremont"]).digest.peers == ("bremont",)
    expected = 'should be the id of a [[watch]] with kind = "peer": bremont'
    assert problems(peers=["chu", "bremon"]) == [
        f"digest.peers[0]: 'chu': {expected}",
        f"digest.peers[1]: 'bremon': {expected}",
    ]


@pytest.mark.parametrize("subject", ["chu", "bremont", "urgence"])
def test_only_a_service_has_a_services_digest(subject):
    assert problems(service=[service(subject=subject)]) == [
        f"digest.service[0].subject: '{subject}': "
        'should be the id of a [[watch]] with kind = "service": urgences'
    ]


def test_a_service_has_one_digest_with_all_its_recipients():
    assert problems(service=[service(), service()]) == [
        "digest.service[1].subject: 'urgences': "
        "has a digest above already: give it all its recipients"
    ]


def test_a_services_digest_is_for_somebody():
    assert problems(service=[service(recipients=[])]) == [
        "digest.service[0].recipients: []: should hold something"
    ]
    assert problems(service=[{"subject": "urgences"}, {"recipients": ["cadre"]}]) == [
        "digest.service[0].recipients: is required",
        "digest.service[1].subject: is required",
        "digest.service[1].recipients[0]: 'cadre': should be one address "
        'such as "astreinte@chu-valmont.example"',
    ]


def test_recipients_need_a_mailbox_to_be_written_from():
    assert problems(email=False, recipients=[ADDRESS], service=[service()]) == [
        "digest.recipients: needs an [email] section",
        "digest.service[0].recipients: needs an [email] section",
    ]
