"""What torchrun starts: a run by processes that share one GPU. Arguments: recipe, folder."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

import torch
from torch import distributed

from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import load_plugins

if __name__ == "__main__":
    recipe, out = map(Path, sys.argv[1:])
    begin = distributed.init_process_group
    with (
        patch.object(distributed, "init_process_group", lambda _, **given: begin("gloo", **given)),
        patch("vadkit.experiment.run.own_device", lambda _: torch.device("cuda", 0)),
    ):
        run(load_recipe(recipe, registry=load_plugins()), out=out, device="cuda")
