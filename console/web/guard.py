"""Who may ask, and what a browser may do with the answer. Pure."""

from ipaddress import ip_address

#: Nothing from anywhere else, nothing inline, in nobody's frame.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def is_our_name(host_header: str, configured: str) -> bool:
    """Whether a request's Host names us: an address, localhost, or the configured host.

    A page elsewhere can point a name of its own at 127.0.0.1 and read what answers there (DNS rebinding); it can't
    make the browser send another Host than that name.
    """
    host = host_header.rsplit(":", 1)[0] if not host_header.endswith("]") else host_header
    name = host.strip("[]").lower()
    if name in {"localhost", configured.lower()}:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
