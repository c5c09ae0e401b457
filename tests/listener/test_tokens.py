"""Renewed tokens lie sealed in the state directory, whole, and for their owner alone."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

from connectors.tokens import Token
from listener.storage.seal import Sealer
from listener.workflows.stores import tokens_of

SEALER = Sealer(b"k" * 32)
TOKEN = Token(
    access="acces-secret",
    refresh="rafraichir",
    expires_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    refresh_expires_at=datetime(2027, 3, 2, 12, tzinfo=UTC),
    made_for="application",
)


async def test_a_token_is_found_again_after_a_restart(tmp_path: Path) -> None:
    await tokens_of(tmp_path, SEALER)("page").save(TOKEN)
    assert await tokens_of(tmp_path, SEALER)("page").load() == TOKEN
    assert await tokens_of(tmp_path, SEALER)("other").load() is None


async def test_a_file_of_tokens_tells_nothing_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    await tokens_of(tmp_path, SEALER)("page").save(TOKEN)
    (file,) = (tmp_path / "tokens").iterdir()
    assert b"secret" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_a_file_of_another_key_or_cut_short_means_to_log_in_again(tmp_path: Path) -> None:
    store = tokens_of(tmp_path, SEALER)("page")
    await store.save(TOKEN)
    assert await tokens_of(tmp_path, Sealer(b"x" * 32))("page").load() is None
    (file,) = (tmp_path / "tokens").iterdir()
    file.write_bytes(file.read_bytes()[:20])
    assert await store.load() is None


async def test_a_new_token_takes_the_old_one_s_place_and_leaves_nothing_beside(
    tmp_path: Path,
) -> None:
    store = tokens_of(tmp_path, SEALER)("page")
    for name in ("one", "two"):
        await store.save(Token(access=name))
    kept = await store.load()
    assert kept is not None
    assert kept.access == "two"
    assert len(list((tmp_path / "tokens").iterdir())) == 1
