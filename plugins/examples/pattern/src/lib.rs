//! The built-in test pattern as a plugin: a built-in source and a plugin's are the same code.

lanstream_plugin::export!(lanstream_pattern::PatternFactory);
