"""The SDKs: how each is installed, and the programs that use it."""
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys

import install

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE.parents[1] / "build/compat"


TOKENS = {"DAPR_API_TOKEN": "asked by the hub", "APP_API_TOKEN": "asked by the app"}


@dataclasses.dataclass
class Program:
    name: str
    protocol: str | None  # in which the hub calls the app; None: it does not
    command: list
    folder: pathlib.Path
    tokens: dict = dataclasses.field(default_factory=lambda: dict(TOKENS))


@dataclasses.dataclass
class Sdk:
    name: str
    install: object  # a function: makes the programs runnable, raises what install.py names
    programs: list


def _kept(name):
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def python():
    sources, kept = HERE / "python", KEPT / "python"
    interpreter = kept / "bin/python"

    def prepare():
        _kept("python")
        pinned = sources / "requirements.txt"
        install.install_once(kept, [pinned], [
            [sys.executable, "-m", "venv", "--clear", kept],
            [interpreter, "-m", "pip", "install", "--quiet", "--retries", "1", "-r", pinned],
        ], sources, dict(os.environ))

    command = [interpreter, "-B", "shop.py"]
    # The SDK leaves the token out of some of its streams.
    return Sdk("python", prepare, [Program("python", "grpc", command, sources, {})])


def javascript():
    sources, kept = HERE / "javascript", KEPT / "javascript"

    def prepare():
        install.need_program("node")
        install.need_program("npm")
        # Beside node_modules, where node looks for it.
        for path in sources.iterdir():
            shutil.copy(path, _kept("javascript"))
        lock = [kept / "package.json", kept / "package-lock.json"]
        install.install_once(kept, lock, [
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1",
             f"--cache={KEPT}/npm"]], kept, dict(os.environ))

    return Sdk("javascript", prepare, [
        Program("javascript-http", "http", ["node", "shop.mjs", "http", "http"], kept),
        Program("javascript-grpc", "http", ["node", "shop.mjs", "grpc", "http"], kept),
        Program("javascript-grpc-app", "grpc", ["node", "shop.mjs", "grpc", "grpc"], kept)])


def go():
    sources, program = HERE / "go", KEPT / "go/shop"
    # go.mod is for Debian's Go, newer.mod for the Go that the newest SDK asks for.
    modules, tokens = [], {}  # the older SDK leaves the token out of configuration
    if _go_is_new():
        modules, tokens = ["-modfile=newer.mod", "-tags=newer"], TOKENS

    def prepare():
        install.need_program("go")
        kept = _kept("go")
        environment = {**os.environ, "GOPATH": str(kept), "GOCACHE": str(kept / "cache"),
                       "GOTOOLCHAIN": "local", "GOFLAGS": "-modcacherw -buildvcs=false"}
        # go knows by itself what is up to date.
        install.run_client(["go", "build", *modules, "-o", program, "."], sources, environment)

    return Sdk("go", prepare, [
        Program("go", "http", [program, "http"], sources, tokens),
        Program("go-grpc-app", "grpc", [program, "grpc"], sources, tokens)])


def _go_is_new():
    wanted = re.search(r"^go (\d+)\.(\d+)", (HERE / "go/newer.mod").read_text(), re.MULTILINE)
    if not shutil.which("go"):
        return False
    told = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"go(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) >= tuple(map(int, wanted.groups()))


def java():
    sources, kept = HERE / "java", KEPT / "java"

    def prepare():
        install.need_program("mvn")
        _kept("java")
        inputs = [sources / "pom.xml", *sorted(sources.rglob("*.java"))]
        install.install_once(kept, inputs, [
            ["mvn", "--quiet", "--batch-mode", f"-Dmaven.repo.local={kept}/repository",
             f"-Dkept={kept}", "compiler:compile", "dependency:copy-dependencies"],
        ], sources, dict(os.environ))

    # The short-lived program is not worth a compiler that optimizes.
    command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
               f"{kept}/classes:{kept}/dependency/*", "compat.Shop"]
    return Sdk("java", prepare, [Program("java", None, command, sources)])


ALL = {"python": python, "javascript": javascript, "go": go, "java": java}
