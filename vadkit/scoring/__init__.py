"""From scores of units to scores of frames."""
