"""A small GPT that learns the bytes of a text: torchrun --nproc-per-node 4 FILE STEPS."""

import os
import pydoc_data.topics
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu

import robusttrain as rt

BATCH, LENGTH, WIDTH, HEADS, LAYERS = 40, 32, 48, 4, 2
STEPS = int(sys.argv[1])
RANK, WORLD = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
TEXT = torch.tensor(list(Path(pydoc_data.topics.__file__).read_bytes()))
CUT = len(TEXT) * 9 // 10
LATER = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention, self.mixed = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        heads = self.attention(self.norm1(x)).unflatten(-1, (3, HEADS, -1)).transpose(1, 3)
        query, key, value = heads.unbind(2)
        scores = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5
        weights = scores.masked_fill(LATER, -torch.inf).softmax(dim=-1)
        x = x + self.mixed((weights @ value).transpose(1, 2).flatten(-2))
        return x + self.down(gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token, self.position = nn.Embedding(256, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 256)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.token(tokens) + self.position.weight
        return self.head(self.norm(self.blocks(x)))


def batches(text: Tensor, seed: int, count: int) -> Iterator[tuple[Tensor, Tensor]]:
    draws = torch.Generator().manual_seed(seed)
    for _ in range(count):
        starts = torch.randint(len(text) - LENGTH, (BATCH, 1), generator=draws)
        places = starts + torch.arange(LENGTH)
        yield text[places], text[places + 1]


def loss_of(outputs: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(outputs.flatten(0, 1), targets.flatten())


@torch.no_grad()
def test_loss() -> float:
    inputs, targets = next(batches(TEXT[CUT:], seed=1, count=1))
    return loss_of(model(inputs), targets).item()


torch.manual_seed(0)
model = GPT()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
session = rt.Session(model, loss_of, sys.argv[2:], batch=BATCH, steps=STEPS, optimizer=optimizer)
if session.is_server:
    session.serve()
    sys.exit()
for step, (inputs, targets) in enumerate(batches(TEXT[:CUT], seed=0, count=STEPS)):
    session.step((inputs, targets))
    if RANK == 1 and (step + 1) % 10 == 0:
        print(f"step {step + 1}: test loss {test_loss():.3f}", flush=True)
if RANK == 1:
    torch.save(model.state_dict(), "gpt.pt")
