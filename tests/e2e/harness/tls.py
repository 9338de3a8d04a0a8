"""A certificate authority and certificates for 127.0.0.1, made by openssl."""
import ssl
import subprocess


def _openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


class Authority:
    def __init__(self, directory, name="ca"):
        self.directory = directory
        self.name = name
        _openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                 "-addext", "basicConstraints=critical,CA:TRUE",
                 "-keyout", f"{name}.key", "-out", f"{name}.pem")

    @property
    def certificate(self):
        return (self.directory / f"{self.name}.pem").read_text()

    def issue(self, name, alternatives="IP:127.0.0.1,DNS:localhost"):
        """(certificate, key) in PEM; files <name>.pem and <name>.key."""
        _openssl(self.directory, "req", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.directory / f"{name}.ext").write_text(f"subjectAltName={alternatives}\n")
        _openssl(self.directory, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.pem",
                 "-CAkey", f"{self.name}.key", "-CAcreateserial", "-days", "30",
                 "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        return ((self.directory / f"{name}.pem").read_text(),
                (self.directory / f"{name}.key").read_text())

    def server(self, name, alternatives="IP:127.0.0.1,DNS:localhost", client_authority=None):
        """A server's TLS settings; `client_authority` makes a client certificate a must."""
        self.issue(name, alternatives)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        if client_authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=client_authority.certificate)
        return context
