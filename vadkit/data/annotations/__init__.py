"""What is known about videos: frame labels, intervals, tracks."""
