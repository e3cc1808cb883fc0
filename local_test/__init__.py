"""SageMaker on a laptop: runs the image, or a plain process, as the platform does."""
