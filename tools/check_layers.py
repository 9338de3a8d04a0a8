#!/usr/bin/env python3
"""Which folder may include which, and where a C library's names may stand."""

import pathlib
import re
import sys

import source_tree

BELOW_BLOCKS = ("edge/policy", "edge/observe", "edge/loop", "edge/base")
# A component kind's interface: components/state/state.h.
INTERFACE = re.compile(r"^components/(?P<kind>\w+)/(?P=kind)\.h$")

# Folder: the folders that it may include beside itself. "interfaces" stands for INTERFACE.
MAY_INCLUDE = {
    "edge/base": (),
    "edge/loop": ("edge/base",),
    "edge/store": ("edge/base",),
    "edge/net": ("edge/base", "edge/loop"),
    "edge/policy": ("edge/base", "edge/loop"),
    "edge/observe": ("edge/base", "edge/loop"),
    "edge/blocks": (*BELOW_BLOCKS, "interfaces", "sync/run"),
    "edge/api": ("edge/blocks", "edge/net", *BELOW_BLOCKS, "interfaces"),
    "components": ("edge/base", "edge/loop", "edge/store", "edge/net"),
    "sync/core": ("edge/base",),
    "sync/run": ("edge/base", "edge/loop", "edge/store", "edge/net", "sync/core", "interfaces"),
}
# Wiring, programs and tests see everything.
FREE = ("edge/daemon", "edge/cli", "tests", "examples")

# Names of a C library, its headers, and the folders that own them.
OWNERS = (
    (r"\buv_\w+", r"^uv\.h$", ("edge/loop",)),
    (r"\bsqlite3_\w+", r"^sqlite3\.h$", ("edge/store",)),
    (r"\bllhttp_\w+", r"^llhttp\.h$", ("edge/net",)),
    (r"\bnghttp2_\w+", r"^nghttp2/", ("edge/net",)),
    (r"\b(?:inflate|deflate)\w+\(", r"^zlib\.h$", ("edge/net",)),
    (r"\bmbedtls_\w+", r"^mbedtls/", ("edge/net",)),
    (r"\bmosquitto_\w+", r"^mosquitto\.h$", ("edge/net",)),
    (r"\byaml_(?:parser|event|char)_\w+", r"^yaml\.h$", ("edge/daemon",)),
)


def within(name: str, folder: str) -> bool:
    return name == folder or name.startswith(folder + "/")


def layer_of(name: str) -> str | None:
    return next((layer for layer in (*MAY_INCLUDE, *FREE) if within(name, layer)), None)


def is_allowed(layer: str, included: str) -> bool:
    if layer in FREE or within(included, layer):
        return True
    allowed = MAY_INCLUDE[layer]
    if "interfaces" in allowed and INTERFACE.match(included):
        return True
    return any(within(included, folder) for folder in allowed)


def include_problems(path: pathlib.Path) -> list[str]:
    layer = layer_of(str(path))
    if layer is None:
        return [f"{path}: stands in no known layer; name its folder in tools/check_layers.py"]
    ours = [name for name in source_tree.includes(path) if layer_of(name)]
    return [
        f"{path}: {layer} may not include {name}" for name in ours if not is_allowed(layer, name)
    ]


def owner_problems(path: pathlib.Path) -> list[str]:
    name = str(path)
    if within(name, "tests/bench"):  # measures us beside the bare library
        return []
    mirrored = name.removeprefix("tests/")
    problems = []
    for names, header, folders in OWNERS:
        if any(within(mirrored, folder) for folder in folders):
            continue
        code = source_tree.bare_code(path)
        for match in re.finditer(names, code):
            line = source_tree.line_at(code, match.start())
            problems.append(f"{name}:{line}: {match.group(0)} belongs to {folders[0]} alone")
        found = [i for i in source_tree.includes(path) if re.match(header, i)]
        problems += [f"{name}: <{i}> belongs to {folders[0]} alone" for i in found]
    return problems


def main() -> int:
    problems = []
    for path in source_tree.code_files(".h", ".cpp", ".c"):
        problems += include_problems(path) + owner_problems(path)
    return source_tree.report(problems)


if __name__ == "__main__":
    sys.exit(main())
