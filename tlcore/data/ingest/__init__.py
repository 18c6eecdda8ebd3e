"""An upload on its way in: archives and folders opened in a disposable process, and what was found."""
