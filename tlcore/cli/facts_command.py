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
    rows = [_row(compared) for compared in facts_beside(row.name)]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    about = published(row.name)
    print(f"{row.title} ({about.year}) · {about.authors}\n{about.paper}, {about.where}\n{about.idea}")
    for fact in rows:
        measured = "" if fact["measured"] is None else f"   measured {fact['measured']:,}"
        variant = f" ({fact['variant']})" if fact["variant"] else ""
        print(f"  {fact['fact']}{variant}: {fact['value']:,} {fact['unit']}{measured}   [{fact['source']}]")
        if fact["note"]:
            print(f"    {fact['note']}")
    return 0


def _row(compared: Compared) -> dict[str, Any]:
    fact = compared.fact
    remembered = "" if fact.checked else "The source was not looked up again."
    return {
        "fact": fact.fact,
        "value": fact.value,
        "unit": fact.unit,
        "variant": fact.variant,
        "source": fact.source,
        "measured": compared.measured,
        "note": " ".join(part for part in (fact.differs, fact.note, remembered) if part),
    }
