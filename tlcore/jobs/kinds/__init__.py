"""The kinds of job: what each is asked to do, and the function that does it."""
