"""Records of several machines in one place: what is compared is of one machine."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from attnbench.kinds import NO_DEVICE
from attnbench.lines import latest, repeats
from attnbench.record import Environment, Record
from attnbench.records import Records

ID_SHOWN = 8  # characters of an environment's id that tell it from others in a table

CHANGES_TIMES = (
    "python", "torch", "cuda", "driver", "cpu", "cores", "threads", "gpus", "flags", "governor",
    "turbo", "quota_cores",
)  # fmt: skip


def apart(records: Iterable[Record]) -> Records:
    """The last record of each trial and round; by machine, where several measured the same.

    The device of such a trial is then named after its environment: "cuda:53c60e73".
    """
    records = Records.of(records)
    if not repeats(records):
        return records
    taken_on: dict[tuple[int, int], set[str]] = {}
    found, trials = records.with_readings(), records.columns.trials
    for trial, number, (environment, _, _) in zip(
        found.trials.tolist(), found.rounds.tolist(), found.places, strict=True
    ):
        if trials[trial].device != NO_DEVICE:
            taken_on.setdefault((trial, number), set()).add(environment)
    if all(len(machines) == 1 for machines in taken_on.values()):
        return latest(records)
    return latest(on_its_machine(r) if r.trial.device != NO_DEVICE else r for r in records)


def on_its_machine(record: Record) -> Record:
    trial = record.trial
    trial = replace(trial, device=f"{trial.device}:{record.environment[:ID_SHOWN]}")
    return msgspec.structs.replace(record, trial=trial, key=trial.key)


def is_named_after(device: str, environment: str) -> bool:
    """Whether it was named so by `on_its_machine`."""
    return device.endswith(f":{environment[:ID_SHOWN]}")


def machine(environment: Environment) -> str:
    """Hash of what can change a time, but for the code: the same for every commit of attnbench.

    Cards of one model differ, so each is a machine of its own. The release of the kernel is not in
    it: it changes with every update of the system, and then no history would grow old.
    """
    told = {name: getattr(environment, name) for name in CHANGES_TIMES}
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()[:12]
