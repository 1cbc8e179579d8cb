"""Cubes and frames, cut once and kept on disk."""
