"""What is measured: one question a file, figures as JSON data out.

A measurement is a function of a `Bench`; `MEASURES` in `benchmarks.results` lists them.
"""
