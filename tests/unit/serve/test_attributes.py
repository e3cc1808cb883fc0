import pytest

from serve.attributes import Attributes
from serve.errors import Kind, ServeError
from serve.wishes import DEFAULT_TOP_K, Wishes


def test_nothing_means_the_defaults() -> None:
    assert Attributes.parse(None) == Attributes(Wishes(DEFAULT_TOP_K), None)


@pytest.mark.parametrize(
    ("header", "top_k"),
    [
        ("top_k=5", 5),
        ("trace=abc; top_k = 2", 2),
        ("top_k=7,user=top_k", 7),
        ("anything at all", DEFAULT_TOP_K),
        ("", DEFAULT_TOP_K),
    ],
)
def test_our_option_is_found_and_the_rest_goes_back_as_it_came(header: str, top_k: int) -> None:
    assert Attributes.parse(header) == Attributes(Wishes(top_k), header)


@pytest.mark.parametrize(
    "header",
    ["top_k=0", "top_k=-1", "top_k=3.5", "top_k=", "top_k=9999999", "a\r\nb: c", "é", "x" * 1025],
)
def test_what_cannot_be_honoured_or_sent_back_is_refused(header: str) -> None:
    with pytest.raises(ServeError) as caught:
        Attributes.parse(header)
    assert caught.value.kind is Kind.INVALID_ATTRIBUTES
