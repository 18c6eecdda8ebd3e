"""Networks of one's own: written, read, built, and refused in a sentence that names the layer."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tlcore.errors import BadInputError, BadSpecError
from tlcore.measure.table import layer_table
from tlcore.measure.trace import trace
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import architectures, registry
from tlcore.zoo.stack import STARTS, as_code, build, modules, network_row, parse
from tlcore.zoo.staged import HeadShape, feature_count, new_network, with_new_head

SMALL = "stack:3x32x32:c8k3p1-bn-relu-mp2-c16k3p1-relu-gap-fl-do20-fc4"


def table_of(text: str) -> object:
    stack = parse(text)
    with torch.device("meta"):
        return layer_table(trace(build(stack), torch.zeros(1, *stack.input_shape)))


@pytest.mark.parametrize("start", STARTS)
def test_where_one_begins_can_be_built_and_is_its_own_name(start: str) -> None:
    stack = parse(STARTS[start])
    assert stack.name == STARTS[start]
    assert table_of(STARTS[start]).params > 0  # type: ignore[attr-defined]


def test_the_classics_are_those_of_the_explorer() -> None:
    """Up to LeNet-5's C5 that is a convolution in both, and AlexNet's response normalisation, which has no weights."""
    for start, name in (("LeNet-5", "lenet5_modern"), ("AlexNet", "alexnet_2012"), ("VGG-11", "vgg11")):
        own = architectures.get(name).build("meta")
        assert table_of(STARTS[start]).params == sum(p.numel() for p in own.parameters())  # type: ignore[attr-defined]


def test_the_code_builds_the_same_network() -> None:
    scope: dict[str, nn.Module] = {}
    exec(as_code(parse(SMALL)), scope)
    expected = build(parse(SMALL))
    assert repr(scope["network"]) == repr(expected.layers)


@given(
    st.lists(
        st.sampled_from(["c4k3", "c8k1", "mp2", "ap3s1p1", "bn", "relu", "do30", "gap", "fl", "fc5", "c6k3g2"]),
        max_size=7,
    )
)
def test_what_is_accepted_runs_and_what_is_not_names_the_layer(tokens: list[str]) -> None:
    stack = parse(f"stack:3x20x20:{'-'.join(tokens)}")
    try:
        made = list(modules(stack))
    except BadInputError as error:
        assert "can't follow" in str(error)
        return
    assert len(made) == len(tokens)
    with torch.device("meta"), torch.no_grad():
        build(stack).eval()(torch.zeros(2, 3, 20, 20))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stack:", "is written as stack:3x64x64"),
        ("stack:3x64:c4", "is written as"),
        ("stack:3x6400x64:c4", "up to 512 pixels"),
        ("stack:3x64x²:c4", "is written as"),
        (f"stack:3x64x{'9' * 5000}:c4", "is written as"),
        (f"stack:3x64x64:c{'9' * 5000}", "There is no layer"),
        ("stack:3x64x64:conv4", "There is no layer 'conv4'"),
        ("stack:3x64x64:c", "needs a size"),
        ("stack:3x64x64:relu4", "takes no size"),
        ("stack:3x64x64:c4s0", "can't have stride 0"),
        ("stack:3x64x64:mp2k3", "can't have kernel 3"),
        ("stack:3x64x64:do99", "needs a size that makes sense"),
        ("stack:3x64x64:mp0", "needs a size that makes sense"),
        ("stack:3x64x64:c0k3", "needs a size that makes sense"),
        ("stack:3x64x64:fc0", "needs a size that makes sense"),
        ("stack:16x8x8:c4", "3 channels, or 1 when it is grey, not 16"),
        ("stack:3x64x64:" + "-".join(["relu"] * 61), "at most 60 layers"),
    ],
)
def test_nonsense_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        parse(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stack:3x8x8:c4k9", "Layer 1, 'c4k9', can't follow: its window of 9 pixels is larger"),
        ("stack:3x8x8:fl-c4", "Layer 2, 'c4', can't follow: it needs maps"),
        ("stack:3x8x8:fc4", "it needs a vector; put 'fl' before it"),
        ("stack:3x8x8:c4g2", "do not divide into 2 groups"),
        ("stack:3x8x8:mp2p2", "at most half its kernel"),
    ],
)
def test_a_layer_that_can_not_follow_is_named(text: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        list(modules(parse(text)))


def test_the_trainer_takes_it_as_any_network() -> None:
    row = registry.get(SMALL)
    assert row is network_row(SMALL)
    assert row.parameters == sum(p.numel() for p in new_network(row).parameters())
    assert [stage.name for stage in row.stages] == ["conv1", "conv2"]
    assert feature_count(row) == 16
    staged = with_new_head(SMALL, HeadShape(7), None)
    x = torch.rand(2, 3, 32, 32)
    staged.network.eval()
    assert staged(x).shape == (2, 7)
    torch.testing.assert_close(staged(x), staged.logits_from(x, 0))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stack:3x32x32:c8-gap-fl", "ends with a dense layer"),
        ("stack:1x32x32:gap-fl-fc4", "square images in colour"),
        ("stack:3x512x512:fl-fc4096-fc4", "would have 3,2"),
    ],
)
def test_what_can_not_be_trained_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        registry.get(text)


def test_a_spec_for_it_is_from_scratch_and_at_its_size() -> None:
    spec = TrainSpec.of({"backbone": SMALL, "strategy": "scratch"})
    assert TrainSpec.from_json(spec.to_json()) == spec
    with pytest.raises(BadSpecError, match="no pretrained weights; train it from scratch"):
        TrainSpec.of({"backbone": SMALL, "strategy": "frozen"})
    with pytest.raises(BadSpecError, match="built for images of 32 pixels"):
        TrainSpec.of({"backbone": SMALL, "strategy": "scratch", "image_size": 64})
    with pytest.raises(BadSpecError, match="There is no layer 'x1'"):
        TrainSpec.of({"backbone": "stack:3x32x32:x1", "strategy": "scratch"})
