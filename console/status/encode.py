"""The upkeep as plain JSON values: bytes, seconds, and microseconds UTC where a name ends in `_us`."""

from dataclasses import asdict
from typing import Any

from console.status.read import Upkeep

Json = dict[str, Any]


def upkeep_json(upkeep: Upkeep) -> Json:
    """Everything, ready for `json.dumps`."""
    return {
        "storage": asdict(upkeep.storage) if upkeep.storage else None,
        "forecast": asdict(upkeep.ahead) if upkeep.ahead else None,
        "archive": {
            "sealed_months": upkeep.sealed_months,
            "pruned_months": upkeep.pruned_months,
            "tiers": [asdict(each) for each in upkeep.tiers],
        },
        "backups": {"full_us": upkeep.full_us, "increment_us": upkeep.increment_us},
        "keeper": {"works": upkeep.keeper, "jobs": [asdict(row) for row in upkeep.jobs]},
        "leases": [asdict(each) for each in upkeep.leases],
        "processes": list(upkeep.runs),
    }
