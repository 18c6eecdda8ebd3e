"""Which settings make a difference: one table, which the command line, the form and the comparison of runs read.

A setting without effect is told of and not refused: the run is the very one without it, a command stays the same over
all strategies, and what earlier versions stored still loads.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tlcore.train.recipe.plan import Plan, make_plan
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry


@dataclass(frozen=True)
class Case:
    """A spec as the table looks at it, and how many training images each class has, where that is known."""

    spec: TrainSpec
    counts: tuple[int, ...] = ()

    @cached_property
    def plan(self) -> Plan:
        """What is frozen when."""
        return make_plan(self.spec)

    @property
    def longest(self) -> int:
        """The epochs of the longest phase."""
        return max(phase.epochs for phase in self.plan.phases)

    @property
    def stages(self) -> int:
        """How many stages learn at the most."""
        return len(registry.get(self.spec.backbone).stages) - self.plan.first

    @property
    def has_frozen_phase(self) -> bool:
        """Whether stages are frozen in some phase, so that what they make of a view can be cached."""
        return any(phase.first > 0 for phase in self.plan.phases)

    @property
    def side(self) -> int:
        """The side of training views, before any growing."""
        return self.spec.train_size or self.plan.preprocessing.crop

    @property
    def falls(self) -> bool:
        """Whether the step schedule's first step comes within a phase."""
        return self.longest > self.spec.step_size


@dataclass(frozen=True)
class Condition:
    """What must hold for a setting to make a difference.

    `by` names the setting that decides it (none: the images do), `only` says it in a few words, and `why` says what
    is so where it does not hold: they go on from "it has an effect only" and from "it has no effect:".
    """

    by: str
    only: str
    why: str
    holds: Callable[[Case], bool]

    def reason(self, case: Case) -> str:
        """Why it does not hold, with the numbers of the case."""
        return self.why.format(longest=case.longest, spec=case.spec, side=case.side, crop=case.plan.preprocessing.crop)


@dataclass(frozen=True)
class Effect:
    """When a setting makes a difference: what other settings must be (`needs`), and what its own value must (`own`)."""

    needs: tuple[Condition, ...] = ()
    own: tuple[Condition, ...] = ()


_HIDDEN = Condition(
    "hidden_units", "with hidden units", "a linear classifier has no hidden units that could be switched off",
    lambda case: case.spec.hidden_units > 0,
)  # fmt: skip
STEPPED = Condition(
    "optimizer", "with SGD or AdamW", "L-BFGS solves for the classifier in one go, without steps or chance",
    lambda case: not case.spec.solves,
)  # fmt: skip
_SGD = Condition(
    "optimizer", "with SGD", "AdamW has averages of its own in its place", lambda case: case.spec.optimizer == "sgd"
)
_STEPS = Condition(
    "schedule", "with the step schedule", "with the schedule '{spec.schedule}' the learning rate has no steps",
    lambda case: case.spec.schedule == "step",
)  # fmt: skip
_FALLS = Condition(
    "step_size", "where a phase is longer than a step",
    "the learning rate would first fall after epoch {spec.step_size} of a phase, and the longest has {longest}",
    lambda case: case.spec.schedule != "step" or case.falls,
)  # fmt: skip
_BODY = Condition(
    "strategy", "where the body learns", "only the classifier learns", lambda case: case.spec.strategy != "frozen"
)
_PRETRAINED = Condition(
    "strategy", "with pretrained weights", "from scratch every stage learns at the classifier's rate",
    lambda case: case.spec.pretrained,
)  # fmt: skip
_STAGES = Condition(
    "stages", "with two stages or more", "only one stage learns, so none lies below it", lambda case: case.stages > 1
)
_LAST_K = Condition(
    "strategy", "with 'Last stages'", "only the strategy 'last-k' asks how many stages learn",
    lambda case: case.spec.strategy == "last-k",
)  # fmt: skip
_PROBE = Condition(
    "strategy", "with 'Probe, then tune'", "only the strategy 'probe-then-tune' begins with the classifier alone",
    lambda case: case.spec.strategy == "probe-then-tune",
)  # fmt: skip
_SCRATCH = Condition(
    "strategy", "from random weights", "pretrained networks are rebuilt for speed, so their gradients are not watched",
    lambda case: not case.spec.pretrained,
)  # fmt: skip
_AUGMENTED = Condition(
    "augmentation", "with augmentation", "without augmentation the network sees every image as it is",
    lambda case: case.spec.augmentation != "none",
)  # fmt: skip
_CACHED = Condition(
    "strategy", "where stages are frozen", "where every layer learns, each epoch brings new views and none is cached",
    lambda case: case.has_frozen_phase,
)  # fmt: skip
_UNFROZEN = Condition(
    "strategy", "where every layer learns", "frozen stages see an image in a few fixed views, at full size and unmixed",
    lambda case: case.plan.first == 0,
)  # fmt: skip
_VIEWS = Condition(
    "views", "with two cached views or more", "the first cached view of an image is the image as it is",
    lambda case: case.plan.first == 0 or case.spec.views > 1,
)  # fmt: skip
_PAIRS = Condition(
    "batch_size", "in batches of two or more", "a batch of one image has no other to mix it with",
    lambda case: case.spec.batch_size > 1,
)  # fmt: skip
_WEIGHED = Condition(
    "batch_size", "in batches of two or more", "the weights are those of images beside one another in a batch",
    lambda case: case.spec.batch_size > 1 or case.spec.solves,
)  # fmt: skip
_TWO_EPOCHS = Condition(
    "epochs", "in two epochs or more", "each phase has only one epoch", lambda case: case.longest > 1
)
_THREE_EPOCHS = Condition(
    "epochs", "in three epochs or more", "the longest phase has {longest}, too few to end early",
    lambda case: case.longest > 2,
)  # fmt: skip
_UNEVEN = Condition(
    "", "where classes are uneven", "every class has equally many training images",
    lambda case: not case.counts or len(set(case.counts)) > 1,
)  # fmt: skip
_RUNS_OUT = Condition(
    "epochs", "where a phase is long enough", "in a phase of at most {longest} epochs, {spec.patience} without a "
    "better validation loss do not come about before its last one", lambda case: case.longest > case.spec.patience + 1,
)  # fmt: skip
_SMALLER = Condition(
    "image_size", "below the size of the images", "images have {crop} pixels a side anyway",
    lambda case: case.spec.train_size != case.plan.preprocessing.crop,
)  # fmt: skip
_GROWS = Condition(
    "train_size", "below the size of training views", "training views have {side} pixels a side anyway",
    lambda case: case.spec.start_size != case.side,
)  # fmt: skip

