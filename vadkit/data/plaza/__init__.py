"""The embedded data sets `plaza` and `plaza-virtual`: worlds drawn from a seed, with labels."""
