import pytest

from container.errors import UserError
from deploy import naming


def test_equal_content_gives_equal_names() -> None:
    first = naming.named("blerssi", {"a": 1, "b": [2]})
    assert first == naming.named("blerssi", {"b": [2], "a": 1})
    assert first != naming.named("blerssi", {"a": 1, "b": [3]})
    assert naming.check(first) == first


@pytest.mark.parametrize("stem", ["", "-x", "x-", "x_y", "x.y", "x" * 53])
def test_a_stem_that_cannot_be_a_name_is_refused(stem: str) -> None:
    with pytest.raises(UserError, match="letters, digits and hyphens"):
        naming.named(stem, {})


def test_the_longest_stem_fits() -> None:
    assert len(naming.named("x" * 52, {})) == naming.LONGEST


def test_tags_say_who_made_it_and_are_known_again() -> None:
    found = naming.tags("demo", "ana", {"team": "radio"})
    assert found == {
        "project": "demo",
        "owner": "ana",
        "made-by": "blerssi-deploy",
        "team": "radio",
    }
    again = naming.as_mapping(naming.as_list(found))
    assert naming.ours(again, "demo")
    assert not naming.ours(again, "other")
    assert not naming.ours({"project": "demo"}, "demo")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"made-by": "me"}, "--tag made-by"),
        ({"aws:x": "y"}, "aws:x=y"),
        ({"x": "y" * 257}, "x=y"),
        ({"x" * 129: "y"}, "=y"),
        ({"x": "ä;b"}, "x=ä;b"),
        ({str(number): "" for number in range(48)}, "51 of them"),
    ],
)
def test_tags_that_aws_refuses_are_refused_before(more: dict[str, str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        naming.tags(more=more)
