import pytest

from model.errors import InputError
from serve import media
from serve.wishes import SWITCHES, Wishes, of_attributes, of_body


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_the_same_in_body_and_attributes(name: str) -> None:
    wanted = Wishes(**{name: True})  # type: ignore[arg-type]
    assert of_body({name: True}) == of_attributes({name: "True", "trace": "1"}) == wanted
    assert of_body({name: False}) == of_attributes({name: "false"}) == Wishes()
    assert not wanted.plain
    assert Wishes().plain


@pytest.mark.parametrize("value", ["true", 1, 0, None, []])
def test_only_true_and_false_are_switches_in_a_body(value: object) -> None:
    with pytest.raises(InputError, match="true or false") as caught:
        of_body({"sequence": True, "explain": value})
    assert [each.field for each in caught.value.problems] == ["explain"]


@pytest.mark.parametrize("text", ["", "1", "yes", "truely"])
def test_only_true_and_false_are_switches_in_attributes(text: str) -> None:
    with pytest.raises(ValueError, match=r"standing is .* true or false"):
        of_attributes({"standing": text})


def test_body_and_attributes_add_up() -> None:
    found = Wishes(5, standing=True).joined(Wishes(devices=("a", "b")))
    assert found == Wishes(5, standing=True, devices=("a", "b"))
    assert Wishes(7, explain=True).joined(None) == Wishes(7, explain=True)


@pytest.mark.parametrize(
    ("attributes", "body", "field"),
    [
        (Wishes(sequence=True, standing=True), None, "sequence"),
        (Wishes(sequence=True), Wishes(standing=True), "sequence"),
        (Wishes(explain=True), Wishes(sequence=True), "explain"),
        (Wishes(explain=True), Wishes(standing=True), "explain"),
        (Wishes(explain=True), Wishes(devices=("a",)), "explain"),
    ],
)
def test_what_excludes_each_other_is_refused(
    attributes: Wishes, body: Wishes | None, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        attributes.joined(body)
    assert [each.field for each in caught.value.problems] == [field]


@pytest.mark.parametrize("media_type", media.WRITTEN)
def test_only_json_holds_an_explanation(media_type: str) -> None:
    Wishes(standing=True).check(media_type)
    if media_type in {media.JSON, media.JSON_LINES}:
        Wishes(explain=True).check(media_type)
    else:
        with pytest.raises(InputError, match="explain"):
            Wishes(explain=True).check(media_type)
