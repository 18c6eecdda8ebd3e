"""Models to take home, and back: safetensors and JSON only, nothing is ever unpickled."""
