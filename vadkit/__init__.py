"""vadkit: video anomaly detection with proxy tasks, in phases."""
