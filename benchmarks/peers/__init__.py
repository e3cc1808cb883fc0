"""The servers that ours is compared with; each is run as a process of its own."""
