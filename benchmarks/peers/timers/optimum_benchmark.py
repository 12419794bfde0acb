"""optimum-benchmark's latency tracker, in the loop of its inference scenario.

The tool itself takes models by their name in a hub, and no module; so its loop stands here, with
its ten runs to warm up and its ten iterations at least, and `seconds` in place of its ten seconds.
Source: optimum_benchmark/scenarios/inference/scenario.py, run_inference_latency_tracking.
"""

from optimum_benchmark.scenarios.inference.config import InferenceConfig
from optimum_benchmark.trackers.latency import LatencySessionTracker

from benchmarks.peers.timers import Step


def times(step: Step, seconds: float, device: str) -> list[float]:
    config = InferenceConfig()
    for _ in range(config.warmup_runs):
        step()
    tracker = LatencySessionTracker(device=device, backend="pytorch")
    with tracker.session():
        while tracker.elapsed() < seconds or tracker.count() < config.iterations:
            with tracker.track():
                step()
        return tracker.get_latency().values
