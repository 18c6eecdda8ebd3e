"""What a network is, measured on the network itself: layers, shapes, parameters, MACs, memory, receptive fields."""
