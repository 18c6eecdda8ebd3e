"""A sample of timm's networks, one a module: measured as torch counts, and cut as the index says.

The rule: of every module of timm the network with the fewest multiply-adds; of these the 60 with the fewest. The bench
measures all: `python -m bench.timm_tables`.
"""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tlcore.measure.table import NOT_RUN, layer_table
from tlcore.measure.trace import trace
from tlcore.zoo.timm import index, reading
from tlcore.zoo.timm.cutting import cut

SIDE = 64


def sample() -> list[index.Entry]:
    """Sixty networks by the rule above."""
    by_size = sorted(index.entries().values(), key=lambda entry: entry.macs)
    least = {entry.module: entry for entry in reversed(by_size)}
    return sorted(least.values(), key=lambda entry: entry.macs)[:60]


def test_the_sample_is_sixty_networks_of_sixty_modules() -> None:
    assert len({entry.module for entry in sample()}) == 60


@pytest.mark.parametrize("entry", sample(), ids=lambda entry: entry.name)
def test_it_is_measured_as_torch_counts_and_cut_as_the_index_says(entry: index.Entry) -> None:
    network = reading.build(entry.name)
    own = entry.fixed or not entry.stages  # then it may run at no other size
    image = reading.image(network, None if own else max(entry.least, SIDE))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        found = cut(network, image)
    table = layer_table(trace(network, image))
    assert table.params == sum(parameter.numel() for parameter in network.parameters()) == entry.parameters
    assert table.macs == counter.get_total_flops() // 2
    assert table.macs == entry.macs or not own
    assert sum(row.params for row in table.rows if row.type != NOT_RUN) <= table.params
    assert (found.stages, found.head, found.pooled) == (entry.stages, entry.head, entry.pooled)
    assert found.why_not == entry.uncut
