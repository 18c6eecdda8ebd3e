"""What each component is given, as its script reads it; the scripts' declarations are made from these."""

from typing import NotRequired, TypedDict


class FollowData(TypedDict):
    """A run to follow; `known` is the newest event of each run of the page that the page knows."""

    url: str
    run: str
    known: dict[str, int]


class LiveData(FollowData):
    """A training run, and the one `beside` it."""

    beside: str | None
    pretrained: bool
    place: str


class ProgressData(FollowData):
    """A job of any kind, with what it is said to do in each phase, and which events bring something to draw."""

    doing: str
    words: dict[str, str]
    rows: list[str]
    place: str
    racers: int


class CurvePoint(TypedDict):
    """An epoch, with what is drawn of it."""

    epoch: int
    val_accuracy: NotRequired[float]
    val_loss: NotRequired[float]
    train_error: NotRequired[float]
    val_error: NotRequired[float]


class Curve(TypedDict):
    """A run among others: one that is over, with its `epochs`, or one that is followed by its `id`."""

    name: str
    id: NotRequired[str]
    epochs: NotRequired[list[CurvePoint]]


class CompareData(TypedDict):
    """Runs over one another; with a `url`, as they happen."""

    runs: list[Curve]
    errors: bool
    url: str | None


class Picture(TypedDict):
    """An image in a gallery: `blob` is one of the owner's, `src` the address or the data of another one."""

    id: int
    title: str
    blob: NotRequired[str]
    src: NotRequired[str]
    caption: NotRequired[str]


class GalleryData(TypedDict):
    """Images, and which of them are picked; `side` is how wide each is at least."""

    images: list[Picture]
    picked: list[int]
    side: int
    single: bool


class Bar(TypedDict):
    """A bar; `text` stands for its value where that is not how it is said, and `dim` crosses it out."""

    label: str
    value: float
    text: NotRequired[str]
    dim: NotRequired[bool]


class BarsData(TypedDict):
    """Bars, of which the first may `lead`; a whole one is worth `high`."""

    rows: list[Bar]
    high: float | None
    lead: bool


class Stage(TypedDict):
    """A stage of a network, and the rate at which it learns."""

    name: str
    parameters: int
    learns: bool
    rate: str


class StripData(TypedDict):
    """A network's stages, and a note on them."""

    stages: list[Stage]
    note: str


class MatrixData(TypedDict):
    """A confusion matrix, the order of its classes, and the cell that is chosen."""

    labels: list[str]
    counts: list[list[int]]
    order: list[int]
    cell: tuple[int, int] | None


class NetworkStep(TypedDict):
    """A step of a network, as the layer table has it; shapes and sizes are words, and what is empty is left out."""

    index: int
    name: str
    type: str
    stage: NotRequired[str]
    kernel: NotRequired[str]
    stride: NotRequired[str]
    padding: NotRequired[str]
    dilation: NotRequired[str]
    groups: NotRequired[int]
    input_shape: NotRequired[str]
    output_shape: NotRequired[str]
    field: NotRequired[str]
    params: int
    macs: int
    activation_bytes: int
    inputs: list[int]
    more: NotRequired[list[tuple[str, str]]]


class NetworkData(TypedDict):
    """A network as a diagram: `key` names it, `open` its groups that are, `selected` the step that is chosen."""

    key: str
    steps: list[NetworkStep]
    open: list[str]
    selected: int | None


class Totals(TypedDict):
    """What a network comes to."""

    params: int
    macs: int
    activation_bytes: int


class LayersData(TypedDict):
    """A network as a table; `chosen` is the step and the column whose working is shown."""

    key: str
    steps: list[NetworkStep]
    totals: Totals
    open: list[str]
    chosen: tuple[int, str] | None


Box = tuple[float, float, float, float]
"""Left, top, width and height."""


class SpotData(TypedDict):
    """A picture on which one points; all places are shares of its sides, across and down."""

    picture: str
    alt: str
    at: tuple[float, float] | None
    box: Box | None
    step: tuple[float, float]


class WindowsData(TypedDict):
    """A window that slides over `side` pixels, `output` times; it does not reach the last that are `dropped`."""

    side: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    output: int
    dropped: int
    transposed: bool


class MiniData(TypedDict):
    """Scans of digits: `ink` is base64 of 64 values from 0 to 16 each."""

    ink: str
    labels: list[int]


class ConvolveLayer(TypedDict):
    """A small layer over an image of `side` pixels."""

    kind: str
    side: int
    inputs: int
    outputs: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    groups: int


class ConvolveData(TypedDict):
    """A layer that is followed sum by sum, its numbers laid out flat; pooling has no weights.

    `pin`, `pixels_changed` and `weights_changed` are what the link keeps, taken up anew when `turn`, `pixels_of` or
    `weights_of` are others than before.
    """

    layer: ConvolveLayer
    image: list[float]
    weights: list[float] | None
    pixels_of: str
    pixels_changed: str
    weights_of: str
    weights_changed: str
    pin: str
    turn: int


class TilesData(TypedDict):
    """Pictures of `rows` and `columns`, base64 of three bytes a pixel, in an order."""

    pixels: str
    rows: int
    columns: int
    titles: list[str]
    order: list[int]
    picked: int
    label: str


class FitRun(TypedDict):
    """A training, frame by frame: the name of its look, its errors and its curves; `kept` is its best frame."""

    name: str
    title: str
    steps: list[int]
    train: list[float]
    val: list[float]
    curves: list[list[float]]
    stopped: bool
    kept: int


class FitData(TypedDict):
    """Points, each as all x and all y, and the trainings that fit them."""

    train: tuple[list[float], list[float]]
    val: tuple[list[float], list[float]]
    truth: tuple[list[float], list[float]]
    runs: list[FitRun]


class WipeData(TypedDict):
    """Two pictures over each other."""

    pictures: tuple[str, str]
    titles: tuple[str, str]


class UnfoldedData(TypedDict):
    """A recurrent network over its steps, with the places that `matter`.

    `norms` are the gradient's at the states, by how many steps before the end; None where one is no finite number.
    """

    title: str
    inputs: list[str]
    matter: list[int]
    said: str
    wanted: str
    loss: float | None
    norms: list[float | None]
