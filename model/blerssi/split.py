"""Which scans may judge a model: whole visits held out, and no copy of them left in training.

Scans of one visit are nearly the same, so a split of single scans only tests the memory. Worse,
600 of the data set's 1,420 labelled scans are copies: the scans dated 2016-10-18 repeat scans of
other days one by one, each reading changed by at most 1 dB (one by 2 dB). They are found here by
what they hold, not by their date.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi.data import Scans

GAP: Final = 60  # seconds without a scan that end a visit
PARTS: Final = 4  # of a survey, each answered by what the others tell
ALIKE: Final = 1.0  # dB by which a copy differs at most
ALIKE_ON_A_COPIED_DAY: Final = 2.0  # the same, once the day is known to consist of copies
COPIED: Final = 0.9  # share of copies from which on a day consists of copies
FEWEST: Final = 20  # scans of a day that can be told from chance
SHIFT: Final = 3.0  # dB that a scan is moved by to see how often chance alone finds a partner
CHANCE: Final = 0.6  # share of moved scans with a partner from which on copies cannot be told

Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


def visits(scans: Scans) -> Indices:
    """Number the visits: runs of scans at one cell without a gap of more than 60 s.

    Returns:
        (N,) the visit of each scan, counted from 0 in the order of time, whatever the order of
        the scans.
    """
    order = _canonical_order(scans)
    cells, times = scans.cells[order], scans.times[order].astype(np.int64)
    begins = (np.diff(cells) != 0) | (np.diff(times) > GAP)
    numbers = np.zeros(len(scans), np.intp)
    numbers[order[1:]] = np.cumsum(begins)
    return numbers


def parts(scans: Scans) -> Indices:
    """Divide scans so that each part can be answered by what the others tell.

    Days are kept whole where there are as many as parts, for phones, hands and crowds differ from
    day to day; visits are where there are fewer.

    Returns:
        (N,) the part of each scan, from 0 to 3 in turn.
    """
    _, days = np.unique(scans.times.astype("datetime64[D]"), return_inverse=True)
    groups = days if days.max(initial=0) + 1 >= PARTS else visits(scans)
    turns: Indices = groups % PARTS
    return turns


def copies(scans: Scans) -> Indices:
    """Find the scans that repeat a genuine one of another day.

    A day consists of copies where at least 90 % of its labelled scans, and no fewer than 20, can
    be matched one to one with scans of other days: same cell, same beacons heard, no reading more
    than 1 dB off. In a survey so dense that scans moved by 3 dB find partners as well, that would
    mean nothing, and nothing is called a copy. The day with the most matches is judged first, the
    later one of two that repeat each other; what it repeats is genuine.

    In the public data that is 2016-10-18 with all its scans: all have a partner, 0.3 of them when
    moved. Once that day is left out, no other has a partner for more than 0.1 of its scans.

    Returns:
        (N,) for each copy the index of its source, -1 for every other scan. Which one it is of
        several sources that are equally alike means nothing.
    """
    order = _canonical_order(scans)
    lookalikes = _Lookalikes(scans.take(order))
    sources = np.full(len(scans), -1, np.intp)
    open_to_doubt = scans.cells[order] >= 0
    while matches := _most_copied_day(lookalikes, open_to_doubt):
        day = lookalikes.days[next(iter(matches))]
        open_to_doubt &= lookalikes.days != day
        sources[order[list(matches)]] = order[list(matches.values())]
    return sources


def holdout(scans: Scans, fraction: float, seed: int) -> tuple[Indices, Indices]:
    """Split scans into training and validation: new visits at surveyed cells.

    Whole genuine visits are held out at random until they hold the wanted share of the genuine
    scans, but only where the cell keeps another genuine visit for training. Copies never judge,
    and a copy of a held-out scan, or one that might be, is in neither part. Neither are scans
    without a cell.

    Args:
        scans: Labelled ones, in any order; the order does not change what is chosen.
        fraction: Share of the genuine scans to hold out, 0 to 1. It is not reached where too few
            cells were visited twice; where none was, nothing is held out and the second part is
            empty.
        seed: Start of the random choice.

    Returns:
        Indices of the training scans and of the validation scans, both ascending.
    """
    sources = copies(scans)
    genuine = np.flatnonzero((scans.cells >= 0) & (sources < 0))
    numbers = visits(scans.take(genuine))
    held = np.zeros(len(scans), np.bool_)
    held[genuine] = np.isin(numbers, _chosen(scans.cells[genuine], numbers, fraction, seed))
    out = held | (scans.cells < 0)
    lookalikes = _Lookalikes(scans)
    for copy in np.flatnonzero(sources >= 0):
        out[copy] = held[sources[copy]] or lookalikes.of(copy, held, ALIKE_ON_A_COPIED_DAY)
    return np.flatnonzero(~out), np.flatnonzero(held)


def _chosen(cells: Indices, numbers: Indices, fraction: float, seed: int) -> list[int]:
    """The visits to hold out, given the cell and the visit of every genuine scan."""
    visited, first, sizes = np.unique(numbers, return_index=True, return_counts=True)
    left = np.bincount(cells[first])
    wanted, chosen = fraction * len(cells), list[int]()
    for visit in np.random.default_rng(seed).permutation(visited):
        cell = cells[first[visit]]
        if wanted > 0 and left[cell] > 1:
            left[cell] -= 1
            wanted -= sizes[visit]
            chosen.append(int(visit))
    return chosen


def _canonical_order(scans: Scans) -> Indices:
    """By time, then cell, then readings; the same whatever the order of the scans."""
    order: Indices = np.lexsort((*scans.readings.T, scans.cells, scans.times))
    return order


class _Lookalikes:
    """Finds the scans of other days at the same cell, with the same beacons heard alike."""

    def __init__(self, scans: Scans) -> None:
        self.days = scans.times.astype("datetime64[D]")
        self._readings, self._heard = scans.readings, scans.heard
        keys = np.column_stack([scans.cells, scans.heard])
        _, self._group, sizes = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
        by_group = np.argsort(self._group, kind="stable")
        self._members = np.split(by_group, np.cumsum(sizes)[:-1])

    def of(self, scan: int, among: Mask, tolerance: float, shift: float = 0) -> list[int]:
        """The lookalikes of one scan, moved by so many dB, the most alike first."""
        members = self._members[self._group[scan]]
        members = members[among[members] & (self.days[members] != self.days[scan])]
        moved = self._readings[scan] + shift * self._heard[scan]
        distances = np.abs(self._readings[members] - moved).max(axis=1, initial=0)
        near = distances <= tolerance
        return list(members[near][np.argsort(distances[near], kind="stable")].tolist())

    def found(self, day: Sequence[int], among: Mask, share: float, shift: float = 0) -> bool:
        """Whether at least a share of some scans, moved by so many dB, have a lookalike."""
        may_miss = (1 - share) * len(day)
        for scan in day:
            may_miss -= not self.of(scan, among, ALIKE, shift)
            if may_miss < 0:
                return False
        return True


def _most_copied_day(lookalikes: _Lookalikes, among: Mask) -> dict[int, int]:
    """The source of each scan of the day that consists of copies most clearly; empty for none."""
    best: dict[int, int] = {}
    for number in np.unique(lookalikes.days[among]):
        day = np.flatnonzero(among & (lookalikes.days == number)).tolist()
        if len(day) < FEWEST or not lookalikes.found(day, among, COPIED):
            continue
        if any(lookalikes.found(day, among, CHANCE, shift) for shift in (-SHIFT, SHIFT)):
            continue
        matches = _match({scan: lookalikes.of(scan, among, ALIKE) for scan in day}, {})
        if len(matches) >= max(COPIED * len(day), len(best)):
            wider = {scan: lookalikes.of(scan, among, ALIKE_ON_A_COPIED_DAY) for scan in day}
            best = _match(wider, matches)
    return best


def _match(edges: Mapping[int, list[int]], known: Mapping[int, int]) -> dict[int, int]:
    """Match as many scans as possible with one source each, by augmenting paths."""
    matches = dict(known)
    owners = {source: scan for scan, source in matches.items()}
    for scan in edges:
        if scan not in matches:
            _augment(scan, edges, matches, owners)
    return matches


def _augment(
    start: int, edges: Mapping[int, list[int]], matches: dict[int, int], owners: dict[int, int]
) -> None:
    """Find a source for one scan, if need be by giving other scans another source."""
    asked_by: dict[int, int] = {}
    queue = [start]
    for scan in queue:  # it grows on the way
        for source in edges[scan]:
            if source in asked_by:
                continue
            asked_by[source] = scan
            if source in owners:
                queue.append(owners[source])
                continue
            _flip(source, asked_by, matches, owners)
            return


def _flip(
    free: int, asked_by: Mapping[int, int], matches: dict[int, int], owners: dict[int, int]
) -> None:
    """Give a free source to the scan that asked for it, that one's source to its asker and on."""
    source: int | None = free
    while source is not None:
        scan = asked_by[source]
        owners[source] = scan
        given_up = matches.get(scan)
        matches[scan] = source
        source = given_up
