"""A small convolutional network for small images."""

from torch import nn


def small_cnn(
    image: tuple[int, int, int], classes: int, channels: tuple[int, int], hidden: int
) -> nn.Module:
    """Two 3x3 convolutions with GroupNorm, mean pooling to 4x4 or a little more, two linear layers.

    image: (C, H, W), H and W >= 4. The shape of an image.
    classes: int. Outputs.
    channels: two ints, multiples of 4. The widths of the convolutions.
    hidden: int >= 1. The width of the first linear layer.
    ValueError: a size outside these ranges.
    """
    depth, height, width = image
    first, second = channels
    if min(height, width) < 4:
        raise ValueError(f"model=small_cnn needs images of 4x4 or more; got {height}x{width}")
    if first < 4 or second < 4 or first % 4 or second % 4 or hidden < 1:
        raise ValueError(
            f"model.channels={[first, second]}, model.hidden={hidden}: the channels must be "
            "multiples of 4 and hidden >= 1; use [8, 16] and 32"
        )
    pool = min(height, width) // 4
    cells = (height // pool) * (width // pool)
    return nn.Sequential(
        nn.Conv2d(depth, first, 3, padding=1),
        nn.GroupNorm(4, first),
        nn.ReLU(),
        nn.Conv2d(first, second, 3, padding=1),
        nn.GroupNorm(4, second),
        nn.ReLU(),
        nn.AvgPool2d(pool),
        nn.Flatten(),
        nn.Linear(second * cells, hidden),
        nn.ReLU(),
        nn.Linear(hidden, classes),
    )
