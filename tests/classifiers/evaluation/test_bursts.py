"""Figures of bursts from files of counts; what cannot be read is named by file and line."""

from __future__ import annotations

import csv
import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from classifiers.bursts import BurstSettings
from classifiers.evaluation import choosing, crises, thinning
from classifiers.evaluation.bursts import evaluate, is_night
from classifiers.evaluation.series import read_series, read_windows, windows_of
from tests.classifiers.bursts.streets import A_DAY, MONDAY, STEP, rhythm, rows

KEYS = {
    "nab",
    "windows_found",
    "windows",
    "false_alarms_per_month",
    "night_false_alarms_per_month",
    "median_delay_minutes",
    "files",
}


def write(path, counts, start=MONDAY):
    lines = [f"{instant:%Y-%m-%d %H:%M:%S},{count}" for instant, count in rows(counts, start)]
    path.write_text("\n".join(["timestamp,value", *lines, ""]))
    return path


def label(path, name, *row_pairs):
    limits = [[f"{MONDAY + row * STEP:%Y-%m-%d %H:%M:%S.%f}" for row in pair] for pair in row_pairs]
    path.write_text(json.dumps({name: limits}))
    return path


def with_bursts(*begins, days=12):
    counts = rhythm(days, 2_000, seed=8)
    for begin in begins:
        for row in range(begin, begin + 12):
            counts[row] += 150
    return counts


def test_a_found_a_missed_window_and_a_false_alarm_at_night_are_counted(tmp_path):
    burst, stray = 6 * A_DAY + 100, 9 * A_DAY + 24  # the stray one at two in the morning
    counts = write(tmp_path / "Twitter_volume_X.csv", with_bursts(burst, stray))
    windows = label(
        tmp_path / "w.json",
        "realTweets/Twitter_volume_X.csv",
        (burst - 100, burst + 100),
        (11 * A_DAY, 11 * A_DAY + 99),
    )
    got = evaluate([counts], windows)
    assert set(got) == KEYS
    assert (got["windows_found"], got["windows"]) == (1, 2)
    month = 365.25 / 12 / (12 * 0.85)
    assert got["false_alarms_per_month"] == pytest.approx(month, rel=0.01)
    assert got["night_false_alarms_per_month"] == got["false_alarms_per_month"]
    assert 500 <= got["median_delay_minutes"] <= 530
    assert got["nab"]["low_fp"] < got["nab"]["standard"] < 50 < 100
    assert got["files"][0]["alarms"] == 2


def test_without_windows_what_needs_them_is_none(tmp_path):
    got = evaluate([write(tmp_path / "x.csv", with_bursts(6 * A_DAY))])
    assert got["nab"] == {"standard": None, "low_fp": None, "low_fn": None}
    assert all(got[key] is None for key in KEYS - {"nab", "files"})
    assert got["files"][0]["alarms"] == 1


def test_scores_are_written_a_row_for_each_count(tmp_path):
    path = write(tmp_path / "x.csv", with_bursts(6 * A_DAY))
    evaluate([path], scores=tmp_path / "deep" / "scores")
    with (tmp_path / "deep" / "scores" / "x.csv").open() as file:
        written = list(csv.DictReader(file))
    given = path.read_text().splitlines()[1:]
    assert [f"{row['timestamp']},{row['value']}" for row in written] == given
    assert all(0 <= float(row["score"]) <= 1 for row in written)
    assert [float(row["score"]) >= 0.5 for row in written] == [
        row["alarm"] == "1" for row in written
    ]
    assert sum(row["alarm"] == "1" for row in written) == 1


def test_scores_of_the_past_do_not_change_with_the_future(tmp_path):
    counts = with_bursts(6 * A_DAY)
    cut = 8 * A_DAY
    future = np.random.default_rng(1).integers(0, 900, len(counts) - cut).tolist()
    for name, own in (("a", counts), ("b", counts[:cut] + future)):
        (tmp_path / name).mkdir()
        evaluate([write(tmp_path / name / "x.csv", own)], scores=tmp_path / name / "scores")
    one, other = ((tmp_path / n / "scores" / "x.csv").read_text().splitlines() for n in "ab")
    assert one[: cut + 1] == other[: cut + 1]
    assert one != other


