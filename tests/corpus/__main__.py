"""`python -m tests.corpus FOLDER [--measure]`: write every case, and say what each costs the ingest process."""

import sys
from pathlib import Path

from tests.corpus import IMAGES, UPLOADS
from tests.corpus.measure import cost


def write_all(folder: Path) -> dict[str, Path]:
    """Write the corpus, each image as a folder with one class; returns where each case lies."""
    places = {case.name: folder / "images" / case.name for case in IMAGES}
    for image in IMAGES:
        (places[image.name] / "class").mkdir(parents=True)
        (places[image.name] / "class" / image.name).write_bytes(image.data())
    for upload in UPLOADS:
        places[upload.name] = folder / upload.name
        upload.write(places[upload.name])
    return places


def main(folder: Path, measured: bool) -> None:
    """Write the corpus and print a line for each case that is a file or a folder."""
    folder.mkdir(parents=True)
    places = write_all(folder)
    print(f"{len(places)} cases in {folder}")
    for name, place in places.items():
        if measured and (place.is_file() or place.is_dir()):
            print(f"{cost(place)}  {name}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--measure" in sys.argv)
