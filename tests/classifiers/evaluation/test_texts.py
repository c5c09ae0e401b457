"""Labelled files: JSONL or tab-separated, and what is wrong with them by file and line."""

from __future__ import annotations

import json

import pytest

from classifiers.evaluation.texts import LIMIT, read_binary, read_rows

COLUMNS = ("text", "label")


@pytest.fixture
def write(tmp_path):
    def put(content, name="texts"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def texts(rows):
    return [(line, row["text"], row["label"]) for line, row in rows]


def test_a_table_and_objects_a_line_are_told_apart_by_their_content(write):
    expected = [("merci", "positive"), ("honte", "negative")]
    table = write("label\ttext\npositive\tmerci\nnegative\thonte\n", "labels.jsonl")
    objects = write(
        "".join(json.dumps({"text": t, "label": label}) + "\n" for t, label in expected), "x.tsv"
    )
    assert texts(read_rows(table, COLUMNS)) == [(2, *expected[0]), (3, *expected[1])]
    assert texts(read_rows(objects, COLUMNS)) == [(1, *expected[0]), (2, *expected[1])]


def test_lines_are_counted_as_an_editor_counts_them(write):
    table = write("text\tlabel\n\nmerci\t1\n\n\nhonte\t0\n")
    assert texts(read_rows(table, COLUMNS)) == [(3, "merci", "1"), (6, "honte", "0")]
    objects = write('\n{"text": "merci", "label": 1}\n \n{"text": "honte", "label": 0}')
    assert texts(read_rows(objects, COLUMNS)) == [(2, "merci", 1), (4, "honte", 0)]


def test_quotation_marks_separators_and_marks_of_order_are_text(write):
    said = 'il a dit "honte\u2028à vous", l\'"hôpital\x00'
    for content in (
        f"\ufefftext\tlabel\r\n{said}\t1\r\n",
        "\ufeff" + json.dumps({"text": said, "label": "1"}, ensure_ascii=False),
    ):
        ((_, row),) = read_rows(write(content), COLUMNS)
        assert row["text"] == said


def test_a_long_thread_is_one_text(write):
    long = "a" * 1_000_000
    ((_, row),) = read_rows(write(f"text\tlabel\n{long}\t1\n"), COLUMNS)
    assert row["text"] == long


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: no column named text"),
        (b"text\tlabel\n", "no rows"),
        (b"texte\tlabel\nmerci\t1\n", "line 1: no column named text"),
        (b"text,label\nmerci,1\n", "line 1: no column named text"),
        (b"text\tlabel\nmerci\t1\nhonte\n", "line 3: no label"),
        (b'{"text": "a", "label": 1}\n{"label": 1}\n', "line 2: no text"),
        (b'{"text": "a", "label": 1}\n{}\n', "line 2: no text and no label"),
        (b'{"text": "a", "label": 1}\n{not json\n', "line 2: not JSON"),
        (b'{"text": "a", "label": 1}\n[1]\n', "line 2: not an object"),
        (b'{"text": "a", "label": ' + b"[" * 100_000 + b"\n", "line 1: not JSON"),
        (b'{"text": 3, "label": 1}\n', "line 1: text is 3"),
        (b'{"text": null, "label": 1}\n', "line 1: no text"),
        (b"text\tlabel\n\xff\xfe\t1\n", "not UTF-8"),
        (b"text\tlabel\nmerci\t1\n" + b"a" * (LIMIT + 1) + b"\t1\n", "line 3: field larger"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line(write, content, message):
    path = write(content, "bad.tsv")
    with pytest.raises(ValueError, match=message) as caught:
        read_rows(path, COLUMNS)
    assert str(caught.value).startswith(f"{path}")


def test_a_file_or_folder_that_cannot_be_opened_is_named(tmp_path):
    for path, why in ((tmp_path / "none.tsv", "No such file"), (tmp_path, "directory")):
        with pytest.raises(ValueError, match=why) as caught:
            read_rows(path, COLUMNS)
        assert str(path) in str(caught.value)


def test_yes_and_no_are_written_in_several_ways(write):
    objects = [{"text": "a", "label": label} for label in (1, 0, "1", "0", True, False)]
    path = write("\n".join(map(json.dumps, objects)))
    assert read_binary(path) == (["a"] * 6, [True, False] * 3)


@pytest.mark.parametrize("label", ["2", "yes", "-1", "1.0"])
def test_another_label_than_0_or_1_is_named_by_its_line(write, label):
    path = write(f"text\tlabel\na\t1\n\nb\t{label}\n")
    with pytest.raises(ValueError, match=f"line 4: label is '{label}', not 0 or 1"):
        read_binary(path)
