"""Sizes of the models of the price table, as overrides of model and data."""

SIZES = ("image", "length", "width", "layers")


def sizes_of(model: str, image: int, length: int, width: int, layers: int) -> tuple[str, ...]:
    """Overrides of model and data for the sizes that this model has.

    >>> sizes_of("gpt", 32, 256, 128, 4)[:2]
    ('data=text', 'data.length=256')
    """
    if model == "gpt":
        shape = (f"model.width={width}", f"model.layers={layers}")
        return ("data=text", f"data.length={length}", *shape)
    if model == "resnet18":
        small = str(image <= 64).lower()
        return ("data=synthetic", f"data.image=[3,{image},{image}]", "data.train_size=1000",
                "data.test_size=1", f"model.small_images={small}")  # fmt: skip
    return ("data=digits",)
