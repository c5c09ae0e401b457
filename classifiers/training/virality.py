"""The virality experts: fitted on cascades, calibrated on posts left out of each fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from classifiers.training.cascades import (
    HOURLY,
    POLL,
    REGULAR,
    SHARES_STEP,
    Cascade,
    Rows,
    make_rows,
    thin,
)
from classifiers.virality.experts import (
    AGE_STEPS,
    AIM,
    HORIZONS,
    LEVELS,
    SMALLEST,
    Expert,
    Experts,
    age_step,
    error_at,
    parts_of,
)
from classifiers.virality.forecast import HOURS
from classifiers.virality.forecaster import LIVE
from classifiers.virality.forest import Forest
from classifiers.virality.snapshots import GRID, MIN_COUNT, Floats

SEED = 20261122
FOLDS = 4  # of neighbouring posts in time, so that drift shows in the residuals
LEAST = 3  # interactions: rows below teach nothing
# Residuals of later posts are wider by so much over the number of posts: measured by training on
# part of each set's earlier posts and looking at the others of them.
DRIFT = 40.0
ENOUGH = 150  # residuals that make a row of the table of their own
RECENT = (0.5, 0.8)  # ranks by publication beyond which a post counts once more: habits drift
GROWTH = {"loss": "quantile", "quantile": AIM, "max_iter": 80, "learning_rate": 0.08}
SMALL = {"loss": "squared_error", "max_iter": 30, "learning_rate": 0.12}
TREES = {"max_leaf_nodes": 16, "max_depth": 6, "min_samples_leaf": 60, "random_state": SEED}
GATE = TREES | {"max_leaf_nodes": 8, "max_depth": 4, "max_iter": 40, "learning_rate": 0.1}
LEAST_SIZE = 5.0  # interactions, of thinned cascades


def fit_experts(
    archives: Mapping[str, Sequence[Cascade]], shares: Sequence[Cascade], version: str = "fresh"
) -> Experts:
    """An expert an archive, "facebook" on counts of shares, "live" on those and thinned archives."""
    random = np.random.default_rng(SEED)
    rows = {name: make_rows(posts, random, REGULAR, POLL) for name, posts in archives.items()}
    facebook = make_rows(shares, random, HOURLY, SHARES_STEP)
    live = [facebook] + [
        make_rows(thin(posts, random, LEAST_SIZE), random, REGULAR, POLL)
        for posts in archives.values()
    ]
    known = {name: fit_expert(name, taught) for name, taught in rows.items()}
    return Experts(
        version=version,
        experts={
            **known,
            "facebook": fit_expert("facebook", facebook),
            LIVE: fit_expert(LIVE, _join(live)),
        },
        archives=tuple(archives),
        gate=_fit_gate(list(rows.values())) if len(rows) > 1 else None,
    )


def fit_expert(name: str, rows: Rows) -> Expert:
    """Fitted on all rows; its residuals are of posts left out of each fit."""
    rows = rows.take(rows.counts >= LEAST)
    outputs = np.empty((len(rows.ages), 1 + len(HOURS)))
    for known, held in _folds(rows):
        outputs[held] = _predict(_fit_growth(known), rows.take(held))
    missed = np.round(abs(rows.growth[:, -1] - outputs[:, 0]), 4)
    error = np.empty(len(rows.ages))
    for known, held in _folds(rows):
        error[held] = _fit_one(SMALL, known, missed[~held]).predict(rows.features[held])
    models = [*_fit_growth(rows)]
    models.insert(1, _fit_one(SMALL, rows, missed))
    residuals = _residuals(rows, outputs, np.maximum(error, SMALLEST))
    return Expert(name=name, forest=to_forest(models), residuals=residuals)


def _folds(rows: Rows) -> list[tuple[Rows, NDArray[np.bool_]]]:
    fold = np.floor(rows.post * FOLDS)
    return [(rows.take(fold != k), fold == k) for k in range(FOLDS)]


def _fit_growth(rows: Rows) -> list[HistGradientBoostingRegressor]:
    """The growth, then the part of it within each of HOURS."""
    total = rows.growth[:, -1]
    parts = np.where(total[:, None] > 0, rows.growth[:, :-1] / np.maximum(total, 1e-9)[:, None], 1)
    return [
        _fit_one(GROWTH, rows, total),
        *(_fit_one(SMALL, rows, np.clip(part, 0.0, 1.0)) for part in parts.T),
    ]


def _recent_again(post: Floats) -> NDArray[np.int64]:
    """Places of rows, the recent ones repeated: far quicker than weights in scikit-learn."""
    times = 1 + sum((post >= rank).astype(np.int64) for rank in RECENT)
    return np.repeat(np.arange(len(post)), times)


def _fit_one(settings: Mapping[str, Any], rows: Rows, y: Floats) -> HistGradientBoostingRegressor:
    again = _recent_again(rows.post)
    model = HistGradientBoostingRegressor(**settings, **TREES)
    return model.fit(rows.features[again], y[again])


def _predict(models: Sequence[HistGradientBoostingRegressor], rows: Rows) -> Floats:
    return np.column_stack([model.predict(rows.features) for model in models])


def _residuals(rows: Rows, outputs: Floats, error: Floats) -> Floats:
    """Ages × HORIZONS × LEVELS of residuals, in typical errors, of posts that can be forecast."""
    growth, parts = np.maximum(outputs[:, :1], 0.0), parts_of(outputs[:, 1:])
    scaled = (rows.growth - growth * parts) / error_at(error[:, None], parts)
    said = rows.counts >= MIN_COUNT
    step = age_step(rows.ages)
    wider = 1 + DRIFT / len(np.unique(rows.post))
    table = np.empty((len(AGE_STEPS) + 1, HORIZONS, len(LEVELS)))
    for k in range(len(table)):
        of_age = said & (step == k)
        seen = scaled[of_age] if of_age.sum() >= ENOUGH else scaled[said]
        table[k] = wider * np.quantile(seen, LEVELS, axis=0).T
    return np.round(table, 4)


def _fit_gate(archives: Sequence[Rows]) -> Forest:
    """Small archives weigh more than their size: it says little of where a new post comes from."""
    said = [rows.take(rows.counts >= LEAST) for rows in archives]
    sizes = np.array([len(rows.ages) for rows in said])
    label = np.repeat(np.arange(len(said)), sizes)
    times = np.rint(np.sqrt(sizes.max() / sizes)).astype(np.int64)
    again = np.repeat(np.arange(len(label)), times[label])
    rows = _join(said)
    gate = HistGradientBoostingClassifier(**GATE).fit(rows.features[again], label[again])
    if len(archives) > 2:
        return _forest(
            [list(trees) for trees in zip(*gate._predictors, strict=True)],
            gate._baseline_prediction.ravel(),
        )
    one = [trees[0] for trees in gate._predictors]
    return _forest([[], one], np.array([0.0, gate._baseline_prediction.item()]))


def _join(parts: Sequence[Rows]) -> Rows:
    names = ("features", "ages", "counts", "growth", "post")
    return Rows(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def to_forest(models: Sequence[HistGradientBoostingRegressor]) -> Forest:
    """scikit-learn's trees as arrays; an output a model."""
    trees = [[stage[0] for stage in model._predictors] for model in models]
    return _forest(trees, np.array([model._baseline_prediction.item() for model in models]))


