"""Sample sets that need no network: each a function that yields (class, name, image), the same at every call."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image

from tlcore.data.samples.rendered import digits, fabrics, signs
from tlcore.errors import UnknownNameError

SampleImages = Iterator[tuple[str, str, Image.Image]]


@dataclass(frozen=True)
class SampleSet:
    """An embedded sample set; `flip` says whether a mirrored image is still of its class.

    `examples` gives the first image of every class, in the order of the classes.
    """

    name: str
    title: str
    description: str
    source: str
    classes: tuple[str, ...]
    images_per_class: int
    generate: Callable[[], SampleImages]
    examples: Callable[[], list[Image.Image]]
    flip: bool = True


SAMPLE_SETS: dict[str, SampleSet] = {
    sample.name: sample
    for sample in (
        SampleSet(
            name="digits",
            title="Handwritten digits",
            description="Scans of the digits 0 to 9, written by many hands.",
            source="Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI (CC BY 4.0)",
            classes=digits.CLASSES,
            images_per_class=digits.PER_CLASS,
            generate=digits.generate,
            examples=digits.examples,
            flip=False,
        ),
        SampleSet(
            name="fabrics",
            title="Woven fabrics",
            description="Six weaves on somebody's table, from close by: which thread goes over which?",
            source="Rendered thread by thread by tlcore.data.samples.rendered.fabrics; no photographs",
            classes=fabrics.CLASSES,
            images_per_class=fabrics.PER_CLASS,
            generate=fabrics.generate,
            examples=fabrics.examples,
        ),
        SampleSet(
            name="signs",
            title="Road signs in weather",
            description="Eight road signs by day and night, in sun, fog, rain and snow.",
            source="Rendered here after the Vienna Convention on Road Signs and Signals, 1968",
            classes=signs.CLASSES,
            images_per_class=signs.PER_CLASS,
            generate=signs.generate,
            examples=signs.examples,
            flip=False,
        ),
    )
}


def get_sample(name: str) -> SampleSet:
    """The sample set of that name."""
    try:
        return SAMPLE_SETS[name]
    except KeyError as error:
        raise UnknownNameError(f"There is no sample set '{name}'; there is {', '.join(SAMPLE_SETS)}.") from error
