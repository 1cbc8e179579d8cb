"""Several processes that train one model: who they are, how they join, what they say."""
