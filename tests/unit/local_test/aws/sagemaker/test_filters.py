from typing import Any

import pytest

from container.errors import UserError
from local_test.aws.sagemaker.filters import Filter

ROW = ["id", "1", "2", "3"]
OBJECT = {"id": 7, "features": [1, 2, {"x": 3}], "SageMakerOutput": {"score": 0.5, "label": "A"}}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("", ROW, ROW),
        ("$", ROW, ROW),
        ("$[1:]", ROW, ["1", "2", "3"]),
        ("$[:2]", ROW, ["id", "1"]),
        ("$[0,-1]", ROW, ["id", "3"]),
        ("$[0,2:]", ROW, ["id", "2", "3"]),
        ("$[ 0 , 1 ]", ROW, ["id", "1"]),
        ("$[-1]", ROW, "3"),
        ("$[*]", ROW, ROW),
        ("$.id", OBJECT, 7),
        ("$.features[2].x", OBJECT, 3),
        ("$['features'][0:2]", OBJECT, [1, 2]),
        ("$['id','SageMakerOutput']", OBJECT, {k: OBJECT[k] for k in ("id", "SageMakerOutput")}),
        ("$.SageMakerOutput.['score']", OBJECT, 0.5),
        ("$.SageMakerOutput.*", OBJECT, [0.5, "A"]),
        ("$[*].a", [{"a": 1}, {"a": 2}], [1, 2]),
    ],
)
def test_a_path_leads_to_what_it_names(path: str, value: Any, expected: Any) -> None:
    assert Filter.parse(path)(value) == expected


@pytest.mark.parametrize(
    "path", ["features", "$features", "$[", "$[a]", "$..id", "$[?(@.x)]", "$[-]", "$[1,]", "$.a b"]
)
def test_what_is_no_path_is_told(path: str) -> None:
    with pytest.raises(UserError, match="no JSONPath"):
        Filter.parse(path)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("$[4]", ROW, "there is no item 4 among 4"),
        ("$[9:]", ROW, "there are no items 9: among 4"),
        ("$.name", OBJECT, "there is no 'name' among 'id', 'features', 'SageMakerOutput'"),
        ("$.name", ROW, "a list has no child 'name'"),
        ("$[0]", OBJECT, "an object has no items"),
        ("$.id[0]", OBJECT, "7 has no items"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ends(path: str, value: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        Filter.parse(path)(value)

    assert str(caught.value) == f"{path} finds nothing: {said}."
