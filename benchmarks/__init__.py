"""The project beside its peers, measured in one run."""
