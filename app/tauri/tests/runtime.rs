//! The plugin in an application of another runtime than the usual one.

use lanstream::core::options::OptionValues;
use tauri::test::{mock_builder, mock_context, noop_assets};
use tauri_plugin_lanstream::{Builder, LanstreamExt as _, lanstream};

#[test]
fn an_application_of_any_runtime_has_streams() -> Result<(), Box<dyn std::error::Error>> {
    let plugin = Builder::default().allow_source("pattern").build();
    let app = mock_builder().plugin(plugin).build(mock_context(noop_assets()))?;
    let handle = app.handle().clone();
    handle.lanstream().start("bars", "pattern", OptionValues::default())?;
    assert!(app.lanstream().url("bars")?.starts_with("http://127.0.0.1:"));
    assert!(!app.lanstream().is_watched("bars")?);
    app.lanstream().stop("bars")?;
    Ok(())
}
