"""Degradation: plain and residual networks of two depths, trained side by side on a set of images."""

from functools import partial

import streamlit as st

from pages._parts import components
from pages._parts.guards import one_sentence
from pages._parts.heading import Figure, figures, look_for
from pages._parts.js.data import Curve
from pages._parts.link_state import linked
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.training import run_jobs
from pages._parts.words import counted, plain
from tlcore.data.samples import get_sample
from tlcore.errors import TlcoreError
from tlcore.gradients.events import Lap, RaceFinished
from tlcore.gradients.residual.degradation import Race, race_of, stored
from tlcore.jobs.kinds.specs import RACERS, DegradationSpec
from tlcore.jobs.running.runs import Run
from tlcore.zoo import registry

KIND = "degradation"
_EPOCHS, _SEEDS = (10, 20, 40, 80), range(10)
_DIGITS = "digits"
_WORDS = {"": "Reading the images …", "lap": "{done} of {total} epochs"}


def race() -> None:
    """Let a person race; the newest race stays in view, and at first the one that the project carries."""
    latest = next(iter(services().runs.of_kind(owner(), KIND)), None)
    active = latest is not None and latest.is_active
    _start(active=active)
    if latest is None:
        _shown(stored(), "stored")
        _told_of(stored())
    else:
        st.fragment(_followed)(latest.id, was_active=active)
    st.caption(
        "After He et al. 2015, *Deep Residual Learning for Image Recognition*, figure 6, at a size for two processor "
        "cores."
    )


def _start(*, active: bool) -> None:
    titles = {_DIGITS: get_sample(_DIGITS).title}
    titles |= {c.id: c.name for c in services().library.all(owner()) if not c.missing and c.source != _DIGITS}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        images = partial(
            st.selectbox, "Images", list(titles), format_func=titles.__getitem__, width=260,
            help="A sample set, or a set of yours.",
        )  # fmt: skip
        chosen = str(linked("set", _DIGITS, titles, images))
        epochs = partial(segments, "Epochs", _EPOCHS, help="How often each image is seen.")
        seed = partial(st.select_slider, "Seed", _SEEDS, width=140, help="Other first weights, in another order.")
        asked = {"epochs": linked("race-epochs", 40, _EPOCHS, epochs), "seed": linked("race-draw", 0, _SEEDS, seed)}
        help_ = f"All four networks learn in the queue. The race that came with Transfer Lab took: {_how(stored())}"
        if st.button("Race", icon=":material/flag:", type="primary", disabled=active, key="race", help=help_):
            _submit(chosen, DegradationSpec.of(asked))


def _submit(chosen: str, spec: DegradationSpec) -> None:
    """Queue a race; the sample set becomes one of the owner's, once."""
    try:
        if chosen == _DIGITS:
            chosen = _digits()
        services().runs.submit_on_collection(owner(), spec, chosen)
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    st.rerun()


def _digits() -> str:
    """The owner's own digits, taken up if they are not there."""
    digits = next((c for c in services().library.all(owner()) if c.source == _DIGITS and not c.missing), None)
    return (digits or services().intake.sample(owner(), _DIGITS)).id


@one_sentence()
def _followed(run_id: str, *, was_active: bool) -> None:
    seen = services().runs.seen(owner(), run_id)
    run: Run[DegradationSpec, RaceFinished] = seen.run
    if was_active and not run.is_active:  # the button above must hear of it
        st.rerun()
    race = race_of(services().runs.told(owner(), run.id, Lap, RaceFinished))
    if run.is_active:
        racers = len(run.spec.networks)
        run_jobs.progress(seen, [seen], words=_WORDS, rows=[Lap], doing="racing", racers=racers)
    elif run_jobs.ended_badly(run):
        return
    if race.laps:
        _shown(race, run.id)
        st.caption(f"On {plain(run.collection_name)}. {_how(race)}")


def _shown(race: Race, key: str) -> None:
    """The errors now, and the curves; the colours are the networks', in the order of the race."""
    names = [name for name in RACERS if name in race.laps]
    laps = {name: race.laps[name][-1] for name in names}
    figures(
        Figure(
            f"{title_of(name)}, training error", f"{lap.train_error:.1%}",
            f"In epoch {lap.epoch}. On validation images it is {lap.val_error:.1%}.",
        )
        for name, lap in laps.items()
    )  # fmt: skip
    runs: list[Curve] = [
        {
            "name": title_of(name),
            "epochs": [{"epoch": x.epoch, "train_error": x.train_error, "val_error": x.val_error} for x in laps],
        }
        for name, laps in race.laps.items()
    ]
    components.compare_runs(runs, key=f"race-{key}", errors=True)
    look_for(_look(race))


def _look(race: Race) -> str:
    errors = {name: laps[-1].train_error for name, laps in race.laps.items()}
    if len(errors) < len(RACERS) or min(laps[-1].epoch for laps in race.laps.values()) < 3:
        return (
            "All four take an epoch in turn. Watch the error on the training images, not only on the validation images."
        )
    shallow, deep, _, residual = (errors[name] for name in RACERS)
    if deep > shallow and deep > residual:
        return (
            f"On the images that it is trained on, Plain-56 errs on {deep:.1%} and Plain-20 on {shallow:.1%}. So the "
            "deeper one does not overfit: it is harder to train, although it could copy the shallower one and let the "
            f"other layers do nothing. With shortcuts 56 layers come to {residual:.1%}."
        )
    if deep > shallow:
        return (
            f"Plain-56 errs more than Plain-20 on the images that it is trained on ({deep:.1%} and {shallow:.1%}), but "
            f"here 56 layers with shortcuts do no better ({residual:.1%}). Try more epochs, or another seed."
        )
    return (
        f"Here the deeper plain network does not do worse: {deep:.1%} training error beside {shallow:.1%}. More "
        "epochs close the gap on an easy set; look at how long it was open."
    )


def _how(race: Race) -> str:
    done = race.finished
    if done is None:
        return "Training errors are of the epoch as it was learned."
    threads = f" with {counted(done.threads, 'thread')}" if done.threads else ""
    images = f"{done.train_images} images to learn, {done.val_images} for validation"
    return (
        f"{images}, {counted(done.epochs, 'epoch')}, seed {done.seed}, {done.seconds / 60:.1f} minutes on "
        f"{done.device}{threads}. Training errors are of the epoch as it was learned."
    )


def _told_of(race: Race) -> None:
    st.caption(f"A race that came with Transfer Lab, of {race.day}: `{race.command}`. {_how(race)}")


def title_of(network: str) -> str:
    """A network of the race as people call it."""
    return registry.get(network).title.removesuffix(" (CIFAR)")
