"""The ways in: every way to put images into a collection, drawn once and used by the pages that take images."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages._parts import cached
from pages._parts.data_sets import upload_report
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.data.ingest.report import USUAL, IngestReport, Reading
from tlcore.data.ingest.spool import spool_files, spool_folder
from tlcore.data.pixels.decode import IMAGE_SUFFIXES
from tlcore.data.samples import SAMPLE_SETS
from tlcore.data.samples.online import ONLINE_SETS
from tlcore.errors import TlcoreError
from tlcore.jobs.belongings.library import Collection, same_class
from tlcore.settings import MEGABYTE, get_settings
from tlcore.wording import Progress

Taken = tuple[str, IngestReport]
"""What was taken in: the id of the set that it is in now, and the report."""
NEW = "new"
"""What the link says instead of a set's id, to begin a new one."""
_NAME = "new-set-name"
_LOCAL = ("http://localhost", "http://127.", "http://[::1]", "https://")


def add_images(collection: Collection | None) -> None:
    """Draw the ways into a collection, or into a new one that begins with what is given."""
    ways = partial(
        segments, "How do you bring images?", list(_WAYS), default="Zip", key="way", persist_state="session",
        help="A zip or a folder holds one folder per class; files and webcam pictures go into a class that you name.",
    )  # fmt: skip
    if collection is not None:
        _WAYS[str(ways())](collection)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = str(ways())
        st.text_input("Name of the set", key=_NAME, max_chars=80, placeholder="as the zip or folder is called")
    with st.container(key="drop"):
        _WAYS[way](None)


def _new_name(suggested: str) -> str:
    """What a new set is called: as it was typed, or else as what was given."""
    return str(st.session_state.get(_NAME) or "").strip() or suggested


def sample_buttons(*, key: str) -> None:
    """A picture and a button a sample set; a click makes a collection of it and opens it."""
    for sample in SAMPLE_SETS.values():
        with st.container(gap="xxsmall"):
            pictures = cached.sample_strip(sample.name)
            st.image(pictures, width="stretch", alt=f"One image of each class: {', '.join(sample.classes)}")
            text = f"**{sample.title}**  \n{len(sample.classes)} classes, {sample.images_per_class} images each"
            pressed = st.button(text, key=f"{key}-{sample.name}", width="stretch", help=sample.description)
        if pressed:
            with st.spinner(f"Making {sample.title.lower()} …"):
                made = services().intake.sample(owner(), sample.name)
            open_collection(made.id)


def online_sets() -> None:
    """The sets that need a connection once, each with its size."""
    with st.expander("Sets to download", icon=":material/cloud_download:"):
        st.caption("They need a connection once, and stay on this machine.")
        for online in ONLINE_SETS.values():
            st.markdown(
                f"**{online.title}** · {online.megabytes} MB  \n{online.description}  \n:small[{online.source}]"
            )
            if st.button("Download and use", key=f"online-{online.name}", icon=":material/download:"):
                _fetch_online(online.name)


def _fetch_online(name: str) -> None:
    bar = st.progress(0.0, "Connecting …")

    def show(done: int, total: int) -> None:
        words = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB" if total > 1e6 else f"image {done} of {total}"
        bar.progress(min(1.0, done / max(total, 1)), words)

    try:
        made = services().intake.online(owner(), name, show)
    except TlcoreError as error:
        bar.empty()
        st.error(plain(str(error)), icon=":material/cloud_off:")
        return
    open_collection(made.id)


def open_collection(collection_id: str) -> None:
    """Show this collection on the pages that work on one."""
    st.query_params["set"] = collection_id
    st.rerun()


def chosen_collection() -> Collection | None:
    """The collection that the link names, or else the one that was changed last; None also when it is gone.

    Falling back to another one would train on images that nobody chose.
    """
    collections, named = services().library.all(owner()), _named()
    collection = next((c for c in collections if named in (None, c.id)), None)
    if collection is not None:
        st.session_state["_set"] = collection.id
    return collection


def show_gone() -> None:
    """Say that the collection that was named is not there any more."""
    if _named() not in {None, NEW}:
        st.warning(
            "The image set that was shown here is gone: it was deleted, or it belongs to another browser.",
            icon=":material/search_off:",
        )


def forget_choice() -> None:
    """Show no collection in particular, after the chosen one was deleted."""
    st.query_params.pop("set", None)
    st.session_state.pop("_set", None)


def _named() -> str | None:
    return st.query_params.get("set") or st.session_state.get("_set")


def show_note() -> None:
    """Say what the last upload gave."""
    with st.container():  # there with or without a report, or what follows would be drawn anew and fold itself up
        upload_report.show(st.session_state.get("_set"))


