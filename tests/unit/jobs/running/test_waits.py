"""What is said of a run that waits."""

import pytest

from tlcore.jobs.running.waits import Place


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place(1, None), "Next in line."),
        (Place(1, 0.2), "Next in line, its turn comes in a moment."),
        (Place(3, 34.0), "Number 3 in line, its turn comes in about 35 seconds."),
        (Place(12, 495.0), "Number 12 in line, its turn comes in about 8 minutes."),
        (Place(2, None, extra=True), "Number 2 in line. Those who wait for a first answer go ahead of it."),
    ],
)
def test_the_place_in_the_line_and_the_time_that_is_left(place: Place, said: str) -> None:
    assert place.words == said
