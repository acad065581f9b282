"""Real processes for the tests of the keeper."""

from tests.integration.shared.conftest import small_disk, start

__all__ = ["small_disk", "start"]