_ALWAYS = Effect()
EFFECTS: Mapping[str, Effect] = {
    "backbone": _ALWAYS,
    "strategy": _ALWAYS,
    "stages": Effect((_LAST_K,)),
    "epochs": Effect((STEPPED,)),
    "probe_epochs": Effect((_PROBE,)),
    "batch_size": Effect((STEPPED,)),
    "optimizer": _ALWAYS,
    "lr": Effect((STEPPED,)),
    "body_lr_factor": Effect((_BODY, _PRETRAINED)),
    "stage_decay": Effect((_BODY, _STAGES)),
    "momentum": Effect((STEPPED, _SGD)),
    "weight_decay": _ALWAYS,
    "l1": Effect((STEPPED,)),
    "schedule": Effect((STEPPED,), own=(_FALLS,)),
    "step_size": Effect((STEPPED, _STEPS, _TWO_EPOCHS), own=(_FALLS,)),
    "step_factor": Effect((STEPPED, _STEPS, _FALLS)),
    "warmup_epochs": Effect(
        (
            STEPPED,
            _TWO_EPOCHS,
        )
    ),
    "label_smoothing": _ALWAYS,
    "class_weights": Effect((_UNEVEN, _WEIGHED)),
    "hidden_units": _ALWAYS,
    "dropout": Effect((_HIDDEN,)),
    "augmentation": Effect((_VIEWS,)),
    "flip": Effect((_AUGMENTED, _VIEWS)),
    "views": Effect((_CACHED, _AUGMENTED)),
    "image_size": _ALWAYS,
    "train_size": Effect((_UNFROZEN, _AUGMENTED), own=(_SMALLER,)),
    "start_size": Effect((_UNFROZEN, _AUGMENTED), own=(_GROWS,)),
    "mixing": Effect((_UNFROZEN, _PAIRS)),
    "averaging": Effect((STEPPED,)),
    "patience": Effect(
        (
            STEPPED,
            _THREE_EPOCHS,
        ),
        own=(_RUNS_OUT,),
    ),
    "seed": Effect((STEPPED,)),
    "precision": _ALWAYS,
    "watch_gradients": Effect((_SCRATCH,)),
}
"""Of every setting of a `TrainSpec`, when it makes a difference; a test trains to see that it is so."""

BY_IMAGES = tuple(name for name, effect in EFFECTS.items() if any(not condition.by for condition in effect.needs))
"""The settings whose effect hangs on the images, so that a run says it and not the form."""


def idle(case: Case) -> dict[str, Condition]:
    """The settings that make no difference in this case, whatever their value, and what would have to hold for it."""
    failing = ((name, _failing(case, effect.needs)) for name, effect in EFFECTS.items())
    return {name: condition for name, condition in failing if condition}


def in_vain(case: Case, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those of these settings that make no difference as they are, and what is said of each: "has no effect: …".

    One that is off is not meant to make a difference.
    """
    for name in names:
        effect = EFFECTS[name]
        failing = _failing(case, (*effect.needs, *effect.own))
        if failing and getattr(case.spec, name) not in (0, None):
            yield name, f"has no effect: {failing.reason(case)} (it has one only {failing.only})."


def _failing(case: Case, conditions: Iterable[Condition]) -> Condition | None:
    return next((condition for condition in conditions if not condition.holds(case)), None)