GOOD = "2024-01-01 00:00:00,3"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "timestamp"),
        ("time,value\n", 1, "timestamp"),
        ("timestamp,count\n", 1, "value"),
        ("timestamp,value\n", 2, "no row"),
        (f"timestamp,value\n{GOOD}\nyesterday,3\n", 3, "yesterday"),
        (f"timestamp,value\n{GOOD}\n2024-01-01 00:05:00,many\n", 3, "many"),
        (f"timestamp,value\n{GOOD}\n2024-01-01 00:05:00,-1\n", 3, "-1"),
        (f"timestamp,value\n{GOOD}\n2024-01-01 00:05:00,nan\n", 3, "nan"),
        (f"timestamp,value\n{GOOD}\n2024-01-01 00:05:00,0.5\n", 3, "0.5"),
        (f"timestamp,value\n{GOOD}\n2024-01-01 00:05:00\n", 3, "columns"),
        (f"timestamp,value\n{GOOD}\n2023-12-31 00:00:00,1\n", 3, "not later"),
        (f"timestamp,value\n{GOOD}\n{GOOD}\n", 3, "not later"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_line(tmp_path, text, line, says):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"bad\.csv:{line}: .*{says}"):
        evaluate([path])


def test_a_file_that_is_not_text_is_named(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(b"timestamp,value\n\xff\xfe\n")
    with pytest.raises(ValueError, match=r"bad\.csv:2: not UTF-8"):
        evaluate([path])


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"x": 3}', '{"x": [["2024-01-01"]]}', '{"x": [["a", "b"]]}']
)
def test_windows_that_cannot_be_read_are_named(tmp_path, text):
    path = tmp_path / "w.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"w\.json"):
        read_windows(path)


def test_a_file_unknown_to_the_windows_is_an_error_not_a_quiet_one(tmp_path):
    windows = label(tmp_path / "w.json", "other", (800, 900))
    with pytest.raises(ValueError, match=r"x\.csv.*w\.json"):
        evaluate([write(tmp_path / "x.csv", [1] * 1_000)], windows)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("AAPL", "AAPL"),
        ("AAPL", "realTweets/Twitter_volume_AAPL.csv"),
        ("Twitter_volume_AAPL", "AAPL"),
        ("aapl", "AAPL.csv"),
    ],
)
def test_windows_are_found_by_file_name(name, key):
    window = ((MONDAY, MONDAY + STEP),)
    assert windows_of(name, {key: window, "Twitter_volume_KO.csv": ()}) == window


def test_other_columns_and_zones_do_no_harm(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "id,Value,timestamp\n1,3.0,2024-01-01T01:00:00+01:00\n\n2,4,2024-01-01T00:15Z\n"
    )
    series = read_series(path)
    assert series.instants == (MONDAY, MONDAY + timedelta(minutes=15))
    assert series.counts == (3, 4)
    assert series.interval == timedelta(minutes=15)


def test_the_night_lasts_from_ten_to_seven():
    hours = [h for h in range(24) if is_night(datetime(2024, 1, 1, h, tzinfo=UTC))]
    assert hours == [0, 1, 2, 3, 4, 5, 6, 22, 23]


def test_a_thinned_series_has_so_many_mentions_a_day_and_is_scored_alike(tmp_path):
    path = write(tmp_path / "x.csv", with_bursts(6 * A_DAY))
    thin = thinning.thinned(read_series(path), 200, np.random.default_rng(0))
    assert sum(thin.counts) / thin.days == pytest.approx(200, rel=0.1)
    windows = label(tmp_path / "w.json", "x", (6 * A_DAY - 50, 6 * A_DAY + 50))
    got = thinning.evaluate([path], windows, per_day=200, draws=2)
    assert (got["windows_found"], got["windows"], got["draws"]) == (1.0, 1.0, 2)
    assert got["nab"]["standard"] > 50


