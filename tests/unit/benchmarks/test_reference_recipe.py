from benchmarks.reference_recipe import COLUMNS, table


def test_the_table_has_a_line_a_seed_and_method_and_their_means() -> None:
    results = [
        {
            method: {"scans": 5, **dict.fromkeys(COLUMNS, value + seed)}
            for method, value in (("reference", 3.0), ("ours", 1.0))
        }
        for seed in (0, 1)
    ]
    head, *lines = (line.split() for line in table(results).splitlines())
    assert head[:4] == ["seed", "method", "scans", "mean"]
    assert [line[:4] for line in lines] == [
        ["0", "reference", "5", "3.000"],
        ["0", "ours", "5", "1.000"],
        ["1", "reference", "5", "4.000"],
        ["1", "ours", "5", "2.000"],
        ["mean", "reference", "3.500", "3.500"],
        ["mean", "ours", "1.500", "1.500"],
    ]
