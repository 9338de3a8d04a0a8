import os
import shutil
import subprocess

import pytest
import slim_unwinding
from slim_unwinding import Cie, State

COMPILER = os.environ.get("CXX") or shutil.which("clang++-19") or shutil.which("c++")
FLAGS = ["-std=c++20", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fPIE"]

# Frames with saved registers, arguments on the stack, an early return, and cleaning up on the way.
PROGRAM = r"""
#include <cstdio>
#include <stdexcept>
#include <string>

struct Named {
  std::string name;
  ~Named() { std::printf("%s ", name.c_str()); }
};

[[gnu::noinline]] int many(int a, int b, int c, int d, int e, int f, int g, int h, std::string i) {
  Named last{i + "!"};
  if (a == 0) throw std::runtime_error("thrown with " + std::to_string(g + h));
  return a + b + c + d + e + f + g + h;
}

[[gnu::noinline]] int walk(int depth, int (*next)(int, int (*)(int, void*))) {
  if (depth > 100) return depth;
  Named here{"walk" + std::to_string(depth)};
  int sum = 0;
  for (int i = 3; i >= depth; --i) sum += many(i, depth, sum, i, i, sum, depth, i, here.name);
  return sum + (next == nullptr ? walk(depth - 1, nullptr) : 0);
}

int main() {
  try {
    std::printf("%d", walk(2, nullptr));
  } catch (const std::exception& thrown) {
    std::printf("caught: %s\n", thrown.what());
  }
}
"""

INITIAL = State(cfa=(7, 8), saved=((16, 1),))
CIE = Cie(0, b"", b"", None, 1, -8, INITIAL)
PUSH, CALL, POP, RETURN = b"\x53", b"\xe8\0\0\0\0", b"\x5b", b"\xc3"


def compiled(folder, level):
    if COMPILER is None:
        pytest.fail("no C++ compiler; install clang-19, or name one in CXX")
    source = folder / "program.cpp"
    source.write_text(PROGRAM)
    made = folder / "program.o"
    subprocess.run([COMPILER, *FLAGS, level, "-c", source, "-o", made], check=True)
    return made


def output_of(made):
    program = made.with_suffix("")
    subprocess.run([COMPILER, "-pie", made, "-o", program], check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout


def table_size(made):
    data = bytearray(made.read_bytes())
    elf = slim_unwinding.Elf(data, 0)
    return sum(s[5] for i, s in enumerate(elf.sections) if elf.name(i) == b".eh_frame")


@pytest.mark.parametrize("level", ["-O2", "-Os"])
def test_an_exception_passes_as_before_through_a_smaller_table(tmp_path, level):
    made = compiled(tmp_path, level)
    before, large = output_of(made), table_size(made)
    assert "caught: thrown with" in before
    slim_unwinding.main([made])
    assert table_size(made) < 0.8 * large
    assert output_of(made) == before


def test_a_second_run_changes_nothing(tmp_path):
    made = compiled(tmp_path, "-Os")
    slim_unwinding.main([made])
    once = made.read_bytes()
    slim_unwinding.main([made])
    assert made.read_bytes() == once


def test_reaches_the_objects_of_an_archive(tmp_path):
    made = compiled(tmp_path, "-Os")
    archive = tmp_path / "program.a"
    subprocess.run(["ar", "rc", archive, made], check=True)
    slim_unwinding.main([made, archive])
    subprocess.run(["ar", "x", archive, "program.o"], check=True, cwd=tmp_path)
    expected = made.read_bytes()
    assert (tmp_path / "program.o").read_bytes() == expected


def test_leaves_alone_what_is_no_object(tmp_path):
    text = tmp_path / "text"
    text.write_bytes(b"\x7fELF\x01\x01 of 32 bits")
    slim_unwinding.main([text])
    assert text.read_bytes() == b"\x7fELF\x01\x01 of 32 bits"


def slim(code, text):
    return slim_unwinding.slim(code, CIE, text, slim_unwinding.x86_calls)


def test_says_at_once_what_is_true_at_the_first_call():
    # advance 1, CFA at 16, rbx at CFA-16; advance 6, CFA at 8
    code = b"\x41\x0e\x10\x83\x02\x46\x0e\x08"
    assert slim(code, PUSH + CALL + POP + RETURN) == b"\x0e\x10\x83\x02"


def test_keeps_a_change_between_two_calls():
    code = b"\x46\x0e\x10"  # advance 6, CFA at 16
    assert slim(code, CALL + PUSH + CALL) == b"\x46\x0e\x10"


def test_says_nothing_of_a_function_that_calls_none():
    assert slim(b"\x41\x0e\x10\x41\x0e\x08", PUSH + POP + RETURN) == b""


def test_a_state_that_is_remembered_comes_back():
    # push; call | remember, CFA at 8; pop, return | restore; call
    code = b"\x41\x0e\x10\x46\x0a\x0e\x08\x41\x0b"
    text = PUSH + CALL + POP + RETURN + CALL
    assert slim(code, text) == b"\x0e\x10"
