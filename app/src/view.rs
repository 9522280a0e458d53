//! The command `view`: the page of another run in a window of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use wry::http::Uri;

use crate::cli;
use crate::report::Reporter;
use crate::stop;
use crate::webview::Toolkit;

/// Stands for the URL that is on standard input.
const STDIN: &str = "-";
/// Time for a server to answer. One that takes longer on the first request has no use on the next.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer in which the element must be found; the page is far smaller.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;
/// What the page of every version has.
const ELEMENT: &str = "<lan-stream";

/// Shows the page at `url`, or at the URL on standard input, until the window is closed or a signal comes.
pub(crate) fn run(url: &str, look: &cli::Window, reporter: &Reporter) -> Result<(), String> {
    let page = if url == STDIN { Page::parse(&line_of_stdin()?)? } else { Page::parse(url)? };
    page.reach()?;
    let toolkit = Toolkit::start()?;
    let closer = toolkit.closer();
    stop::on_request(1, move || drop(closer), || {})
        .map_err(|error| format!("no signal can be heard: {error}"))?;
    toolkit.show(&page.url, look, reporter)
}

fn line_of_stdin() -> Result<String, String> {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) => Err("standard input has no URL".to_owned()),
        Ok(_) => Ok(line.trim().to_owned()),
        Err(error) => Err(format!("standard input has no URL: {error}")),
    }
}

/// The page of a run.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    url: String,
    host: String,
    port: u16,
    /// What a request for it names: its path and options, without the token.
    target: String,
    is_encrypted: bool,
}

impl Page {
    fn parse(url: &str) -> Result<Self, String> {
        let wrong = || {
            "that is no URL of a page: give the one that lanstream printed, http://HOST:PORT/#TOKEN, in quotes".to_owned()
        };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_encrypted = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let authority =
            uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        Ok(Self {
            url: url.to_owned(),
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(if is_encrypted { HTTPS_PORT } else { HTTP_PORT }),
            target: uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            is_encrypted,
        })
    }

    /// Makes sure that a lanstream answers there: a window would stay empty without a word. An encrypted connection is
    /// left to the webview, which knows what to trust.
    fn reach(&self) -> Result<(), String> {
        let socket = self.connect()?;
        if self.is_encrypted || self.ask(&socket).is_ok_and(|answer| answer.contains(ELEMENT)) {
            return Ok(());
        }
        Err(format!("{} answers, but not as lanstream does", self.authority()))
    }

    fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Returns the value of the header `Host`, as browsers give it: without the port that belongs to the scheme.
    fn host_header(&self) -> String {
        if self.port == HTTP_PORT { self.host.clone() } else { self.authority() }
    }

    fn connect(&self) -> Result<TcpStream, String> {
        let refused = |error| {
            format!("nothing answers at {}: {error}. Is that lanstream still running?", self.authority())
        };
        let mut last = std::io::ErrorKind::NotFound.into();
        for address in self.authority().to_socket_addrs().map_err(refused)? {
            match TcpStream::connect_timeout(&address, ANSWER_TIMEOUT) {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(refused(last))
    }

    /// Returns the beginning of what is answered to a request for the page.
    fn ask(&self, mut socket: &TcpStream) -> std::io::Result<String> {
        socket.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        socket.set_write_timeout(Some(ANSWER_TIMEOUT))?;
        let host = self.host_header();
        write!(socket, "GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", self.target)?;
        let mut answer = Vec::new();
        BufReader::new(socket.take(ANSWER_BYTES_MAX)).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_where_its_url_says() {
        let page = Page::parse("http://127.0.0.1:8080/?stats=1#00ff").unwrap();
        assert_eq!((page.authority().as_str(), page.target.as_str()), ("127.0.0.1:8080", "/?stats=1"));
        assert!(page.url.ends_with("#00ff"));
        assert_eq!(Page::parse("http://[::1]:7/#0").unwrap().authority(), "[::1]:7");
        assert_eq!(Page::parse("https://studio.example/mirror/#0").unwrap().port, 443);
        let page = Page::parse("http://studio.example").unwrap();
        assert_eq!((page.target.as_str(), page.host_header().as_str()), ("/", "studio.example"));
        assert_eq!(Page::parse("http://studio.example:8080").unwrap().host_header(), "studio.example:8080");
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for url in [
            "",
            "studio",
            "127.0.0.1:80",
            "file:///etc/passwd",
            "ftp://a/",
            "http://",
            "http://a@b/",
            "http://a b/",
        ] {
            assert!(Page::parse(url).unwrap_err().contains("http://HOST:PORT/#TOKEN"), "{url}");
        }
    }
}
