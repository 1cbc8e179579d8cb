"""Phases one after another, each evaluated, with results written."""
