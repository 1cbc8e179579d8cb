"""Videos, labels, objects and the stores that training reads."""
