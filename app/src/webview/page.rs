//! The webview: what it may load, and what its page tells the window.

use serde::Deserialize;
use tao::dpi::PhysicalSize;
use tao::event_loop::EventLoopProxy;
use tao::window::Window;
use wry::http;
use wry::{NewWindowResponse, WebView, WebViewBuilder};

use super::Request;

/// Runs before the page's own scripts.
const SCRIPT: &str = include_str!("script.js");
/// Shown until the page is there.
const BACKGROUND: wry::RGBA = (0, 0, 0, 255);

/// What the script tells.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Message {
    /// The picture has this size.
    Picture { width: u32, height: u32 },
    /// Something is wrong.
    Trouble { text: String },
}

impl Message {
    /// Returns what the window has to do; nothing for what no script of ours says.
    fn request(text: &str) -> Option<Request> {
        match serde_json::from_str(text).ok()? {
            Self::Picture { width: 0, .. } | Self::Picture { height: 0, .. } => None,
            Self::Picture { width, height } => Some(Request::Fit(PhysicalSize::new(width, height))),
            Self::Trouble { text } => Some(Request::Say(text)),
        }
    }
}

/// Fills the window with the page at `url`. It keeps nothing on disk, and goes to no other server.
pub(super) fn open(window: &Window, url: &str, requests: &EventLoopProxy<Request>) -> wry::Result<WebView> {
    let (titles, messages) = (requests.clone(), requests.clone());
    let own = origin(url).to_owned();
    let builder = WebViewBuilder::new()
        .with_url(url)
        .with_incognito(true)
        .with_background_color(BACKGROUND)
        .with_initialization_script(SCRIPT)
        .with_ipc_handler(move |message: http::Request<String>| {
            if let Some(request) = Message::request(message.body()) {
                let _gone = messages.send_event(request);
            }
        })
        .with_document_title_changed_handler(move |title| {
            let _gone = titles.send_event(Request::Title(title));
        })
        .with_navigation_handler(move |url| origin(&url) == own)
        .with_new_window_req_handler(|_, _| NewWindowResponse::Deny);
    build(builder, window)
}

/// Everything before the path.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + "://".len());
    let length = url[host..].find(['/', '?', '#']).unwrap_or(url.len() - host);
    &url[..host + length]
}

#[cfg(all(unix, not(target_vendor = "apple")))]
fn build(builder: WebViewBuilder<'_>, window: &Window) -> wry::Result<WebView> {
    use tao::platform::unix::WindowExtUnix;
    use wry::WebViewBuilderExtUnix;
    // On Wayland there is no window of the system's to put a webview into, only a widget.
    builder.build_gtk(window.default_vbox().ok_or(wry::Error::UnsupportedWindowHandle)?)
}

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn build(builder: WebViewBuilder<'_>, window: &Window) -> wry::Result<WebView> {
    builder.build(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> String {
        format!("{:?}", Message::request(text))
    }

    #[test]
    fn a_picture_asks_for_room() {
        let text = r#"{"picture":{"width":640,"height":480}}"#;
        assert_eq!(request(text), "Some(Fit(PhysicalSize { width: 640, height: 480 }))");
    }

    #[test]
    fn what_no_script_of_ours_says_is_nothing() {
        for text in [
            "",
            "close",
            "{}",
            r#"{"picture":{"width":0,"height":480}}"#,
            r#"{"picture":{"width":640,"height":-1}}"#,
            r#"{"picture":{"width":4294967296,"height":1}}"#,
            r#"{"close":{}}"#,
        ] {
            assert_eq!(request(text), "None", "{text}");
        }
    }

    #[test]
    fn an_origin_ends_before_the_path() {
        let own = "http://127.0.0.1:8080";
        for url in
            [own, "http://127.0.0.1:8080/#token", "http://127.0.0.1:8080?a=/", "http://127.0.0.1:8080#a"]
        {
            assert_eq!(origin(url), own);
        }
        for other in [
            "http://127.0.0.1:80",
            "https://127.0.0.1:8080/",
            "http://127.0.0.1:8080.example/",
            "about:blank",
        ] {
            assert_ne!(origin(other), own);
        }
    }
}
