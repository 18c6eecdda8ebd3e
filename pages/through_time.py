"""Through time: gradients on their way back through a recurrent network, and a network that learns to write."""

from pages._parts.gradients import time_gradients, time_language
from pages._parts.heading import Topic, topics

_VIEWS = {
    "gradients": Topic(
        "A recurrent network reads step by step, and only its last output counts: how much of the gradient comes back "
        "through every state?",
        time_gradients.gradients,
        "Gradients",
    ),
    "language": Topic(
        "A recurrent network learns what comes next in a text; what it then says is read again as its next input.",
        time_language.language,
        "A network that writes",
    ),
}

topics("Through time", "view", _VIEWS)
