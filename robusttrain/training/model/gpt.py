"""A small decoder-only transformer for sequences of tokens."""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)), each position seeing those before it."""

    mask: Tensor

    def __init__(self, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        mask = torch.ones(length, length, dtype=torch.bool).tril()
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        *outer, tokens, width = x.shape
        query, key, value = (
            part.view(*outer, tokens, self.heads, -1).transpose(-2, -3)
            for part in self.attention(self.norm1(x)).chunk(3, dim=-1)
        )
        scores = query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5
        weights = scores.masked_fill(~self.mask[:tokens, :tokens], -torch.inf).softmax(dim=-1)
        x = x + self.mixed((weights @ value).transpose(-2, -3).reshape(*outer, tokens, width))
        return x + self.down(gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    """Logits of the next token: [..., T] int64 -> [..., T, vocabulary].

    The attention is written out, so that `vmap` over tasks follows it on every device.
    """

    def __init__(self, vocabulary: int, length: int, layers: int, heads: int, width: int) -> None:
        super().__init__()
        self.token, self.position = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.blocks = nn.Sequential(*(Block(width, heads, length) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                deep = name.endswith(("mixed.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / (2 * layers) ** 0.5 if deep else 0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.token(tokens) + self.position.weight[: tokens.shape[-1]]
        return self.head(self.norm(self.blocks(x)))


def gpt(vocabulary: int, length: int, layers: int, heads: int, width: int) -> nn.Module:
    """Pre-norm transformer without dropout (Radford et al. 2019).

    vocabulary: int. Number of tokens.
    length: int. Tokens of the longest sequence.
    layers, heads: int >= 1. Blocks, and heads of each attention.
    width: int, a multiple of `heads`. Of the residual stream.
    ValueError: a size outside these ranges.
    """
    if min(layers, heads, width) < 1 or width % heads:
        raise ValueError(
            f"model.layers={layers}, model.heads={heads}, model.width={width}: all must be >= 1 "
            "and the width a multiple of the heads; use 2, 4 and 64"
        )
    return Gpt(vocabulary, length, layers, heads, width)
