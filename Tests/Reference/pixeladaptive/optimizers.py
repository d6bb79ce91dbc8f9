"""Optimizers and the schedule: docs/mathematics.md#optimizers."""
import torch


class Adam:
    """Adam with bias correction; weight decay is added to the gradient."""

    def __init__(self, count, weight_decay=0.0, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.decay, self.beta1, self.beta2, self.epsilon = weight_decay, beta1, beta2, epsilon
        self.first, self.second, self.steps = [0.0] * count, [0.0] * count, 0

    def step(self, parameters, gradients, rate):
        """Updates the parameters in place."""
        self.steps += 1
        corrections = 1 - self.beta1 ** self.steps, 1 - self.beta2 ** self.steps
        for i, (p, g) in enumerate(zip(parameters, gradients)):
            g = g + self.decay * p
            self.first[i] = self.beta1 * self.first[i] + (1 - self.beta1) * g
            self.second[i] = self.beta2 * self.second[i] + (1 - self.beta2) * g * g
            mean, square = self.first[i] / corrections[0], self.second[i] / corrections[1]
            p -= rate * mean / (torch.sqrt(square) + self.epsilon)


class SGD:
    """Gradient descent with momentum; weight decay is added to the gradient."""

    def __init__(self, count, momentum=0.0, weight_decay=0.0):
        self.momentum, self.decay = momentum, weight_decay
        self.velocity = [0.0] * count

    def step(self, parameters, gradients, rate):
        """Updates the parameters in place."""
        for i, (p, g) in enumerate(zip(parameters, gradients)):
            self.velocity[i] = self.momentum * self.velocity[i] + g + self.decay * p
            p -= rate * self.velocity[i]


def step_decay(initial, milestones, gamma, epoch):
    """The learning rate of an epoch: multiplied by gamma at every milestone passed."""
    return initial * gamma ** sum(epoch >= milestone for milestone in milestones)
