"""The training of networks, the same for every family: batches, epochs, callbacks, checkpoints, resume."""
