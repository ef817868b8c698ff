"""Classification with cross-entropy."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from robusttrain.training.objective.base import Objective


class Supervised(Objective):
    """loss = -(1/s) sum_i log softmax(output_i)[label_i]."""

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(outputs, labels)

    def evaluate(self, outputs: Tensor, labels: Tensor) -> dict[str, float]:
        correct = (outputs.argmax(dim=1) == labels).double().mean()
        return {
            "test_accuracy": correct.item(),
            "test_loss": cross_entropy(outputs, labels).item(),
        }
