//! `lanstream plugin list`: installed plugins with their sources and sinks, and why one is not loaded.

/// Prints a line for each installed plugin.
#[cfg(target_os = "linux")]
pub(super) fn print(json: bool) -> Result<(), String> {
    let folders = super::folders()?;
    let plugins = crate::installed::found(&folders)?;
    if plugins.is_empty() && !json {
        let place = folders.plugins.display().to_string();
        let text = format!("lanstream: no plugins are installed in {place}\n");
        crate::report::write_error(&lanstream_core::text::harmless(&text));
    }
    let mut registries = lanstream::Registries::built_in();
    for plugin in &plugins {
        let registered = crate::installed::register(&mut registries, plugin);
        let line = lines::Line::new(plugin, registered);
        crate::report::print_line(&if json { line.json() } else { line.text() });
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn print(_json: bool) -> Result<(), String> {
    Err("plugins cannot be installed on this system yet: name one with --plugin".to_owned())
}

#[cfg(target_os = "linux")]
mod lines {
    use std::borrow::Cow;

    use lanstream_core::registry::Descriptor;
    use lanstream_core::text::harmless;
    use lanstream_plugin_host::InstalledPlugin;
    use serde::Serialize;

    /// One line of the list.
    #[derive(Debug, Serialize)]
    pub(super) struct Line<'a> {
        file: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<&'a str>,
        /// Names of its sources, which are commands.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        sources: Vec<&'a str>,
        /// Names of its sinks.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        sinks: Vec<&'a str>,
        /// What the sandbox of its processes allows, and what this system cannot refuse.
        #[serde(skip_serializing_if = "Option::is_none")]
        sandbox: Option<String>,
        /// Why it is not loaded.
        #[serde(skip_serializing_if = "Option::is_none")]
        refusal: Option<String>,
    }

    impl<'a> Line<'a> {
        pub(super) fn new(plugin: &'a InstalledPlugin, registered: Result<(), String>) -> Self {
            let found = plugin.found.as_ref().ok();
            let names = |of: &'a [Descriptor]| of.iter().map(|one| one.name.as_ref()).collect();
            Self {
                file: plugin.path.to_string_lossy(),
                name: found.map(|found| found.name()),
                version: found.map(|found| found.version()),
                sources: found.map_or_else(Vec::new, |found| names(found.sources())),
                sinks: found.map_or_else(Vec::new, |found| names(found.sinks())),
                sandbox: found.map(|found| found.sandbox().to_string()),
                refusal: registered.err(),
            }
        }

        /// Returns what it brings, with what each of it is.
        fn kinds(&self) -> String {
            let sources = self.sources.iter().map(|name| format!("source {name}"));
            let sinks = self.sinks.iter().map(|name| format!("sink {name}"));
            sources.chain(sinks).collect::<Vec<_>>().join(", ")
        }

        pub(super) fn json(&self) -> String {
            crate::report::escaped(&serde_json::to_string(self).unwrap_or_default())
        }

        pub(super) fn text(&self) -> String {
            let line = match (&self.refusal, self.name, self.version) {
                (None, Some(name), Some(version)) => {
                    let (kinds, sandbox) = (self.kinds(), self.sandbox.as_deref().unwrap_or_default());
                    format!("{name:<16} {version:<10} {kinds:<32} {}  (its sandbox {sandbox})", self.file)
                }
                (refusal, ..) => format!("refused: {}", refusal.as_deref().unwrap_or_default()),
            };
            harmless(&line).replace('\n', " ")
        }
    }
}
