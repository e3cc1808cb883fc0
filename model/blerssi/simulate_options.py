"""The options of `python -m model.blerssi.simulate`."""

import argparse
from pathlib import Path

from model.blerssi import floor_plan


def parser() -> argparse.ArgumentParser:
    """Make the parser of `python -m model.blerssi.simulate`."""
    made = argparse.ArgumentParser(
        prog="python -m model.blerssi.simulate", description="Write scans that look like real ones."
    )
    files = made.add_argument_group("files")
    files.add_argument("--output", type=Path, metavar="FILE", help="the scans to write")
    files.add_argument(
        "--validation", type=Path, metavar="FILE", help="more scans: one later visit to each cell"
    )
    files.add_argument(
        "--truth", type=Path, metavar="FILE", help="where the scans of --output were really taken"
    )
    files.add_argument(
        "--validation-truth", type=Path, metavar="FILE", help="the same for those of --validation"
    )
    how = made.add_argument_group("how they are taken")
    how.add_argument(
        "--visits-per-cell",
        type=_count,
        metavar="N",
        help="default: 1 to 3, as in the real survey",
    )
    how.add_argument(
        "--walks",
        type=_count,
        metavar="DAYS",
        help="walk about instead, one track a day; one more day is for --validation",
    )
    how.add_argument(
        "--worlds", type=_count, default=1, metavar="N", help="buildings to survey (default: 1)"
    )
    how.add_argument("--seed", type=_seed, default=0, help="of buildings and surveys (default: 0)")
    floor = made.add_argument_group("floor (default: the library)")
    plans = floor.add_mutually_exclusive_group()
    plans.add_argument("--plan", type=Path, metavar="FILE", help="cells and beacons, a CSV file")
    plans.add_argument(
        "--size", type=_size, metavar="COLUMNSxROWS", help="a floor without walls, of so many cells"
    )
    floor.add_argument(
        "--beacons", type=_beacons, metavar="N", help="of a floor of that --size (default: 13)"
    )
    floor.add_argument(
        "--write-plan", type=Path, metavar="FILE", help="write the floor, to begin a --plan with"
    )
    says = made.add_argument_group("what is said")
    says.add_argument(
        "--compare", type=Path, metavar="FILE", help="set simulated surveys beside a real one"
    )
    says.add_argument("--json", action="store_true", help="say statistics, as JSON")
    return made


def _whole(text: str, low: int, high: int) -> int:
    number = int(text)
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text} is not from {low} to {high}")
    return number


def _count(text: str) -> int:
    return _whole(text, 1, 1000)


def _seed(text: str) -> int:
    return _whole(text, 0, 2**32 - 1)


def _beacons(text: str) -> int:
    return _whole(text, 1, floor_plan.MOST["beacon"])


def _size(text: str) -> tuple[int, int]:
    columns, _, rows = text.lower().partition("x")
    size = _whole(columns, 1, 1000), _whole(rows, 1, 1000)
    if size[0] * size[1] > floor_plan.MOST["cell"]:
        raise argparse.ArgumentTypeError(f"{text} is more than {floor_plan.MOST['cell']:,} cells")
    return size
