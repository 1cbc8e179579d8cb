"""What torchrun starts: a process that joins as a run does, and adds on both kinds of device."""

from __future__ import annotations

import torch
from torch import distributed

from vadkit.distributed.joining import _join

if __name__ == "__main__":
    _join(torch.device("cuda", 0))
    for device in ("cpu", "cuda"):
        ones = torch.ones(3, device=device)
        distributed.all_reduce(ones)
        assert ones.tolist() == [1.0] * 3
    assert "nccl" in distributed.get_backend_config()
    distributed.destroy_process_group()
