"""What systems leave among a person's files: thumbnails, trash, notes of their own. It is never an image."""

from collections.abc import Iterable, Sequence

from tlcore.data.folders.vocabulary import LEFT_EXACTLY, LEFT_FILES, LEFT_FOLDERS, LEFT_PATTERN, THUMBNAILS


def is_leftover(path: Sequence[str]) -> bool:
    """Whether a system, not a person, put this file there."""
    return own_part(path) != tuple(path)


def own_part(path: Iterable[str]) -> tuple[str, ...]:
    """The path as far as a person made it: up to the first folder or file that a system left."""
    kept: list[str] = []
    for name in path:
        if _was_left(name):
            break
        kept.append(name)
    return tuple(kept)


def tells_of_images(path: Iterable[str]) -> bool:
    """Whether what a system left shows that there were images: their thumbnails."""
    return any(name.lower() in THUMBNAILS for name in path)


def _was_left(name: str) -> bool:
    known = name.lower() in LEFT_FOLDERS | LEFT_FILES or name in LEFT_EXACTLY
    return known or name.startswith(".") or LEFT_PATTERN.fullmatch(name) is not None
