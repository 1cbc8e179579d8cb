"""Networks: features, heads, losses and backbones."""
