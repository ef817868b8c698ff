"""What every model in configs/model must be: of the right shape, and a pure function."""

import pytest
import torch
from support import component, members

from robusttrain.training.model.base import check_pure

torch.set_num_threads(1)
MODELS = members("model")


def load(path, image, classes=7):
    torch.manual_seed(0)
    return component(path, image=image, classes=classes)


@pytest.fixture(scope="module", params=MODELS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.mark.parametrize("image", [(1, 8, 8), (1, 28, 28), (3, 32, 32)], ids=str)
def test_one_output_for_each_class(path, image):
    model = load(path, image)
    assert model(torch.randn(2, *image)).shape == (2, 7)
    assert not list(model.buffers())


def test_an_output_depends_on_its_image_alone(path):
    """And not on what was in the batch, nor on earlier calls."""
    model = load(path, (1, 8, 8))
    check_pure(model)
    images = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        together = model(images)
        alone = torch.cat([model(images[i : i + 1]) for i in (3, 2, 1, 0)]).flip(0)
        torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
        assert torch.equal(model(images), together)