def _forest(outputs: Sequence[Sequence[Any]], base: Floats) -> Forest:
    nodes: list[tuple[int, float, int, float]] = []
    roots: list[int] = []
    starts: list[int] = []
    depth = 0
    for trees in outputs:
        starts.append(len(roots))
        for tree in trees:
            roots.append(len(nodes))
            depth = max(depth, int(tree.nodes["depth"].max()))
            _lay(tree.nodes, nodes)
    feature, threshold, left, value = (np.array(column) for column in zip(*nodes, strict=True))
    return Forest(
        feature=feature.astype(np.int64),
        threshold=threshold.astype(np.float32),
        left=left.astype(np.int64),
        value=value.astype(np.float32).astype(np.float64),
        roots=np.array(roots, dtype=np.int64),
        starts=np.array(starts, dtype=np.int64),
        base=np.asarray(base, dtype=np.float64),
        depth=depth,
    )


def _lay(tree: NDArray[Any], nodes: list[tuple[int, float, int, float]]) -> None:
    """Append a tree's nodes, broad first, so that siblings are neighbours."""
    start = len(nodes)
    order = [0]
    for place, number in enumerate(order):
        node = tree[number]
        if node["is_leaf"]:
            nodes.append((0, np.inf, start + place, float(node["value"])))
            continue
        # Features are on a grid: a threshold between two of its points may be any of them.
        threshold = np.floor(node["num_threshold"] * GRID) / GRID
        nodes.append((int(node["feature_idx"]), threshold, start + len(order), 0.0))
        order += [int(node["left"]), int(node["right"])]
