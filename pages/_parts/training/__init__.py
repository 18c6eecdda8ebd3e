"""Train and Runs: the form, a run as it goes, its twin, runs compared."""
