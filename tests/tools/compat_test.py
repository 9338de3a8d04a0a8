"""What ./dev compat makes of what programs and package clients say."""
import importlib
import os
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compat"))
install = importlib.import_module("install")
tap = importlib.import_module("tap")


def verdicts(text):
    return [(case.name, case.verdict) for case in tap.read_cases(text)]


def test_cases_are_read_between_other_lines():
    text = "hello\nok 1 - a\nnot ok 2 - b: c # it broke # twice\nok 3 - d # SKIP no time\n1..3\n"
    assert verdicts(text) == [("a", "passed"), ("b: c", "failed"), ("d", "skipped")]
    assert [case.why for case in tap.read_cases(text)] == ["", "it broke # twice", "no time"]


@pytest.mark.parametrize("text", ["", "ok 1 - a\n", "ok 1 - a\n1..2\n"])
def test_a_program_that_ends_early_has_failed(text):
    assert verdicts(text)[-1] == ("the program tells all its cases", "failed")


def test_junit_holds_what_sum_tests_counts(tmp_path):
    cases = [tap.Case("a", "passed"), tap.Case("b", "failed", "<why>"),
             tap.Case("c", "skipped", "no registry")]
    tap.write_junit(tmp_path / "out", "go", cases, 1.5, "a log\x00 with a zero byte")
    found = ElementTree.parse(tmp_path / "out" / "go.xml").getroot().findall("testcase")
    assert [[child.tag for child in case] for case in found] == [[], ["failure"], ["skipped"]]


@pytest.mark.parametrize("said, error", [
    ("dial tcp: lookup proxy: no such host", install.NoRegistry),
    ("npm error code EAI_AGAIN", install.NoRegistry),
    ("ERROR: No matching distribution found for nothing==1", install.Failed)])
def test_what_a_client_says_tells_whether_there_is_a_registry(said, error, tmp_path):
    with pytest.raises(error):
        install.run_client(["sh", "-c", f"echo '{said}'; exit 1"], tmp_path, dict(os.environ))


def test_what_is_installed_is_installed_again_only_where_its_inputs_changed(tmp_path):
    pinned = tmp_path / "pinned"
    commands = [["sh", "-c", "echo x >> count"]]
    for text in ("1", "1", "2"):
        pinned.write_text(text)
        install.install_once(tmp_path, [pinned], commands, tmp_path, dict(os.environ))
    assert (tmp_path / "count").read_text().count("x") == 2
