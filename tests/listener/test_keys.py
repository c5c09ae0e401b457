"""The listener's own keys: made once, private, and never replaced in silence."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from listener.config import ConfigError
from listener.keys import Keys, load_keys


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_keys_are_made_at_the_first_start_and_read_ever_after(tmp_path: Path) -> None:
    state = tmp_path / "var" / "lib"
    first = load_keys(state)
    assert len(first.pseudonym) == len(first.encryption) == 32
    assert first.pseudonym != first.encryption
    assert load_keys(state) == first
    assert names(state) == ["keys"]


def test_nobody_else_may_read_them_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_keys(tmp_path / "state")
    finally:
        os.umask(before)
    assert mode(tmp_path / "state") == 0o700
    assert mode(tmp_path / "state" / "keys") == 0o700
    for path in (tmp_path / "state" / "keys").iterdir():
        assert mode(path) == 0o600


def test_keys_are_never_shown(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    assert repr(keys) == str(keys) == "Keys()"


def test_two_first_starts_at_once_agree_on_one_pair(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found: list[Keys] = list(pool.map(lambda _: load_keys(tmp_path), range(16)))
    assert all(keys == found[0] for keys in found)
    assert names(tmp_path) == ["keys"]


def test_a_start_that_was_cut_leaves_no_half_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(ConfigError, match="No space left"):
        patched.setattr(os, "fsync", full_disk)
        load_keys(tmp_path)
    assert names(tmp_path) == []
    assert load_keys(tmp_path)


def test_a_lost_key_is_not_replaced_by_another(tmp_path: Path) -> None:
    load_keys(tmp_path)
    (tmp_path / "keys" / "encryption").unlink()
    with pytest.raises(ConfigError, match=r"encryption: is missing .* restore it from a backup"):
        load_keys(tmp_path)


def test_a_cut_key_is_refused(tmp_path: Path) -> None:
    load_keys(tmp_path)
    (tmp_path / "keys" / "pseudonym").write_bytes(b"short")
    with pytest.raises(ConfigError, match="pseudonym: holds 5 bytes instead of 32") as caught:
        load_keys(tmp_path)
    assert "short" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "pseudonym", "encryption"])
def test_a_key_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path, name: str) -> None:
    load_keys(tmp_path)
    path = tmp_path / "keys" / name
    path.chmod(0o750)
    with pytest.raises(ConfigError, match=r"others may read it \(mode 750\): say chmod [67]00 /"):
        load_keys(tmp_path)


def test_a_state_directory_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"Not a directory|File exists"):
        load_keys(tmp_path / "file" / "var")
