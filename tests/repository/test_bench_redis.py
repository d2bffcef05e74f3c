"""The benchmark's picture."""

from __future__ import annotations

from xml.etree import ElementTree

from ..tools.bench_redis import consumer as listening
from ..tools.bench_redis import publishing
from ..tools.bench_redis.figures import Figures
from ..tools.bench_redis.plot import plot


def test_the_picture_highlights_ours_and_rust() -> None:
    """Each contender has a bar, as long as its median, and a colour of its own kind."""
    publish = {publishing.OURS: [5e-4, 5e-4], publishing.RAW: [1e-3, 1e-3], publishing.RUST: [4e-4, 4e-4]}
    latency = {listening.OURS: [[275_000], [275_000]], listening.BARE: [[225_000], [225_000]]}
    rate = {listening.OURS: [92_000.0, 92_000.0], listening.BARE: [62_000.0, 62_000.0]}
    drawn = ElementTree.fromstring(plot(Figures(publish, latency, rate, {}, 0)))
    kinds = [bar.get("class") for bar in drawn.findall(".//{*}rect")]
    assert ["ours", "other", "rust", "ours", "other", "ours", "other"] == kinds
    first, second, *_ = [float(bar.get("width", "")) for bar in drawn.findall(".//{*}rect")]
    assert second == 2 * first
