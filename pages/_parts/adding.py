"""The ways in: every way to put images into a collection, drawn once and used by the pages that take images."""

from collections.abc import Callable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.words import counted, plain
from tlcore.data.online import ONLINE_SETS
from tlcore.data.report import IngestReport
from tlcore.data.samples import SAMPLE_SETS
from tlcore.data.spool import spool_files, spool_folder
from tlcore.errors import TlcoreError
from tlcore.jobs.library import Collection

_NOTE = "_intake_note"
_LOCAL = ("http://localhost", "http://127.", "http://[::1]", "https://")


def add_images(collection: Collection) -> None:
    """Draw the ways into an existing collection."""
    way = segments(
        "How do you bring images?",
        ["Zip", "Folder", "Files", "Webcam"],
        default="Zip",
        key="way",
        persist_state="session",
        help="A zip or a folder holds one folder per class; files and webcam pictures go into a class that you name.",
    )
    {"Folder": _folder, "Files": _files, "Webcam": _webcam}.get(str(way), _zip)(collection)


def sample_buttons(*, key: str) -> None:
    """One button a sample set; a click makes a collection of it and opens it."""
    for sample in SAMPLE_SETS.values():
        text = f"**{sample.title}**  \n{len(sample.classes)} classes, {sample.images_per_class} images each"
        if st.button(text, key=f"{key}-{sample.name}", width="stretch", help=sample.description):
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
    collections = services().library.all(owner())
    named = _named()
    found = next((c for c in collections if named in (None, c.id)), None)
    if found is not None:
        st.session_state["_set"] = found.id
    return found


def show_gone() -> None:
    """Say that the collection that was named is not there any more."""
    if _named():
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
    """Say what the last upload gave, once."""
    note: IngestReport | str | None = st.session_state.pop(_NOTE, None)
    if isinstance(note, str):
        st.error(plain(note), icon=":material/error:")
    elif note is not None:
        counts = ", ".join(f"{count} {plain(label)}" for label, count in list(note.classes.items())[:8])
        st.success(f"Added {counted(len(note.images), 'image')}: {counts}.", icon=":material/check:")
        for warning in note.warnings:
            st.warning(plain(warning), icon=":material/warning:")
        if note.skipped:
            with st.expander(f"Left out: {counted(len(note.skipped), 'file')}"):
                st.dataframe([{"file": item.file, "why": item.reason} for item in note.skipped], hide_index=True)


def _zip(collection: Collection) -> None:
    st.caption("One zip with a folder per class: `ants/1.jpg`, `bees/2.jpg`. At most 100 MB and 2,000 files.")
    given = st.file_uploader("Zip archive", type="zip", key=_uploader("zip"))
    if given is not None:
        _take(lambda progress: _zip_in(collection, given, progress), "zip")


def _zip_in(collection: Collection, given: UploadedFile, progress: Callable[[int, int], None]) -> IngestReport:
    with spool_folder() as folder:
        path = folder / "upload.zip"
        path.write_bytes(given.getbuffer())
        return services().intake.archive(owner(), collection.id, path, progress)


def _folder(collection: Collection) -> None:
    st.caption("Choose a folder that holds one folder per class.")
    given = st.file_uploader("Folder", accept_multiple_files="directory", key=_uploader("folder"))
    if given:
        _take(lambda progress: _files_in(collection, given, None, progress), "folder")


def _files(collection: Collection) -> None:
    label = _class_name(collection, "files")
    given = st.file_uploader(
        f"Images of '{plain(label)}'" if label else "Images (name the class first)",
        accept_multiple_files=True,
        type=["jpg", "jpeg", "png", "webp", "bmp", "gif"],
        key=_uploader("files"),
        disabled=not label,
    )
    if given and label:
        _take(lambda progress: _files_in(collection, given, label, progress), "files")


def _webcam(collection: Collection) -> None:
    if not str(st.context.url or "https://").startswith(_LOCAL):
        st.warning(
            "Browsers lend their camera only to pages that come over HTTPS or from localhost, and this one does not. "
            "Ask whoever runs this server to put HTTPS in front of it, or use files.",
            icon=":material/videocam_off:",
        )
        return
    label = _class_name(collection, "webcam")
    shot = st.camera_input(
        f"A picture of '{plain(label)}'" if label else "Name the class first",
        key=_uploader("webcam"),
        disabled=not label,
    )
    if shot is not None and label:
        count = sum(c.count for c in collection.classes if c.name == label)
        shot.name = f"webcam-{count + 1:03d}.jpg"
        _take(lambda progress: _files_in(collection, [shot], label, progress), "webcam")


def _class_name(collection: Collection, key: str) -> str:
    """A class of the collection, or a new name that is typed in."""
    chosen = st.selectbox(
        "Class",
        [c.name for c in collection.classes],
        index=None,
        accept_new_options=True,
        placeholder="Choose a class, or type a new name",
        key=f"class-{key}-{collection.id}",
        persist_state="session",
    )
    return str(chosen or "").strip()


def _files_in(
    collection: Collection, given: list[UploadedFile], label: str | None, progress: Callable[[int, int], None]
) -> IngestReport:
    with spool_folder() as folder:
        spooled = spool_files(((file.name, file.getvalue()) for file in given), folder, label)
        return services().intake.files(owner(), collection.id, spooled, progress)


def _take(work: Callable[[Callable[[int, int], None]], IngestReport], way: str) -> None:
    """Do the work with a progress bar, keep its outcome for the next run, and empty the uploader."""
    bar = st.progress(0.0, "Checking and reading …")

    def show(done: int, total: int) -> None:
        bar.progress(done / total, f"Reading {done} of {total} …")

    try:
        st.session_state[_NOTE] = work(show)
    except TlcoreError as error:
        st.session_state[_NOTE] = str(error)
    finally:
        bar.empty()
    st.session_state[f"_turn-{way}"] = st.session_state.get(f"_turn-{way}", 0) + 1
    st.rerun()


def _uploader(way: str) -> str:
    """A widget key that changes after each upload, so that the widget lets go of the bytes."""
    return f"upload-{way}-{st.session_state.get(f'_turn-{way}', 0)}"
