//! Commands that pages call.

use lanstream::core::options::OptionValues;
use serde_json::{Map, Value};
use tauri::{AppHandle, Runtime, Webview, async_runtime};

use crate::{Error, LanstreamExt};

/// Returns a URL of the stream of this name, for the element.
#[tauri::command]
pub(crate) async fn open<R: Runtime>(app: AppHandle<R>, name: String) -> Result<String, Error> {
    app.lanstream().url(&name)
}

/// Starts a source as the stream of this name, which ends with the page. Returns its URL.
#[tauri::command]
pub(crate) async fn start<R: Runtime>(
    webview: Webview<R>,
    name: String,
    source: String,
    options: Map<String, Value>,
) -> Result<String, Error> {
    let values = values(options)?;
    blocking(move || webview.lanstream().start_for_page(webview.label(), &name, &source, values)).await
}

/// Ends the stream of this name, which this page has started.
#[tauri::command]
pub(crate) async fn stop<R: Runtime>(webview: Webview<R>, name: String) -> Result<(), Error> {
    blocking(move || webview.lanstream().stop_for_page(webview.label(), &name)).await
}

/// Does what waits for a display, a program or viewers, apart from what must not wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    async_runtime::spawn_blocking(work).await.map_err(|_| Error::Ending)?
}

/// Makes an option's values of what a page gave: a list has several, `true` sets a switch, `false` and `null` do not.
fn values(options: Map<String, Value>) -> Result<OptionValues, Error> {
    let mut values = OptionValues::default();
    for (name, value) in options {
        let given = if let Value::Array(several) = value { several } else { vec![value] };
        for value in given {
            match value {
                Value::String(text) => values.add(&name, text),
                Value::Number(number) => values.add(&name, number.to_string()),
                Value::Bool(true) => values.add(&name, ""),
                Value::Bool(false) | Value::Null => {}
                Value::Array(_) | Value::Object(_) => return Err(Error::OptionType(name)),
            }
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(options: Value) -> Result<Vec<(String, String)>, String> {
        let Value::Object(options) = options else { unreachable!("options are an object") };
        let values = values(options).map_err(|error| error.to_string())?;
        let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
        Ok(values.iter().map(|(name, value)| (name.to_owned(), text(value))).collect())
    }

    #[test]
    fn options_of_a_page() {
        let options = json!({ "fps": 30, "kind": "motion", "loop": true, "once": false, "word": ["a", 1], "none": null });
        let pairs = [("fps", "30"), ("kind", "motion"), ("loop", ""), ("word", "a"), ("word", "1")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(made(options), Ok(pairs.to_vec()));
        for value in [json!({}), json!([[1]])] {
            assert!(made(json!({ "size": value })).is_err_and(|error| error.contains("option size")));
        }
    }
}
