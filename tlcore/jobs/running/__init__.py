"""Runs on their way: the queue, its turns, the workers and what keeps them alive, and what finished runs left."""
