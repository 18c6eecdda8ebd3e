"""Networks that torchvision does not have, as plain modules written from their papers; one file a family."""
