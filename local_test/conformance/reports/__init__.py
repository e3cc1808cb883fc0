"""What a run has found, as files: JSON, JUnit XML, HTML."""
