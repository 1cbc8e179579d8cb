"""Video files and frame folders, opened and decoded frame by frame."""
