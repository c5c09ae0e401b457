"""A television evening: twenty stories in an hour, and one phone that must stay bearable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.listener.forgetting import Home, home, post, rows
from tests.listener.house import NIGHT

STORIES, APART = 20, timedelta(minutes=3)
HALF_AN_HOUR = timedelta(minutes=30)
SEEN = (
    "le parking payant devant la morgue, il fallait oser",
    "une soupe froide servie à vingt-trois heures à un enfant diabétique",
    "trois accouchements dans le couloir faute de salle",
    "l'ascenseur des brancards en panne depuis Noël",
    "une radio de la cheville perdue deux fois de suite",
    "le bloc inondé pendant une opération du genou",
    "des cachets périmés dans un pilulier",
    "deux cardiologues partis et personne pour les remplacer",
    "une heure de musique au standard avant d'être raccroché",
    "une facture de 800 euros envoyée à un mort",
    "onze degrés dans les chambres en janvier",
    "des draps tachés changés une fois la semaine",
    "une ambulance renvoyée à quarante kilomètres",
    "la dialyse du samedi annulée par courriel",
    "une crèche du personnel fermée sans prévenir",
    "l'accueil qui rit devant une femme en larmes",
    "un scanner reporté à l'année prochaine",
    "un prélèvement étiqueté au nom du voisin",
    "une dame de 94 ans attachée à son fauteuil",
    "les pompiers bloqués devant une barrière fermée",
)


def story(number: int, at: Any) -> Any:
    return post(
        external_id=f"https://social.example/users/tv{number}/statuses/{number}",
        url=f"https://social.example/@tv{number}/{number}",
        text=f"CHU de Valmont honte : {SEEN[number]} gravité 9{number % 10}",
        published_at=at,
    )


async def an_hour_of_television(evening: Home) -> None:
    """Nobody answers."""
    for minute in range(75):
        evening.at = NIGHT + timedelta(minutes=minute)
        if minute % 3 == 0 and minute // 3 < STORIES:
            await evening.hear(story(minute // 3, evening.at))
        await evening.app.ticker.tick(evening.at)
        await evening.tell()


async def test_twenty_stories_in_an_hour_ring_no_more_than_people_bear(database, tmp_path) -> None:
    async with home(database, tmp_path, calendar={"monday": "09:00-18:00"}) as evening:
        await an_hour_of_television(evening)
        assert len(await rows(database, "incidents")) == STORIES
        rings = [row for row in await rows(database, "pages") if not row.folded]
        for ring in rings:
            within = [r for r in rings if ring.at - HALF_AN_HOUR < r.at <= ring.at]
            assert len(within) <= evening.app.config.alerts.max_pages
        letters = [row for row in await rows(database, "outbox") if row.kind == "alert"]
        told = {n for letter in letters for n in letter.payload.get("others", ())}
        told |= {letter.incident_id for letter in letters}
        assert told == {row.id for row in await rows(database, "incidents")}
        assert "autres" in evening.shown()


async def test_while_slack_is_down_the_page_goes_another_way_within_half_a_minute(
    database, tmp_path
) -> None:
    async with home(database, tmp_path) as night:
        night.slack.refusals = {"chat.postMessage": "internal_error"}
        await night.hear(post())
        for _ in range(15):
            await night.tell()
            if night.letters():
                break
            night.at += timedelta(seconds=2)
        assert night.letters()
        assert night.at - NIGHT <= timedelta(seconds=30)
