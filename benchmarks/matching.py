"""The matcher beside the same verdicts asked for pair by pair: how long a library takes to be looked through.

    python -m benchmarks.matching [--items 50000] [--wanted 300] [--sample 200]

Titles are made of a few thousand words, as a large library's are; each book wanted is on the list under its own title.
Pair by pair is timed on a sample of the items, for each pair costs the same. Prints CPU seconds and their ratio.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tasks.requests.matching import Wanted, match, points

SYLLABLES = [f"{one}{two}" for one in "bcdfghklmnprstvw" for two in "aeiou"]


@dataclass(frozen=True)
class Item:
    """A book that a library lists."""

    title: str
    author: str
    asin: str | None = None
    isbn: str | None = None


def library(size: int, chance: random.Random) -> list[Item]:
    """So many books, some with a subtitle or a series."""
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).title() for _ in range(4000)]
    endings = ("", "", " (Unabridged)", ": A Novel", ": {} Saga, Book {}")

    def title() -> str:
        name = " ".join(chance.choices(words, k=chance.randint(1, 4)))
        return name + chance.choice(endings).format(chance.choice(words), chance.randint(1, 9))

    return [Item(title(), " ".join(chance.choices(words, k=2))) for _ in range(size)]


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def pair_by_pair(wanted: Sequence[Wanted], items: Sequence[Item]) -> int:
    """How many pairs fit."""
    return sum(points(one, item) >= 70 for one in wanted for item in items)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--wanted", type=int, default=300)
    parser.add_argument("--sample", type=int, default=200)
    said = parser.parse_args()
    chance = random.Random(1)
    items = library(said.items, chance)
    wanted = [Wanted(title=each.title, author=each.author) for each in chance.sample(items, said.wanted)]
    first = seconds(lambda: match(wanted, items))
    again = seconds(lambda: match(wanted, items))
    pairs = seconds(lambda: pair_by_pair(wanted, items[: said.sample])) * len(items) / said.sample
    print("| | CPU s | of pair by pair |\n|---|---|---|")
    for name, took in (("first time", first), ("again", again), ("pair by pair", pairs)):
        print(f"| {name} | {took:.2f} | {took / pairs:.4f} |")


if __name__ == "__main__":
    main()
