"""What is in the package, as lintian, man, the shells and systemd see it."""
import gzip
import re
import subprocess

import pytest
from conftest import need
from support import package

UNIT = "usr/lib/systemd/system/edgelane.service"
LARGEST_KIB = 6 * 1024  # installed; the aim is 3 MiB


def unit_path(files):
    return next(path for path in (files / UNIT, files / UNIT.removeprefix("usr/"))
                if path.exists())


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.returncode, done.stdout


def test_lintian_finds_nothing(deb):
    need("lintian")
    # Bytes of machine code read like a misspelt word now and then.
    code, text = output("lintian", "--allow-root", "-EviIL", "+pedantic", "--tag-display-limit=0",
                        "--suppress-tags", "spelling-error-in-binary", "--no-cfg",
                        "--fail-on=error,warning,info,pedantic", str(deb))
    findings = [line for line in text.splitlines() if re.match(r"[EWIPX]: ", line)]
    assert not findings, "\n".join(findings)
    assert code == 0, text


def test_the_size_stays_small(deb):
    assert int(package.field(deb, "Installed-Size")) < LARGEST_KIB


def test_it_needs_nothing_but_libc_and_the_users_tool(deb):
    needed = re.findall(r"(?:^|[,|] *)([\w.+-]+)", package.field(deb, "Depends"))
    assert set(needed) <= {"libc6", "libgcc-s1", "systemd", "systemd-standalone-sysusers",
                           "systemd-sysusers", "systemd-standalone-tmpfiles", "systemd-tmpfiles"}


def test_configuration_survives_upgrades_as_conffiles(deb):
    listed = subprocess.check_output(["dpkg-deb", "-I", deb, "conffiles"], text=True).split()
    assert listed == ["/etc/default/edgelane", "/etc/edgelane/apps.yaml"]


@pytest.mark.parametrize("page, flag", [("man8/edgelaned.8.gz", "--resources-path"),
                                        ("man1/edgelane.1.gz", "completion")])
def test_man_pages_are_whole_and_clean(files, page, flag):
    need("man")
    path = files / "usr/share/man" / page
    code, text = output("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(path))
    assert code == 0 and "warning:" not in text
    source = gzip.decompress(path.read_bytes()).decode()
    assert flag.replace("-", "\\-") in source


def test_the_shells_take_the_completions(files):
    completion = files / "usr/share/bash-completion/completions/edgelane"
    assert output("bash", "-n", str(completion)) == (0, "")
    script = f"source {completion}; complete -p edgelane"
    assert output("bash", "-c", script) == (0, "complete -F _edgelane edgelane\n")
    assert (files / "usr/share/zsh/vendor-completions/_edgelane").read_text().startswith("#compdef")
    assert (files / "usr/share/fish/vendor_completions.d/edgelane.fish").stat().st_size > 0


def test_the_unit_is_hardened(files):
    need("systemd-analyze")
    code, text = output("systemd-analyze", "--no-pager", "security", "--offline=true",
                        "--threshold=20", str(unit_path(files)))
    assert code == 0, text


def test_no_path_of_the_machine_that_built_it(files):
    for program in ("edgelaned", "edgelane"):
        data = (files / "usr/bin" / program).read_bytes()
        assert str(package.REPOSITORY).encode() not in data
