"""Ways to write a URL that must not be asked: how tools of attack, CVEs and RFCs spell them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

INSIDE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # noqa: S104 (nothing binds)
    "10.0.0.5",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
INSIDE_V6 = [
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "ff02::1",
    "fec0::1",
    "2001:db8::1",
    "100::1",
    "3fff::1",
    "5f00::1",
    "64:ff9b:1::1",
    "4000::1",
    "2001::1",
    "2001:20::1",
    "fd00::5efe:8.8.8.8",
    "2600::5efe:10.0.0.5",
]
LOCAL_NAMES = ["localhost", "ip6-localhost", "LOCALHOST", "LocalHost"]


def numbers(address: str) -> list[str]:
    """Hosts that inet_aton reads as the address, or that some reader of URLs does."""
    a, b, c, d = (int(part) for part in address.split("."))
    whole = int(IPv4Address(address))
    return [
        address,
        str(whole),
        hex(whole),
        f"0{whole:o}",
        f"0x{a:02x}.0x{b:02x}.0x{c:02x}.0x{d:02x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"000{a:o}.{b}.{c}.{d}",
        f"{a}.{(b << 16) + (c << 8) + d}",
        f"{a}.{b}.{(c << 8) + d}",
        f"0x{a:x}.{b}.0{c:o}.{d}",
        f"{address}.",
        f"[{address}]",
    ]


def wrapped(address: str) -> list[str]:
    """IPv6 that holds it: mapped, compatible, translated, NAT64, 6to4, Teredo (server, client), ISATAP."""
    number = int(IPv4Address(address))
    forms = [
        number | 0xFFFF << 32,
        number,
        number | 0xFFFF << 48,
        number | 0x64FF9B << 96,
        number << 80 | 0x2002 << 112 | 1,
        0x20010000 << 96 | number << 64 | 1,
        0x20010000 << 96 | 0x08080808 << 64 | (~number & 0xFFFFFFFF),
        0xFE80 << 112 | 0x5EFE << 32 | number,
        0x2600 << 112 | 0x02005EFE << 32 | number,
    ]
    hosts = [f"[{IPv6Address(form)}]" for form in forms]
    return [*hosts, f"[{IPv6Address(forms[0]).exploded}]", f"[::ffff:{address}]", f"[::{address}]"]


ODD = [
    "http://example.test/",  # without the operator's leave
    "file:///etc/passwd",
    "file:///proc/self/environ",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/stat",
    "ftp://127.0.0.1/",
    "ldap://127.0.0.1/",
    "jar:https://127.0.0.1!/",
    "data:text/plain,x",
    "unix:///var/run/docker.sock",
    "https:127.0.0.1",
    "https:/127.0.0.1",
    "https:///127.0.0.1",
    "//127.0.0.1/",
    "127.0.0.1",
    "",
    "https://",
    "https://:443/",
    "https://user@127.0.0.1/",
    "https://example.test@127.0.0.1/",
    "https://example.test:x@127.0.0.1/",
    "https://127.0.0.1@example.test/",
    "https://example.test#@127.0.0.1/",
    "https://example.test?@127.0.0.1/",
    "https://example.test\\@127.0.0.1/",
    "https://127.0.0.1\\.example.test/",
    "https://example.test\t.127.0.0.1/",
    "https://example.test/\r\nHost: 127.0.0.1",
    "https://example.test/ HTTP/1.1",
    " https://127.0.0.1/",
    "https://127.0.0.1 /",
    "https://127.0.0.1\x00.example.test/",
    "https://127.0.0.1%00.example.test/",
    "https://127.0.0.1%2f@example.test/",
    "https://%6c%6f%63alhost/",
    "https://１２７.0.0.1/",  # noqa: RUF001 (full-width digits)
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://[::1%25lo]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[::1/",
    "https://::1/",
    "https://[]/",
    "https://[v1.127.0.0.1]/",
    "https://127.0.0.1:0/",
    "https://127.0.0.1:99999/",
    "https://127.0.0.1:443:80/",
    "https://127.0.0.1:+443/",
    "https://127..0.0.1/",
    "https://.127.0.0.1/",
    "https://-127.0.0.1/",
    "HTTPS://127.0.0.1/x y",
    "https://${jndi:ldap://127.0.0.1}/",
    "https://*/",
    "https://" + "a" * 5000 + ".test/",
]


def urls() -> list[str]:
    hosts = [host for address in INSIDE for host in (*numbers(address), *wrapped(address))]
    hosts += [f"[{address}]" for address in INSIDE_V6] + LOCAL_NAMES
    return [f"https://{host}/" for host in hosts] + ODD
