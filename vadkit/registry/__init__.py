"""Plugins: cards, hooks, discovery, and which plugin a name means."""
