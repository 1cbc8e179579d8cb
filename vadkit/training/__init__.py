"""Training the tasks of a phase."""
