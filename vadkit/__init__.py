"""vadkit: video anomaly detection with proxy tasks, in phases."""

from vadkit.utils.threads import yield_while_waiting

yield_while_waiting()  # before anything imports torch
