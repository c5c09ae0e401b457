"""The figures people are told, recomputed by other means on both engines."""

from __future__ import annotations

from listener.storage import figures
from listener.storage.figures import Filters


async def test_an_empty_database_counts_nothing(database) -> None:
    async with database.read() as connection:
        assert await figures.count(connection, Filters()) == 0
        assert await figures.tally(connection, Filters()) == {}
        assert await figures.earliest(connection, Filters()) is None
        assert [item async for item in figures.listing(connection, Filters())] == []
        assert await figures.notable(connection, Filters(), per_network=3) == []
