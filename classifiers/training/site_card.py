"""The card of what was learned on site, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_WORDS = {"promoted": "Put in force.", "aside": "Kept aside: not in force."}


def write_card(card: Mapping[str, Any]) -> str:
    """In Markdown, from the card's figures."""
    labels, virality = card["labels"], card["virality"]
    lines = [
        f"# {card['version']}",
        "",
        f"Learned on {card['trained_at']} over {_bases(card)}, compared with `{card['beside']}`."
        f" {_WORDS[card['verdict']]}",
        *(f"- {reason}" for reason in card["against"]),
        "",
        f"Data: {labels['texts']} texts that people of this hospital labelled, {labels['held_back']}"
        f" of them held back by their hash; {virality['posts']} finished posts. Not published;"
        " weights alone are kept here, no text.",
        "",
        "Macro-F1 before and after; 90 % of a paired bootstrap's differences.",
        "",
        "| tier | texts | figure | n | before | after | difference |",
        "|---|---|---|---|---|---|---|",
        *_rows(card["figures"]),
        "",
        "Known failures: people label what is wrong or doubtful, so that the held-back labels are"
        " harder than what comes in; new words are not learned; only texts in the language of the house"
        " are corrected.",
        "",
    ]
    return "\n".join(lines)


def _bases(card: Mapping[str, Any]) -> str:
    return ", ".join(f"`{base}`" for base in card["bases"].values()) or "the shipped experts"


def _rows(figures: Mapping[str, Any]) -> Iterator[str]:
    for tier, by_texts in figures.items():
        for texts, pairs in by_texts.items():
            for name, p in pairs.items():
                difference = f"{p['low']:+.3f} … {p['high']:+.3f}"
                yield (
                    f"| {tier} | {texts} | {name} | {p['n']:.0f}"
                    f" | {p['before']:.3f} | {p['after']:.3f} | {difference} |"
                )
