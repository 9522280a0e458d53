//! Host and Origin allow-lists, which every sink checks before anything else. Pure.

use std::net::SocketAddr;

/// Which names a server answers to and which pages may talk to it.
#[derive(Clone, Debug)]
pub struct Guard {
    hosts: Vec<String>,
    /// The origins of these hosts.
    own: Vec<String>,
    /// Other pages that the user lets connect.
    foreign: Vec<String>,
}

/// Why a request is refused. The texts are for the person who sees them in a browser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// There is no Host header, or more than one.
    #[error("the request has no single Host header")]
    HostMissing,
    /// The Host is not one of ours: DNS rebinding, or a name that was not allowed.
    #[error("host {0:?} is not allowed; if it is yours, start with --allow-host {0}")]
    HostForeign(String),
    /// The page that asks is not ours.
    #[error("origin {0:?} is not allowed; if it is yours, start with --allow-origin {0}")]
    OriginForeign(String),
    /// An upgrade or an action without an Origin header.
    #[error("the request has no Origin header")]
    OriginMissing,
    /// No token, or not this run's.
    #[error("the token is missing or not this run's: open the URL that lanstream printed")]
    TokenInvalid,
}

impl Guard {
    /// A guard for servers at `addresses`. A loopback address answers to `localhost` too; other names and pages must be
    /// allowed by the user.
    pub fn new(addresses: &[SocketAddr], allowed_hosts: &[String], allowed_origins: &[String]) -> Self {
        let mut hosts: Vec<String> = Vec::new();
        for address in addresses {
            if !address.ip().is_unspecified() {
                hosts.push(address.to_string());
            }
            if address.ip().is_loopback() || address.ip().is_unspecified() {
                let port = address.port();
                hosts.extend([
                    format!("localhost:{port}"),
                    format!("127.0.0.1:{port}"),
                    format!("[::1]:{port}"),
                ]);
            }
            hosts.extend(allowed_hosts.iter().map(|host| with_port(host, address.port())));
        }
        // As written too: behind a proxy the name comes without a port, or with the proxy's.
        hosts.extend(allowed_hosts.iter().cloned());
        // Browsers leave out the port that `http` means by itself.
        let bare: Vec<_> =
            hosts.iter().filter_map(|host| host.strip_suffix(":80")).map(str::to_owned).collect();
        hosts.extend(bare);
        hosts.sort();
        hosts.dedup();
        let own = hosts.iter().map(|host| format!("http://{host}")).collect();
        Self { hosts, own, foreign: allowed_origins.to_vec() }
    }

    /// Checks what every request must pass. `hosts` and `origins` are all values of these headers.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn check(&self, hosts: &[&str], origins: &[&str]) -> Result<(), GuardError> {
        let [host] = hosts else { return Err(GuardError::HostMissing) };
        if !self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)) {
            return Err(GuardError::HostForeign(printable(host)));
        }
        match origins {
            [] => Ok(()),
            [origin] if self.is_own(origin) || self.is_allowed_foreign(origin) => Ok(()),
            [origin, ..] => Err(GuardError::OriginForeign(printable(origin))),
        }
    }

    /// The same for what acts or upgrades: there the browser always says which page asks.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn check_action(&self, hosts: &[&str], origins: &[&str]) -> Result<(), GuardError> {
        self.check(hosts, origins)?;
        if origins.is_empty() { Err(GuardError::OriginMissing) } else { Ok(()) }
    }

    fn is_own(&self, origin: &str) -> bool {
        self.own.iter().any(|own| own.eq_ignore_ascii_case(origin))
    }

    /// Whether `origin` is of another page that the user lets connect.
    pub fn is_allowed_foreign(&self, origin: &str) -> bool {
        self.foreign.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }

    /// Other pages that the user lets connect.
    pub fn foreign(&self) -> &[String] {
        &self.foreign
    }
}

fn with_port(host: &str, port: u16) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(name, port)| {
        port.parse::<u16>().is_ok() && (!name.contains(':') || name.ends_with(']'))
    });
    if has_port { host.to_owned() } else { format!("{host}:{port}") }
}

/// At most so many characters of a refused header are repeated.
const ECHO_CHARS_MAX: usize = 80;

/// What of a header may be shown: no control characters, not endless.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(ECHO_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server on loopback and one on a network, with a name and a page that the user allows.
    fn guard() -> Guard {
        let addresses = [([127, 0, 0, 1], 5000).into(), ([10, 0, 0, 7], 80).into()];
        Guard::new(&addresses, &["studio.test".into()], &["tauri://localhost".into()])
    }

    #[test]
    fn hosts() {
        for host in [
            "127.0.0.1:5000",
            "LOCALHOST:5000",
            "[::1]:5000",
            "10.0.0.7",
            "10.0.0.7:80",
            "studio.test",
            "studio.test:5000",
            "studio.test:80",
        ] {
            assert_eq!(guard().check(&[host], &[]), Ok(()), "{host}");
        }
        for host in
            ["evil.test", "127.0.0.1", "127.0.0.1:80", "localhost", "10.0.0.7:5000", "studio.test:81", ""]
        {
            assert_eq!(guard().check(&[host], &[]), Err(GuardError::HostForeign(host.into())));
            assert_eq!(
                guard().check_action(&[host], &["tauri://localhost"]),
                Err(GuardError::HostForeign(host.into()))
            );
        }
        for hosts in [&[][..], &["127.0.0.1:5000", "127.0.0.1:5000"]] {
            assert_eq!(guard().check(hosts, &[]), Err(GuardError::HostMissing));
        }
    }

    #[test]
    fn origins() {
        const HOST: &[&str] = &["127.0.0.1:5000"];
        for origin in
            ["http://127.0.0.1:5000", "HTTP://localhost:5000", "http://10.0.0.7", "tauri://localhost"]
        {
            assert_eq!(guard().check(HOST, &[origin]), Ok(()), "{origin}");
            assert_eq!(guard().check_action(HOST, &[origin]), Ok(()), "{origin}");
        }
        for origin in ["http://evil.test", "https://127.0.0.1:5000", "null", "", "tauri://localhost:5000"] {
            let refused = Err(GuardError::OriginForeign(origin.into()));
            assert_eq!(
                (guard().check(HOST, &[origin]), guard().check_action(HOST, &[origin])),
                (refused.clone(), refused)
            );
        }
        let own = "http://127.0.0.1:5000";
        assert_eq!(guard().check(HOST, &[own, own]), Err(GuardError::OriginForeign(own.into())));
        assert_eq!(guard().check(HOST, &[]), Ok(()), "a page that is opened has no origin");
        assert_eq!(guard().check_action(HOST, &[]), Err(GuardError::OriginMissing));
    }

    #[test]
    fn only_pages_that_were_allowed_are_foreign_and_let_in() {
        assert!(guard().is_allowed_foreign("TAURI://localhost"));
        assert!(
            !guard().is_allowed_foreign("http://127.0.0.1:5000")
                && !guard().is_allowed_foreign("http://evil.test")
        );
        assert_eq!(guard().foreign(), ["tauri://localhost"]);
    }

    #[test]
    fn what_is_repeated_of_a_header_is_short_and_shows_no_control_characters() {
        let host = format!("\u{1b}[2J{}", "a".repeat(1000));
        let Err(GuardError::HostForeign(echo)) = guard().check(&[&host], &[]) else {
            panic!("it is not ours")
        };
        assert_eq!(echo, format!("[2J{}", "a".repeat(ECHO_CHARS_MAX - 3)));
    }
}
