"""What people and systems call folders and files: the words of `folders.toml`."""

import re
import tomllib
from pathlib import Path
from typing import Any

_FILE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("folders.toml").read_text("utf-8"))

PART_WORDS: dict[str, str] = {word: part for part, words in _FILE["parts"].items() for word in words}
FILLERS = frozenset(_FILE["words"]["fillers"])
IMAGE_FOLDERS = frozenset(_FILE["words"]["images"])
ANNOTATION_FOLDERS = frozenset(_FILE["words"]["annotations"])
IMAGE_SUFFIXES = frozenset(_FILE["words"]["suffixes"])
LEFT_FOLDERS = frozenset(_FILE["leftovers"]["folders"])
LEFT_EXACTLY = frozenset(_FILE["leftovers"]["exactly"])
LEFT_FILES = frozenset(_FILE["leftovers"]["files"])
THUMBNAILS = frozenset(_FILE["leftovers"]["thumbnails"])
LEFT_PATTERN = re.compile("|".join(f"(?:{one})" for one in _FILE["leftovers"]["patterns"]), re.IGNORECASE | re.DOTALL)
