"""The checks, one file a group; every one is a small function under `registry.check`."""
