"""Us and the peers, side by side in one run: `python -m benchmarks`, or `make bench`.

    __main__  arguments  plan      what is run, and how often
    materials  subjects  peers/    models and bodies; the servers that are compared
    load  processes  samples       requests over sockets; CPU and memory of process trees; medians
    measures/                      one question a file: figures in, a dictionary of JSON data out
    results  goals                 results.json, and what was aimed at
    page  charts  prose/           docs/performance.md and its pictures; reasons, written by hand
    hot_path  guard                one request in this process, and its count of instructions

Servers are run as processes. Only `hot_path` imports `serve`.
"""
