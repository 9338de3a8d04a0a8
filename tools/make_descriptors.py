#!/usr/bin/env python3
"""Writes edge/api/grpc/descriptors.cpp: our .proto files as server reflection gives them."""
import gzip
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROTOS = ROOT / "edge/api/grpc/proto"
# Those that the hub serves; what they import comes with them.
SERVED = ("dapr/proto/runtime/v1/dapr.proto", "grpc/health/v1/health.proto",
          "grpc/reflection/v1/reflection.proto", "grpc/reflection/v1alpha/reflection.proto")
A_LINE = 16

HEAD = """// The descriptors of the services, a google.protobuf.FileDescriptorSet in gzip.
// Made by tools/make_descriptors.py from the .proto files.
#include <array>

#include "edge/api/grpc/reflection.h"

namespace edge::api {{
namespace {{

// clang-format off
constexpr std::array<unsigned char, {size}> kPacked = {{
"""
TAIL = """};
// clang-format on

}  // namespace

std::string_view packed_descriptors() {
  return {reinterpret_cast<const char*>(kPacked.data()), kPacked.size()};
}

}  // namespace edge::api
"""


def main():
    made = subprocess.run(["protoc", f"--proto_path={PROTOS}", "--include_imports",
                           "--descriptor_set_out=/dev/stdout", *SERVED],
                          check=True, capture_output=True).stdout
    packed = gzip.compress(made, 9, mtime=0)
    lines = [", ".join(map(str, packed[at:at + A_LINE])) for at in range(0, len(packed), A_LINE)]
    text = HEAD.format(size=len(packed)) + "".join(f"    {line},\n" for line in lines) + TAIL
    (ROOT / "edge/api/grpc/descriptors.cpp").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
