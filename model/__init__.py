"""What is learned and how it answers; it knows nothing of HTTP, AWS or folders of a platform."""
