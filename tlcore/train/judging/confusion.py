"""What a model takes for what: an order of the classes in which that is seen."""

import numpy as np
from numpy.typing import NDArray


def block_order(confusion: NDArray[np.int64]) -> list[int]:
    """The classes so that those which are taken for one another stand together, as blocks along the diagonal.

    Two classes are the nearer, the larger the shares of their images are that are taken for the other. They are
    clustered by mean distance, and the leaves of the tree laid out so that neighbours are as near as they can be
    (Bar-Joseph et al. 2001, "Fast optimal leaf ordering for hierarchical clustering"). `confusion` holds counts,
    `(classes, classes)`, rows are true classes. Where nothing is confused, the order stays.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    near = (shares + shares.T) / 2
    np.fill_diagonal(near, 0)
    if len(confusion) < 3 or not near.any():
        return list(range(len(confusion)))
    distances = squareform(1 - near - np.eye(len(near)), checks=False)
    return [int(leaf) for leaf in leaves_list(linkage(distances, "average", optimal_ordering=True))]
