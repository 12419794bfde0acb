"""The learning rate of a step: a linear warm-up, then a half cosine or a power, both to zero.

Source: cosine: Loshchilov, Hutter. SGDR, ICLR 2017, eq. 5 without restarts; poly, power 0.9: Chen
et al. DeepLab, TPAMI 2018, sec. 4.1.
"""

from math import cos, pi

from attnbench.training import Training

POWER = 0.9


def rate(recipe: Training, step: int) -> float:
    """Of step 0 to steps - 1. The last step of the warm-up has the full rate."""
    warm = round(recipe.warmup * recipe.steps)
    if step < warm:
        return recipe.lr * (step + 1) / warm
    done = (step - warm) / max(recipe.steps - warm, 1)
    if recipe.schedule == "poly":
        return recipe.lr * (1 - done) ** POWER
    return recipe.lr * (1 + cos(pi * done)) / 2
