// Keys of P-256, and manifests that were signed with openssl.
#pragma once

namespace edge::test {

inline constexpr const char* kKey =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEN3w43k9Q8aTdCulsAgKZi/2Jr9Nq\n"
    "jzsM3hvj3aPK4NHwwjvhs1C5XbhN+bmpGPthCiOzaOlZEGXNA26qrMgvqQ==\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr const char* kOtherKey =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEi6lbSM45qnRDRX3pFO6Zzicu8N4+\n"
    "fECKXJzoAzOw3hz2QZrhKeTjkl2JXhL6dBXzptn9T+HRpwO+adDhA+WDyw==\n"
    "-----END PUBLIC KEY-----\n";
// A root, and manifests of {"color":"red"}: signed by a key that is good until 2030, for which the
// root vouches in a list of revision 3 or 2, or which vouches for itself.
inline constexpr const char* kRootKey =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEF5EPsnv4UPOi5nA41J+s21yQ2Qoc\n"
    "JbAxERJ/d8kMur/Qtl3rCH6eWyBNGknM1hmtILnSaYJGxsCmojHV0pejsw==\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kVouched7 =
    R"({"layer": "base", "epoch": 1, "rev": 7, "sha256": "241889ca0604e33386e9c98ce9b9df036)"
    R"(a8d1b1382b710bdef285efe4e943727", "keys": {"rev": 3, "keys": [{"kid": "k1", "key": ")"
    R"(-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFP6o7jivqCiMMYdikArw)"
    R"(tslDktYs\nxXjtSeN+eV4WUQWvEI9ZtedA4aVa+8/qGJz9zSWlCm89e73xixW/2F12Tg==\n-----END PUB)"
    R"(LIC KEY-----\n", "expires": "2030-01-01T00:00:00Z"}], "sig": "MEQCIFJjFOE768SDGbcDWx)"
    R"(Bws5r3sArR9yO0xACbjqFgF6fkAiBk3/Muib2jNVmiNER0Vpm0wIjk4Uwg7vfHCnAFVi5JSA=="}, "expir)"
    R"(es": "2029-01-01T00:00:00Z", "sig": "MEUCIAa+YQ2cYMYVtkRpfng1/KEgRsrIrHu/f+n7TT39cne)"
    R"(ZAiEAlnIeJkLdt43UhXwmYH7O/0Jc69q61qcJdrMdRCkANnA="})";

inline constexpr const char* kVouched8OfOlderKeys =
    R"({"layer": "base", "epoch": 1, "rev": 8, "sha256": "241889ca0604e33386e9c98ce9b9df036)"
    R"(a8d1b1382b710bdef285efe4e943727", "keys": {"rev": 2, "keys": [{"kid": "k1", "key": ")"
    R"(-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFP6o7jivqCiMMYdikArw)"
    R"(tslDktYs\nxXjtSeN+eV4WUQWvEI9ZtedA4aVa+8/qGJz9zSWlCm89e73xixW/2F12Tg==\n-----END PUB)"
    R"(LIC KEY-----\n", "expires": "2030-01-01T00:00:00Z"}], "sig": "MEYCIQCT2D+vLmM1G4Buxl)"
    R"(61RUYywxHcqVFNGaXqtg/pnJ93UQIhAIL9IqiS0723csduGyJtJqjIDhe65fetq8EJJln9/7Rt"}, "sig":)"
    R"( "MEYCIQCIE2meLiQwUfiTsJAS4Ac2Ew5HlMec5Ax2ZF80RHP5gwIhAOYAlVZXySC/rC+Ud+MRFKRwaqcR3B)"
    R"(sCt7he38bawqbd"})";

inline constexpr const char* kVouched9ByItself =
    R"({"layer": "base", "epoch": 1, "rev": 9, "sha256": "241889ca0604e33386e9c98ce9b9df036)"
    R"(a8d1b1382b710bdef285efe4e943727", "keys": {"rev": 4, "keys": [{"kid": "k1", "key": ")"
    R"(-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFP6o7jivqCiMMYdikArw)"
    R"(tslDktYs\nxXjtSeN+eV4WUQWvEI9ZtedA4aVa+8/qGJz9zSWlCm89e73xixW/2F12Tg==\n-----END PUB)"
    R"(LIC KEY-----\n", "expires": "2030-01-01T00:00:00Z"}], "sig": "MEUCIFHeO+EZGPzTkgUS9R)"
    R"(oUlPaQ4umG/RJEaeqFiyKFmsbLAiEApvD3ohGiApG3Q3zdNzTZ4ske1dmtRgLB71QoB/zJEqo="}, "sig":)"
    R"( "MEYCIQCquAhAA4y6rRMthRqGiew0/pfuXzyV/V6dQqQr3nTmjgIhAI2V8BPZat7fhpjGRcU6+WFG27hTBA)"
    R"(Mh6ihAjbLxwq1G"})";

}  // namespace edge::test
