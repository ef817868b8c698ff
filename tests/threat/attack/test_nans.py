"""NaN, in all coordinates or in a few."""

import pytest
import torch

from robusttrain.threat.attack.nans import Nans
from robusttrain.values import shown


@pytest.mark.parametrize(("coordinates", "lost"), [(None, 5), (1, 1), (3, 3), (9, 5)])
def test_the_first_coordinates_are_not_numbers_and_the_others_are_true(
    knowledge, gradients, coordinates, lost
):
    honest = gradients(2, 5)
    rows = Nans(coordinates).forge(knowledge(honest))
    assert rows[:, :lost].isnan().all()
    assert torch.equal(rows[:, lost:], honest[:, lost:])


@pytest.mark.parametrize("coordinates", [0, -1, 1.5, True, "all"])
def test_refuses_what_is_no_number_of_coordinates(coordinates):
    with pytest.raises(ValueError) as error:
        Nans(coordinates)
    assert str(error.value) == (
        f"attack.coordinates={shown(coordinates)} must be a whole number >= 1; use 1, or null "
        "for all"
    )
