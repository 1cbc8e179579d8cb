"""Teachers' outputs: asked for, kept on disk, looked up."""
