"""What a backward pass says of every layer of a network, and of networks with blocks switched."""
