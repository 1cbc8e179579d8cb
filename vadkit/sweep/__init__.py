"""Sweeps: a grid of curricula, trained with what they share trained once."""
