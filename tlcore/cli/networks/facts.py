"""`tlcore facts`: what is published about a network, beside what is measured."""

import json
from argparse import Namespace
from typing import Any

from tlcore.measure.against import Compared, facts_beside
from tlcore.zoo import architectures
from tlcore.zoo.facts import published


def run(options: Namespace) -> int:
    """Print a row a fact."""
    row = architectures.get(options.net)
    beside = facts_beside(row.name)
    if options.json:
        print(json.dumps([_row(compared) for compared in beside], ensure_ascii=False))
        return 0
    about = published(row.name)
    print(f"{row.title} ({about.year}) · {about.authors}\n{about.paper}, {about.where}\n{about.idea}")
    for compared in beside:
        print(_line(compared))
        if compared.fact.remark:
            print(f"    {compared.fact.remark}")
    return 0


def _line(compared: Compared) -> str:
    fact = compared.fact
    measured = "" if compared.measured is None else f"   measured {compared.measured:,}"
    variant = f" ({fact.variant})" if fact.variant else ""
    return f"  {fact.fact}{variant}: {fact.value:,} {fact.unit}{measured}   [{fact.source}]"


def _row(compared: Compared) -> dict[str, Any]:
    fact = compared.fact
    return {
        "fact": fact.fact,
        "value": fact.value,
        "unit": fact.unit,
        "variant": fact.variant,
        "source": fact.source,
        "measured": compared.measured,
        "note": fact.remark,
    }
