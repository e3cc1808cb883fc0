"""The vices, a file a group of the suite."""
