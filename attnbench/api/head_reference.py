"""What stands for a head that a script gives, as a command has it."""

from attnbench.errors import HeadError


def reference_of(head: object) -> str:
    """The head as it is typed behind --head: "ema", "ema:bases=32".

    Raises HeadError for what is no text. (A class of one's own would be named here, so that a
    worker can import it.)
    """
    if isinstance(head, str):
        return head
    told = f"a head is text here, as in 'ema:bases=32', not a {type(head).__name__}"
    raise HeadError(f"{told}; a module of your own is for attnbench.measure(module, shape)")
