#!/usr/bin/env python3
"""Makes the unwinding tables of compiled files small: slim_unwinding.py FILE...

A compiler describes the stack after every push and pop, so that it can be walked from any
instruction. An exception is only ever thrown through a call, so this keeps what is true at the calls
and drops the rest, in place: objects and archives, ELF of 64 bits, x86-64 and AArch64. What it does
not understand it leaves as it is. Running it again changes nothing.

Source: DWARF 5 section 6.4; the Linux Standard Base's chapter on .eh_frame.
"""

import bisect
import re
import struct
import sys
from dataclasses import dataclass, field, replace

X86_64, AARCH64 = 62, 183
RELA = 4
NAMES_FDE_AND_PC = 0x1B  # DW_EH_PE_pcrel | DW_EH_PE_sdata4

# An instruction that calls has one of these bytes in x86; what else has one is kept for nothing.
X86_CALL = re.compile(rb"[\xe8\xff]")


class Unknown(Exception):
    """Something that this program does not know, so that it leaves the file alone."""


@dataclass(frozen=True)
class State:
    """Where the caller's frame is: `cfa` is a register and an offset."""

    cfa: tuple = (0, 0)
    saved: tuple = ()  # (register, offset) in order
    args: int = 0


@dataclass
class Entry:
    """A CIE or an FDE: its place, its bytes before the instructions, and these."""

    start: int
    head: bytes
    code: bytes
    cie: "Cie" = None


@dataclass
class Cie(Entry):
    code_align: int = 1
    data_align: int = -8
    initial: State = field(default_factory=State)


