"""From scores of units to scores of frames.

`experiment.phase_evaluation` scores a run's own test videos, `vadkit.score` any other video.
"""