def _zip(collection: Collection | None) -> None:
    most = get_settings().limits
    st.caption(
        "One zip with a folder per class: `ants/1.jpg`, `bees/2.jpg`. "
        f"At most {most.zip_bytes // MEGABYTE} MB and {most.files:,} files."
    )
    given = st.file_uploader("Drop a zip here, or choose one", type="zip", key=_uploader("zip"))
    if given is not None:
        _take(lambda progress: _zip_in(collection, given, progress), "zip")


def _zip_in(collection: Collection | None, given: UploadedFile, progress: Progress) -> Taken:
    with spool_folder() as folder:
        path = folder / "upload.zip"
        path.write_bytes(given.getbuffer())
        if collection is None:
            made, report = services().intake.new_from_archive(owner(), _new_name(Path(given.name).stem), path, progress)
            return made.id, report
        return collection.id, services().intake.archive(owner(), collection.id, path, progress)


def _folder(collection: Collection | None) -> None:
    st.caption("Choose a folder that holds one folder per class.")
    given = st.file_uploader(
        "Drop a folder here, or choose one", accept_multiple_files="directory", key=_uploader("folder")
    )
    if given:
        _take(lambda progress: _files_in(collection, given, None, progress), "folder")


def _files(collection: Collection | None) -> None:
    label, reading = _class_name(collection, "files")
    given = st.file_uploader(
        f"Images of '{plain(label)}'" if label else "Images (name the class first)",
        accept_multiple_files=True,
        type=IMAGE_SUFFIXES,
        key=_uploader("files"),
        disabled=not label,
    )
    if given and label:
        _take(lambda progress: _files_in(collection, given, label, progress, reading), "files")


def _webcam(collection: Collection | None) -> None:
    if not str(st.context.url or "https://").startswith(_LOCAL):
        st.warning(
            "Browsers lend their camera only to pages that come over HTTPS or from localhost, and this one does not. "
            "Ask whoever runs this server to put HTTPS in front of it, or use files.",
            icon=":material/videocam_off:",
        )
        return
    label, reading = _class_name(collection, "webcam")
    with st.container(width=420):  # so that the button below the picture is in view
        shot = st.camera_input(
            f"A picture of '{plain(label)}'" if label else "Name the class first",
            key=_uploader("webcam"),
            disabled=not label,
        )
    if shot is not None and label:
        count = sum(c.count for c in collection.classes if c.name == label) if collection else 0
        shot.name = f"webcam-{count + 1:03d}.jpg"
        _take(lambda progress: _files_in(collection, [shot], label, progress, reading), "webcam")


_WAYS = {"Zip": _zip, "Folder": _folder, "Files": _files, "Webcam": _webcam}


def _class_name(collection: Collection | None, key: str) -> tuple[str, Reading]:
    """A class of the collection, or a new name that is typed in, and whether its case matters."""
    names, place = ([c.name for c in collection.classes], collection.id) if collection else ([], "new")
    chosen = st.selectbox(
        "Class",
        names,
        index=None,
        accept_new_options=True,
        placeholder="Choose a class, or type a new name" if names else "Type the name of a class",
        key=f"class-{key}-{place}",
        persist_state="session",
    )
    label = str(chosen or "").strip()
    match = same_class(label, names, case_matters=False)
    apart = match not in {None, label} and st.checkbox(
        f"'{plain(label)}' is another class than '{plain(str(match))}'", key=f"apart-{key}-{place}"
    )
    return label, Reading(case_matters=apart)


def _files_in(
    collection: Collection | None,
    given: list[UploadedFile],
    label: str | None,
    progress: Progress,
    reading: Reading = USUAL,
) -> Taken:
    with spool_folder() as folder:
        spooled = spool_files(((file.name, file.getvalue()) for file in given), folder, label)
        if collection is None:
            name = _new_name(given[0].name.partition("/")[0] if label is None else "My images")
            made, report = services().intake.new_from_files(owner(), name, spooled, progress)
            return made.id, report
        return collection.id, services().intake.files(owner(), collection.id, spooled, progress, reading)


def _take(work: Callable[[Progress], Taken], way: str) -> None:
    """Do the work with a progress bar, keep its outcome for the next run, show the set, and empty the uploader."""
    bar = st.progress(0.0, "Checking and reading …")

    def show(done: int, total: int) -> None:
        bar.progress(done / total, f"Reading {done} of {total} …")

    try:
        collection_id, report = work(show)
        upload_report.keep(collection_id, report)
        st.query_params["set"] = collection_id
    except TlcoreError as error:
        upload_report.keep("", str(error))
    finally:
        bar.empty()
    st.session_state[f"_turn-{way}"] = st.session_state.get(f"_turn-{way}", 0) + 1
    st.rerun()


def _uploader(way: str) -> str:
    """A widget key that changes after each upload, so that the widget lets go of the bytes."""
    return f"upload-{way}-{st.session_state.get(f'_turn-{way}', 0)}"
