"""The installation's own certificate authority: only sandboxes trust it, and its leaves never touch a disk."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import os
import re
import ssl
import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from workbench.clock import now
from workbench.settings import make_private

AUTHORITY_DAYS = 397
LEAF_DAYS = 7
LEAF_KEPT = dt.timedelta(days=5)
MOST_LEAVES = 512
BUNDLE_NAME = "bundle.pem"
AUTHORITY_NAME = "authority.pem"
JAVA_NAME = "bundle.p12"
"""The bundle as Java reads one, without a password."""

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.S)
_SKEW = dt.timedelta(hours=1)
_PUBLIC_ROOTS = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/cert.pem"),
)


@dataclass(frozen=True)
class AuthorityKey:
    """Key and certificate as PEM, the form in which the keyring has them."""

    key: str
    certificate: str

    def __repr__(self) -> str:
        return "AuthorityKey()"

    def is_usable(self) -> bool:
        """Whether it can be read and is good for a month still."""
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate.encode())
            serialization.load_pem_private_key(self.key.encode(), None)
        except ValueError:
            return False
        return certificate.not_valid_after_utc > now() + dt.timedelta(days=30)


def new_authority() -> AuthorityKey:
    """A fresh P-256 authority that can sign leaves and nothing below them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"workbench on this machine {os.urandom(3).hex()}")])
    begin = now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - _SKEW)
        .not_valid_after(begin + dt.timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return AuthorityKey(_key_pem(key).decode(), _certificate_pem(certificate).decode())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class Authority:
    """Gives a server context for each host; contexts are kept, and all leaves share one key that lives in memory only."""

    def __init__(self, kept: AuthorityKey) -> None:
        key = serialization.load_pem_private_key(kept.key.encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        self._certificate = x509.load_pem_x509_certificate(kept.certificate.encode())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: OrderedDict[str, tuple[dt.datetime, ssl.SSLContext]] = OrderedDict()

    @property
    def certificate_pem(self) -> bytes:
        return _certificate_pem(self._certificate)

    def context(self, host: str) -> ssl.SSLContext:
        """A server's context for this host, which refuses a greeting that names another one."""
        kept = self._contexts.get(host)
        if kept is None or kept[0] < now() - LEAF_KEPT:
            kept = (now(), self._made(host))
            self._contexts[host] = kept
        self._contexts.move_to_end(host)
        while len(self._contexts) > MOST_LEAVES:
            self._contexts.popitem(last=False)
        return kept[1]

    def _made(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.sni_callback = _only(host)
        # load_cert_chain wants a path: this one leads to memory that no other process can name.
        memory = os.memfd_create("leaf", os.MFD_CLOEXEC)
        try:
            os.write(memory, _key_pem(self._leaf_key) + self._leaf(host))
            context.load_cert_chain(f"/proc/self/fd/{memory}")
        finally:
            os.close(memory)
        return context

    def _leaf(self, host: str) -> bytes:
        begin = now()
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        # A common name has room for 64 characters, and it is not read where there is an alternative name.
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
        issuer_key = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        leaf = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._certificate.subject)
            .public_key(self._leaf_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin - _SKEW)
            .not_valid_after(begin + dt.timedelta(days=LEAF_DAYS))
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._leaf_key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return _certificate_pem(leaf)


def _only(host: str) -> Callable[[ssl.SSLObject, str | None, ssl.SSLContext], int | None]:
    def check(_connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        if name is None or name.lower().removesuffix(".") == host:
            return None
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    return check


def write_bundle(folder: Path, certificate: bytes, roots: bytes) -> None:
    """Write what sandboxes trust, in place: running ones have these very files mounted, and see a new authority at once."""
    make_private(folder)
    folder.chmod(0o755)
    bundle = certificate + b"\n" + roots
    for name, content in ((AUTHORITY_NAME, certificate), (BUNDLE_NAME, bundle), (JAVA_NAME, _java_store(bundle))):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
            file.truncate()


def _java_store(bundle: bytes) -> bytes:
    certificates = []
    for number, block in enumerate(_PEM.findall(bundle)):
        # One that this library does not read is left out: it may have stood among a machine's roots for twenty years.
        with contextlib.suppress(ValueError), warnings.catch_warnings():
            # Of a root whose serial number is odd, which this machine trusts all the same.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_pem_x509_certificate(block)
            certificates.append(pkcs12.PKCS12Certificate(certificate, b"root %d" % number))
    return pkcs12.serialize_java_truststore(certificates, serialization.NoEncryption()) if certificates else b""


def public_roots() -> bytes:
    """The roots that this machine's own programs trust."""
    usual = ssl.get_default_verify_paths().cafile
    for path in ([Path(usual)] if usual else []) + list(_PUBLIC_ROOTS):
        try:
            return path.read_bytes()
        except OSError:
            continue
    return b""
