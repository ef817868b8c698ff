"""torchvision's ResNet-18 with GroupNorm in the place of BatchNorm."""

from functools import partial

from torch import nn


def resnet18(
    image: tuple[int, int, int], classes: int, groups: int, small_images: bool
) -> nn.Module:
    """ResNet-18 (He et al. 2016) with GroupNorm (Wu and He 2018).

    image: (C, H, W). The shape of an image.
    classes: int. Outputs.
    groups: int, a divisor of 64. Groups of each GroupNorm.
    small_images: bool. The usual change for 32x32 images: a 3x3 first convolution with stride 1
        and no max pooling (11.2 M parameters).
    ValueError: `groups` does not divide 64.
    """
    from torchvision.models import resnet18 as build

    if groups < 1 or 64 % groups:
        raise ValueError(f"model.groups={groups} must divide 64; use 32, 16 or 8")
    model = build(num_classes=classes, norm_layer=partial(nn.GroupNorm, groups))
    if small_images:
        model.conv1 = nn.Conv2d(image[0], 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
    elif image[0] != 3:
        model.conv1 = nn.Conv2d(image[0], 64, 7, stride=2, padding=3, bias=False)
    return model
