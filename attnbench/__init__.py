"""attnbench: what an attention head for dense prediction costs, and what it buys.

For scripts and notebooks: `run` measures a suite, `load` has its readings as a DataFrame, `measure`
and `predict` tell what any module or head costs, `compare` holds two runs against each other;
`head`, `metric` and `dataset` declare code of your own. Each name is imported when it is first
asked for, so `import attnbench` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attnbench.api.comparing import compare
    from attnbench.api.comparison import Change, Comparison
    from attnbench.api.loading import load
    from attnbench.api.measured import Measured, Quantity
    from attnbench.api.measuring import measure
    from attnbench.api.predicting import predict
    from attnbench.api.run_handle import Run
    from attnbench.api.running import run
    from attnbench.cost import Cost
    from attnbench.declaring import dataset, head, metric
    from attnbench.errors import AttnbenchError, UnmeasuredError
    from attnbench.prediction import Memory, Outlook, Prediction
    from attnbench.stats import Estimate
    from attnbench.trial import Budget, Shape, Trial

__version__ = "0.1.0"

__all__ = [
    "AttnbenchError",
    "Budget",
    "Change",
    "Comparison",
    "Cost",
    "Estimate",
    "Measured",
    "Memory",
    "Outlook",
    "Prediction",
    "Quantity",
    "Run",
    "Shape",
    "Trial",
    "UnmeasuredError",
    "compare",
    "dataset",
    "head",
    "load",
    "measure",
    "metric",
    "predict",
    "run",
]

_MODULES = {
    "AttnbenchError": "errors",
    "Budget": "trial",
    "Change": "api.comparison",
    "Comparison": "api.comparison",
    "Cost": "cost",
    "Estimate": "stats",
    "Measured": "api.measured",
    "Memory": "prediction",
    "Outlook": "prediction",
    "Prediction": "prediction",
    "Quantity": "api.measured",
    "Run": "api.run_handle",
    "Shape": "trial",
    "Trial": "trial",
    "UnmeasuredError": "errors",
    "compare": "api.comparing",
    "dataset": "declaring",
    "head": "declaring",
    "load": "api.loading",
    "metric": "declaring",
    "predict": "api.predicting",
}
_PACKAGES = ("measure", "run")  # which are functions as well: see `callable_package`


if not TYPE_CHECKING:  # which else would take every name for one that is there

    def __getattr__(name: str) -> Any:
        if name in _PACKAGES:
            return import_module(f"{__name__}.{name}")
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
