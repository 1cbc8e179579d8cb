"""Data sets: the layouts that vadkit reads."""
