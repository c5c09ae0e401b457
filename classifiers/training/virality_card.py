"""Build the virality weights, measure them on later posts and on other sets, write the card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from classifiers.evaluation.virality import Cascade as Asked
from classifiers.evaluation.virality import evaluate_at
from classifiers.training.cascades import Cascade, read_cascades, read_shares
from classifiers.training.fit import save
from classifiers.training.shelf import BUILT, LIBRARIES, sha256, shelve
from classifiers.training.virality import fit_experts
from classifiers.virality.experts import NAME, Experts, load
from classifiers.virality.forecaster import Forecaster

ARCHIVES = ("seismic738", "twitter15_16", "ced_weibo")
KNOWN = 0.7  # oldest part of each set that the measured model is fitted on
AGES = (300, 600, 1800, 3600, 86_400)  # s
SHARES_AGES = (1200, 3600, 14_400, 86_400)  # s


def build_virality(data: Path, out: Path) -> dict[str, Any]:
    """virality.npz and its card in `out`; the figures of the card, by set and age."""
    archives = {name: read_cascades(data, name) for name in ARCHIVES}
    shares = read_shares(data)
    early = {name: posts[: _cut(posts)] for name, posts in archives.items()}
    late = {name: posts[_cut(posts) :] for name, posts in archives.items()}
    known = fit_experts(early, shares[: _cut(shares)])
    figures = _measure(Forecaster(known), late, shares[_cut(shares) :])
    figures["auspol"] = _table(Forecaster(known), read_cascades(data, "auspol"), "x", AGES)
    transfer = _transfer(known, late)

    path = out / f"{NAME}.npz"
    save(path, fit_experts(archives, shares).arrays())
    shelve(path)
    load(out)
    (out / f"{NAME}.md").write_text(_card(path, figures, transfer), "utf-8")
    return figures


def _cut(posts: Sequence[Cascade]) -> int:
    return int(KNOWN * len(posts))


def _measure(
    forecaster: Forecaster, late: Mapping[str, Sequence[Cascade]], shares: Sequence[Cascade]
) -> dict[str, Any]:
    found = {name: _table(forecaster, posts, "", AGES) for name, posts in late.items()}
    found["facebook_shares"] = _table(forecaster, shares, "facebook", SHARES_AGES)
    return found


def _table(
    forecaster: Forecaster, posts: Sequence[Cascade], network: str, ages: Iterable[int]
) -> dict[int, dict[str, Any]]:
    asked = [Asked(times=post.times(), followers=post.followers, network=network) for post in posts]
    return {age: evaluate_at(asked, age, forecaster) for age in ages}


def _transfer(known: Experts, late: Mapping[str, Sequence[Cascade]]) -> dict[str, Any]:
    """Each archive's expert alone, on each set's later posts."""
    alone = {
        name: Forecaster(replace(known, archives=(name,), gate=None)) for name in known.archives
    }
    return {
        name: {target: _table(forecaster, posts, "", (600, 3600)) for target, posts in late.items()}
        for name, forecaster in alone.items()
    }


def _card(path: Path, figures: Mapping[str, Any], transfer: Mapping[str, Any]) -> str:
    template = files("classifiers").joinpath("training", "cards", f"{NAME}.md").read_text("utf-8")
    rows = [_row(name, age, row) for name, table in figures.items() for age, row in table.items()]
    return template.format(
        built=BUILT,
        sha256=sha256(path),
        rows="\n".join(rows),
        targets=" | ".join(ARCHIVES),
        transfer="\n".join(_transfer_row(name, row) for name, row in transfer.items()),
        versions=", ".join(f"{library} {version(library)}" for library in LIBRARIES),
    )


def _row(name: str, age: int, row: Mapping[str, Any]) -> str:
    if not row["n"]:
        return f"| {name} | {age // 60} | 0 | {row['abstained']} |" + " – |" * 9
    low, high = row["median_relative_error_95"]
    others = " | ".join(
        f"{row[key]['median_relative_error']:.2f}" for key in ("constant", "szabo_huberman")
    )
    return (
        f"| {name} | {age // 60} | {row['n']} | {row['abstained']}"
        f" | {row['median_relative_error']:.3f} ({low:.3f}–{high:.3f})"
        f" | {row['p75_relative_error']:.2f} | {others} | {row['coverage_80']:.2f}"
        f" | {row['kendall_tau']:.2f} | {row['auc_top_decile']:.2f}"
        f" | {row['brier']:.3f} | {row['crossing_brier']:.3f} |"
    )


def _transfer_row(name: str, row: Mapping[str, Any]) -> str:
    cells = [
        " / ".join(
            f"{table[age]['median_relative_error']:.2f} ({table[age]['coverage_80']:.2f})"
            for age in (600, 3600)
        )
        for table in row.values()
    ]
    return f"| {name} | {' | '.join(cells)} |"
