"""A small convolutional network for small images."""

from torch import nn


def small_cnn(
    image: tuple[int, int, int], classes: int, channels: tuple[int, int], hidden: int
) -> nn.Module:
    """Two 3x3 convolutions (the second with stride 2), mean pooling to about 4x4, two linear layers.

    image: (C, H, W) with H, W >= 8; channels: the widths of the convolutions; hidden: the
    width of the first linear layer. No normalisation, no randomness.
    """
    depth, height, width = image
    if min(height, width) < 8:
        raise ValueError(f"model=small_cnn needs images of 8x8 or more; got {height}x{width}")
    pool = max(1, (min(height, width) + 1) // 2 // 4)
    cells = ((height + 1) // 2 // pool) * ((width + 1) // 2 // pool)
    first, second = channels
    return nn.Sequential(
        nn.Conv2d(depth, first, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(first, second, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(pool),
        nn.Flatten(),
        nn.Linear(second * cells, hidden),
        nn.ReLU(),
        nn.Linear(hidden, classes),
    )
