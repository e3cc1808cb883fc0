"""The README and the pages beside it say what the code does."""

import re

from scripts import draw_pictures
from scripts.write_tables import PAGES, README, TABLES, fill


def test_every_table_of_the_pages_is_what_the_code_gives() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    for text in texts:
        assert fill(text) == text, "run `make docs`"
    found = re.findall(r"<!-- table: ([a-z-]+) -->", "\n".join(texts))
    assert sorted(found) == sorted(TABLES)


def test_a_table_that_was_edited_by_hand_is_noticed() -> None:
    text = README.read_text(encoding="utf-8")
    edited = text.replace("| `/ping` |", "| `/pong` |")
    assert edited != text
    assert fill(edited) == text


def test_the_picture_of_the_flow_is_what_the_code_draws() -> None:
    drawn = (draw_pictures.PICTURES / "flow.svg").read_text(encoding="utf-8")
    assert drawn == draw_pictures.flow() + "\n"


def test_every_file_that_the_readme_shows_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (README.parent / target).exists(), target
