"""Helpers that know nothing of video or of training."""
