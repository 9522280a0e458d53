//! The manifest in a library's file, found without running any of the library's code.

use lanstream_plugin_abi::MANIFEST_SYMBOL;
use object::read::ReadCache;
use object::{Object as _, ObjectSegment as _, ObjectSymbol as _};

use crate::trust::CheckedFile;

/// Maximum number of bytes of a manifest: room for hundreds of paths.
const MANIFEST_BYTES_MAX: u64 = 64 << 10;

/// Returns whether the library has a manifest, valid or not.
pub(crate) fn has_manifest(file: &CheckedFile) -> bool {
    !matches!(manifest(file), Ok(None))
}

/// Returns the text of the library's manifest. A file that is no library has none: the loader refuses it.
///
/// # Errors
/// If there is a manifest that cannot be read.
pub(super) fn manifest(file: &CheckedFile) -> Result<Option<String>, String> {
    let cache = ReadCache::new(file.file());
    let Ok(library) = object::File::parse(&cache) else { return Ok(None) };
    let is_manifest = |symbol: &object::Symbol<'_, '_, _>| {
        symbol.is_definition() && symbol.name_bytes() == Ok(MANIFEST_SYMBOL.as_bytes())
    };
    let Some(symbol) = library.dynamic_symbols().find(is_manifest) else { return Ok(None) };
    if symbol.size() > MANIFEST_BYTES_MAX {
        return Err(format!("it has {} bytes, and may have {MANIFEST_BYTES_MAX}", symbol.size()));
    }
    let (address, len) = (symbol.address(), symbol.size());
    let bytes = library.segments().find_map(|segment| segment.data_range(address, len).ok().flatten());
    let bytes = bytes.ok_or("its text is not in the file")?;
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    // A literal in C ends with a zero.
    Ok(Some(text.trim_end_matches('\0').to_owned()))
}