def test_settings_are_chosen_without_the_series_they_are_scored_on(tmp_path):
    begin = 6 * A_DAY
    files = [write(tmp_path / f"{n}.csv", with_bursts(begin, days=8)) for n in "ab"]
    limits = [[f"{MONDAY + row * STEP:%Y-%m-%d %H:%M}" for row in (begin - 50, begin + 50)]]
    (tmp_path / "w.json").write_text(json.dumps({"a": limits, "b": limits}))
    deaf, sound = BurstSettings(margin=1e9, slow_limit=1e9), BurstSettings()
    got = choosing.cross_validate(files, tmp_path / "w.json", [deaf, sound], per_day=400, draws=1)
    assert got["chosen"] == {"a": sound, "b": sound}
    assert got["whole"]["windows_found"] == got["thinned"]["windows_found"] == 2


def crisis(path, mentions=600):
    """Two days of something else, then a sudden crisis that fades over hours."""
    rng = np.random.default_rng(3)
    seconds = [*rng.uniform(0, 172_800, 20), *(172_800 + rng.exponential(7_200, mentions))]
    posted = [MONDAY + timedelta(seconds=s) for s in seconds]
    with gzip.open(path, "wt") as file:
        file.write("timestamp\n" + "\n".join(f"{at:%a %b %d %H:%M:%S +0000 %Y}" for at in posted))
    return path


def test_a_crisis_begins_with_its_onset_not_with_the_file(tmp_path):
    curve = crises.onset_curve(crises.read_crisis(crisis(tmp_path / "c.csv.gz")))
    assert curve[0] == 0.0
    assert np.mean(curve < 3_600) > 0.3


def test_injected_mentions_are_as_many_as_asked_and_none_comes_before():
    series = read_like([2] * 1_000)
    curve = np.array([0.0, 299.0, 300.0, 86_400.0])
    got = crises.injected(series, 500, curve, 3, np.random.default_rng(0))
    assert sum(got.counts) == sum(series.counts) + 3
    assert got.counts[:500] == series.counts[:500]


def read_like(counts):
    instants, own = zip(*rows(counts), strict=True)
    return crises.Series(name="x", instants=instants, counts=own)


def test_injected_crises_are_found_in_a_quiet_series(tmp_path):
    quiet = write(tmp_path / "quiet.csv", rhythm(14, 400, seed=9))
    got = crises.evaluate([crisis(tmp_path / "c.csv.gz")], [quiet], trials=10)
    assert got["540_within_3h"]["found"] == 1.0
    assert got["180_within_24h"]["found"] == 1.0
    assert got["540_within_3h"]["trials"] == 10
    assert got["false_alarms_per_month"] <= 2.5
    again = crises.evaluate([tmp_path / "c.csv.gz"], [quiet], trials=10)
    assert again == got


def test_a_crisis_with_a_bad_line_is_named(tmp_path):
    with gzip.open(tmp_path / "c.csv.gz", "wt") as file:
        file.write("timestamp\nsoon\n")
    with pytest.raises(ValueError, match=r"c\.csv\.gz:2: .*soon"):
        crises.read_crisis(tmp_path / "c.csv.gz")


@pytest.mark.skipif("LISTENER_DATA" not in os.environ, reason="LISTENER_DATA is not set")
def test_the_figures_on_real_counts_stand():
    folder = Path(os.environ["LISTENER_DATA"]) / "bursts"
    got = evaluate(sorted(folder.glob("*.csv")), folder / "windows.json")
    assert got["nab"]["standard"] >= 82
    assert got["nab"]["low_fp"] >= 75
    assert got["windows_found"] / got["windows"] >= 28 / 33
    assert got["false_alarms_per_month"] <= 1
