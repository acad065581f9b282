"""Every kernel by the name a spec gives it."""

from collections.abc import Mapping

from shared.indicators.kernel import Kernel
from shared.indicators.kernels import averages, bands, channels, momentum, oscillators, range, trend, volume  # noqa: A004

KERNELS: Mapping[str, Kernel] = {
    **averages.KERNELS,
    **momentum.KERNELS,
    **oscillators.KERNELS,
    **bands.KERNELS,
    **trend.KERNELS,
    **range.KERNELS,
    **channels.KERNELS,
    **volume.KERNELS,
}
