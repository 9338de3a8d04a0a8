"""Prints one line a case, in TAP."""


LIMIT = 10  # seconds that anything may take that must happen


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def case(self, name, function):
        verdict, why = "ok", ""
        try:
            function()
        except Exception as error:
            self.failed += 1
            verdict, why = "not ok", f" # {type(error).__name__}: {_one_line(error)}"
        self.count += 1
        print(f"{verdict} {self.count} - {name}{why}", flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def _one_line(error):
    return " ".join(str(error).split())[:500]


def equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


def refused(error_type, call):
    """The error of a call that must fail."""
    try:
        call()
    except error_type as error:
        return error
    raise AssertionError(f"no {error_type.__name__}")
