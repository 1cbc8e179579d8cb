"""Figures of merit: frame and region metrics, bootstrap intervals."""
