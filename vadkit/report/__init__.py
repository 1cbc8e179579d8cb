"""What a run looks like: score tables and plots."""
