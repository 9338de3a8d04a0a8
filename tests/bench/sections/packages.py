"""Sizes of the packages that are built, and their hub under qemu beside this machine's own."""
import dataclasses
import pathlib
import random
import shutil
import statistics
import subprocess
import time

from lab import machine, report, servers

TITLE = "Packages: sizes, and other architectures under qemu"
BUILD = pathlib.Path(__file__).resolve().parents[3] / "build"
QEMU = {"arm64": ["qemu-aarch64-static"], "armhf": ["qemu-arm-static", "-cpu", "cortex-a7"]}
READY = "/v1.0/healthz/outbound"
STARTS = 20
SETTLE = 0.5  # seconds until a hub is at rest
MEGABYTE = 1e6
NOT_BUILT = "–"


@dataclasses.dataclass
class Variant:
    """One way in which the hub is built."""

    name: str
    programs: pathlib.Path  # the folder of edgelaned and edgelane
    emulator: list
    package: str = NOT_BUILT  # MB
    installed: str = NOT_BUILT  # MB

    def size(self, program):
        return f"{(self.programs / program).stat().st_size / MEGABYTE:.2f}"

    def row(self):
        return (self.name, self.size("edgelaned"), self.size("edgelane"), self.package,
                self.installed)


def output(*command):
    return subprocess.check_output([str(word) for word in command], text=True).strip()


def emulator_of(architecture):
    """Nothing for this machine's own; the libraries are those of ./dev cross."""
    if architecture not in QEMU:
        return []
    name, *options = QEMU[architecture]
    sysroot = BUILD / f"sysroot-{architecture}"
    folders = ":".join(str(path) for path in sysroot.glob("**/lib/*-linux-gnu*") if path.is_dir())
    return [shutil.which(name) or name, *options, "-L", str(sysroot), "-E",
            f"LD_LIBRARY_PATH={folders}"]


def packaged(bench, deb):
    """What is in a package."""
    architecture = output("dpkg-deb", "-f", deb, "Architecture")
    folder = bench.lab.path(f"package-{architecture}")
    subprocess.run(["dpkg-deb", "-x", deb, folder], check=True)
    kibibytes = int(output("dpkg-deb", "-f", deb, "Installed-Size"))
    return Variant(architecture, folder / "usr/bin", emulator_of(architecture),
                   f"{deb.stat().st_size / MEGABYTE:.2f}", f"{kibibytes * 1024 / MEGABYTE:.1f}")


def static(bench, architecture):
    """The programs of ./dev cross ARCH --static, without their symbols."""
    folder = bench.lab.path(f"static-{architecture}")
    folder.mkdir()
    for program in ("edgelaned", "edgelane"):
        subprocess.run(["llvm-strip-19", BUILD / f"{architecture}-static/bin" / program, "-o",
                        folder / program], check=True)
    return Variant(f"{architecture}, static", folder, emulator_of(architecture))


def built(bench):
    """This machine's package first."""
    debs = [deb for deb in (BUILD / "deb").glob("edgelane_*.deb")]
    variants = sorted((packaged(bench, deb) for deb in debs), key=lambda one: len(one.emulator))
    return variants + [static(bench, architecture) for architecture in QEMU
                       if (BUILD / f"{architecture}-static/bin/edgelane").exists()]


def command(bench, variant, port):
    """A hub with a directory of its own and no resources."""
    root = bench.lab.path(f"root-{variant.name.replace(', ', '-')}")
    program = [*variant.emulator, str(variant.programs / "edgelaned")]
    return [*program, "--root", str(root), "--dapr-http-port", str(port)]


def milliseconds_to_start(bench, variant):
    port = servers.free_port()
    tool = [bench.lab.tool("startup"), str(bench.lab.turn.cpu), str(port), READY]
    return int(output(*tool, *command(bench, variant, port))) / 1e6


def pss_at_rest(bench, variant):
    port = servers.free_port()
    hub = bench.lab.start(variant.name, command(bench, variant, port), port)
    time.sleep(SETTLE)
    kilobytes = machine.pss_kb(hub.pid)
    bench.lab.stop(hub)
    return kilobytes


def measured(bench, variants):
    """Rows of the hub at start and at rest, as ratios to the first one's."""
    times = {variant.name: [] for variant in variants}
    for variant in variants:
        milliseconds_to_start(bench, variant)  # leaves what later starts find
    for _ in range(5 if bench.quick else STARTS):
        for variant in random.sample(variants, len(variants)):
            took = bench.quiet.run(lambda one=variant: milliseconds_to_start(bench, one), tries=1)
            times[variant.name].append(took)
    medians = {name: statistics.median(values) for name, values in times.items()}
    pss = {variant.name: pss_at_rest(bench, variant) for variant in variants}
    own = variants[0].name
    rows = [(own, f"{medians[own]:.1f} ms", f"{pss[own]} KB")]
    return rows + [(f"{variant.name}, under qemu", f"× {medians[variant.name] / medians[own]:.0f}",
                    f"× {pss[variant.name] / pss[own]:.1f}") for variant in variants[1:]]


def run(bench):
    """None where there is no package of this machine's or of another architecture."""
    bench.say("sizes of the packages")
    variants = built(bench)
    if len(variants) < 2 or variants[0].emulator:
        return None
    bench.say(f"starts of {len(variants)} hubs, most of them under qemu")
    rows = measured(bench, variants)
    text = (report.table(("architecture", "edgelaned MB", "edgelane MB", "package MB",
                          "installed MB"), [variant.row() for variant in variants])
            + "\n\nPrograms as they are installed, without symbols. Started before, no resources, "
            "from fork and exec to the first 2xx; PSS at rest. Under qemu a figure is a ratio to "
            "this machine's own and tells about qemu as much as about the hub: its translator and "
            "what it has translated are in the process.\n\n"
            + report.table(("hub", "start", "PSS"), rows))
    return report.Section("packages", TITLE, text, [])
