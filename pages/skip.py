"""Skip connections: a switch in a block, what it is for, and what it does to training."""

from pages._parts.gradients import skip_block, skip_dense, skip_identity, skip_race, skip_trained
from pages._parts.heading import Topic, topics

_TOPICS = {
    "One switch": Topic(
        "Two convolutions, and a way around them: turn it off, and see what becomes of the gradients on a batch of "
        "digits.",
        skip_block.block,
    ),
    "Learning to do nothing": Topic(
        "Layers that are added to a network could always do nothing. How hard is it for them, with shortcuts and "
        "without?",
        skip_identity.identity,
    ),
    "Degradation": Topic(
        "Plain and residual networks of 20 and 56 layers learn the same images by the same recipe.", skip_race.race
    ),
    "Lesions": Topic(
        "Take a block out of a trained network, train nothing anew, and count what it still gets right.",
        skip_trained.lesions,
    ),
    "Loss surface": Topic(
        "How the training loss changes when all weights are moved away from what training found.",
        skip_trained.surfaces,
    ),
    "Dense connections": Topic(
        "A DenseNet's layer reads the maps of all earlier layers of its block, side by side rather than added.",
        skip_dense.dense,
    ),
}

topics("Skip connections", "skip", _TOPICS)
