#include "tests/support/pki.h"

#include <cstdlib>
#include <stdexcept>

namespace edge::test {
namespace {

constexpr const char* kConfig = R"([ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
)";

constexpr const char* kEcdsaKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
constexpr const char* kRsaKey = "-newkey rsa:2048 -nodes ";

const char* dates(Validity validity) {
  switch (validity) {
    case Validity::kExpired:
      return "-startdate 20200101000000Z -enddate 20200201000000Z ";
    case Validity::kNotYet:
      return "-startdate 20490101000000Z -enddate 20491231000000Z ";
    case Validity::kNow:
      break;
  }
  return "-startdate 20200101000000Z -enddate 20491231000000Z ";
}

}  // namespace

Authority::Authority(const std::string& name) {
  openssl(std::string("req -x509 ") + kEcdsaKey +
          "-keyout ca.key -out ca.pem -days 30 -subj '/CN=" + name + "'");
  certificate_ = read_file(path());
  dir_.write("ca.cnf", kConfig);
  dir_.write("index.txt", "");
}

Identity Authority::issue(const std::string& names, Validity validity, KeyKind kind) {
  const std::string name = "leaf" + std::to_string(issued_++);
  openssl(std::string("req -new ") + (kind == KeyKind::kRsa ? kRsaKey : kEcdsaKey) + "-keyout " +
          name + ".key -out " + name + ".csr -subj /CN=" + name +
          " -addext 'subjectAltName=" + names + "'");
  openssl(std::string("ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key ") +
          dates(validity) + "-in " + name + ".csr -out " + name + ".pem");
  Identity identity;
  identity.certificate_path = dir_.file(name + ".pem");
  identity.key_path = dir_.file(name + ".key");
  identity.certificate = read_file(identity.certificate_path);
  identity.private_key = read_file(identity.key_path);
  return identity;
}

void Authority::openssl(const std::string& arguments) const {
  const std::string command =
      "cd '" + dir_.path() + "' && openssl " + arguments + " >>log 2>&1 </dev/null";
  if (std::system(command.c_str()) != 0) {
    throw std::runtime_error("openssl " + arguments + ": " + read_file(dir_.file("log")));
  }
}

}  // namespace edge::test