class Reader:
    """Reads the numbers of an unwinding table."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self, width):
        self.at += width
        return int.from_bytes(self.data[self.at - width : self.at], "little")

    def uleb(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def sleb(self):
        start = self.at
        value = self.uleb()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) else value


def uleb(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def with_saved(state, register, offset):
    saved = dict(state.saved)
    if offset is None:
        saved.pop(register, None)
    else:
        saved[register] = offset
    return replace(state, saved=tuple(sorted(saved.items())))


def step(reader, op, state, cie, remembered):
    """The state after one instruction that does not move on in the code."""
    high, low = op & 0xC0, op & 0x3F
    if high == 0x80:
        return with_saved(state, low, reader.uleb())
    if high == 0xC0:
        return with_saved(state, low, dict(cie.initial.saved).get(low))
    if op == 0x0C:
        return replace(state, cfa=(reader.uleb(), reader.uleb()))
    if op == 0x0D:
        return replace(state, cfa=(reader.uleb(), state.cfa[1]))
    if op == 0x0E:
        return replace(state, cfa=(state.cfa[0], reader.uleb()))
    if op == 0x2E:
        return replace(state, args=reader.uleb())
    if op == 0x0A:
        remembered.append(state)
        return state
    if op == 0x0B:
        return remembered.pop()
    if op == 0:
        return state
    raise Unknown(f"instruction {op:#x}")


def rows(code, cie, length):
    """(from, to, state) of each stretch of a function; the whole of it."""
    reader, state, at, remembered, out = Reader(code), cie.initial, 0, [], []
    while reader.at < len(code):
        op = reader.byte()
        if op & 0xC0 == 0x40:
            by = op & 0x3F
        elif op in (2, 3, 4):
            by = reader.number(1 << (op - 2))
        else:
            state = step(reader, op, state, cie, remembered)
            continue
        out.append((at, at + by * cie.code_align, state))
        at += by * cie.code_align
    out.append((at, length, state))
    return out


def advance(by, cie):
    by //= cie.code_align
    if by < 0x40:
        return bytes([0x40 | by])
    width = 1 if by < 0x100 else 2 if by < 0x10000 else 4
    return bytes([{1: 2, 2: 3, 4: 4}[width]]) + by.to_bytes(width, "little")


def change(old, new, cie):
    """The instructions from one state to another."""
    out = b""
    if old.cfa != new.cfa:
        if old.cfa[0] == new.cfa[0]:
            out += b"\x0e" + uleb(new.cfa[1])
        elif old.cfa[1] == new.cfa[1]:
            out += b"\x0d" + uleb(new.cfa[0])
        else:
            out += b"\x0c" + uleb(new.cfa[0]) + uleb(new.cfa[1])
    before, after, initial = dict(old.saved), dict(new.saved), dict(cie.initial.saved)
    for register in sorted(before.keys() | after.keys()):
        if before.get(register) == after.get(register):
            continue
        if after.get(register) == initial.get(register):
            out += bytes([0xC0 | register])
        else:
            out += bytes([0x80 | register]) + uleb(after[register])
    if old.args != new.args:
        out += b"\x2e" + uleb(new.args)
    return out


def slim(code, cie, text, calls):
    """The shortest instructions that say the same at every call in `text`."""
    out, state, at = b"", cie.initial, 0
    first = True
    for start, end, row in rows(code, cie, len(text)):
        if not calls(text[start:end]):
            continue
        if row != state:
            if not first:
                out += advance(start - at, cie)
                at = start
            out += change(state, row, cie)
            state = row
        first = False
    return out


def x86_calls(text):
    return X86_CALL.search(text) is not None


def aarch64_calls(text):
    words = struct.unpack(f"<{len(text) // 4}I", text[: len(text) // 4 * 4])
    return any(w >> 26 == 0x25 or w & 0xFFFFFC1F == 0xD63F0000 for w in words)


class Elf:
    """One object inside `data`, from `base` on."""

    def __init__(self, data, base):
        self.data, self.base = data, base
        if data[base + 4 : base + 6] != b"\x02\x01":
            raise Unknown("not 64 bits, little endian")
        self.machine = struct.unpack_from("<H", data, base + 18)[0]
        if self.machine not in (X86_64, AARCH64):
            raise Unknown(f"machine {self.machine}")
        self.headers = struct.unpack_from("<Q", data, base + 40)[0]
        count, names = struct.unpack_from("<HH", data, base + 60)
        self.sections = [self.header(i) for i in range(count)]
        self.names = self.content(names)

    def header(self, index):
        """name, type, flags, address, offset, size, link, info, align, entry size."""
        return struct.unpack_from("<IIQQQQIIQQ", self.data, self.base + self.headers + 64 * index)

    def content(self, index):
        offset, size = self.sections[index][4:6]
        return bytes(self.data[self.base + offset : self.base + offset + size])

    def name(self, index):
        start = self.sections[index][0]
        return self.names[start : self.names.index(b"\0", start)]

    def relocations_of(self, index):
        for i, section in enumerate(self.sections):
            if section[1] == RELA and section[7] == index:
                return i
        raise Unknown("no relocations")

    def slim_all(self):
        for i, section in enumerate(self.sections):
            if self.name(i) == b".eh_frame" and section[5]:
                self.slim_section(i)

    def slim_section(self, index):
        relocations = self.relocations_of(index)
        self.symbols = self.content(self.sections[relocations][6])
        places = list(struct.iter_unpack("<QQq", self.content(relocations)))
        targets = {offset: (info >> 32, addend) for offset, info, addend in places}
        out, moved = bytearray(), {}
        for entry in entries(self.content(index)):
            moved[entry.start] = len(out)
            body = bytearray(entry.head)
            body += self.fde_code(entry, targets) if entry.cie else entry.code
            body += b"\0" * (-len(body) % 4)
            struct.pack_into("<I", body, 0, len(body) - 4)
            if entry.cie:
                struct.pack_into("<I", body, 4, len(out) + 4 - moved[entry.cie.start])
            out += body
        self.write(index, relocations, out, list(move(places, moved)))

    def fde_code(self, entry, targets):
        if entry.start + 8 not in targets:
            raise Unknown("a function without a relocation")
        symbol, addend = targets[entry.start + 8]
        section, value = struct.unpack_from("<HQ", self.symbols, 24 * symbol + 6)
        if not 0 < section < len(self.sections):
            raise Unknown("a function in no section")
        length = struct.unpack_from("<I", entry.head, 12)[0]
        text = self.content(section)[value + addend :][:length]
        calls = x86_calls if self.machine == X86_64 else aarch64_calls
        try:
            return slim(entry.code, entry.cie, text, calls)
        except Unknown:
            return entry.code

    def write(self, index, relocations, table, places):
        start, size = self.base + self.sections[index][4], self.sections[index][5]
        if len(table) > size:
            raise Unknown("it grew")
        self.data[start : start + size] = table + b"\0" * (size - len(table))
        struct.pack_into("<Q", self.data, self.base + self.headers + 64 * index + 32, len(table))
        start = self.base + self.sections[relocations][4]
        packed = b"".join(struct.pack("<QQq", *place) for place in places)
        self.data[start : start + len(packed)] = packed


def move(places, moved):
    """Relocations, at the same distance from the start of their entry as before."""
    starts = sorted(moved)
    for offset, info, addend in places:
        start = starts[bisect.bisect_right(starts, offset) - 1]
        yield offset - start + moved[start], info, addend


def entries(table):
    """The entries of an .eh_frame, in their order."""
    at, cies = 0, {}
    while at < len(table):
        length, link = struct.unpack_from("<II", table, at)
        if length in (0, 0xFFFFFFFF):
            raise Unknown("an end or a large entry")
        body = table[at : at + 4 + length]
        if link == 0:
            cies[at] = read_cie(at, body)
            yield cies[at]
        else:
            reader = Reader(body, 16)
            length_of_data = reader.uleb()
            reader.at += length_of_data
            yield Entry(at, body[: reader.at], body[reader.at :], cies[at + 4 - link])
        at += 4 + length


def read_cie(start, body):
    end = body.index(b"\0", 9)
    augmentation = body[9:end]
    reader = Reader(body, end + 1)
    cie = Cie(start, b"", b"", None, reader.uleb(), reader.sleb())
    reader.uleb()  # the register of the return address
    if not re.fullmatch(rb"zP?L?R", augmentation):
        raise Unknown(f"augmentation {augmentation}")
    length = reader.uleb()
    reader.at += length
    if body[reader.at - 1] != NAMES_FDE_AND_PC:
        raise Unknown("addresses of another form")
    cie.head, cie.code = body[: reader.at], body[reader.at :]
    cie.initial = rows(cie.code, cie, 0)[-1][2]
    return cie


def objects(data):
    """Where each ELF object starts: the file itself, or what is in an archive."""
    if data[:4] == b"\x7fELF":
        yield 0
    if data[:8] != b"!<arch>\n":
        return
    at = 8
    while at + 60 <= len(data):
        size = int(data[at + 48 : at + 58])
        if data[at + 60 : at + 64] == b"\x7fELF":
            yield at + 60
        at += 60 + size + size % 2


def main(paths):
    for path in paths:
        with open(path, "rb") as file:
            data = bytearray(file.read())
        before = bytes(data)
        for base in objects(data):
            try:
                Elf(data, base).slim_all()
            except Unknown:
                pass
        if data != before:
            with open(path, "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main(sys.argv[1:])
