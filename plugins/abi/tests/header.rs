//! The C header and the Rust tables have the same layout: a C compiler checks every size and offset that Rust has.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use lanstream_plugin_abi as abi;

/// Assertions on the size of a table and the offsets of its fields; `rust as c` where a field has another name in C.
macro_rules! assertions {
    ($out:ident, $rust:ty, $c:literal, $($field:ident $(as $other:literal)?),+) => {
        writeln!($out, "_Static_assert(sizeof({0}) == {1}, \"{0}\");", $c, size_of::<$rust>()).unwrap();
        writeln!($out, "_Static_assert(_Alignof({0}) == {1}, \"{0}\");", $c, align_of::<$rust>()).unwrap();
        $(
            let name = [stringify!($field) $(, $other)?].last().copied().unwrap();
            let offset = std::mem::offset_of!($rust, $field);
            writeln!($out, "_Static_assert(offsetof({0}, {1}) == {2}, \"{0}.{1}\");", $c, name, offset).unwrap();
        )+
    };
}

/// Assertions on the values of constants.
fn constants(out: &mut String) {
    let constants = [
        ("LS_ABI_MAJOR", abi::ABI_MAJOR),
        ("LS_ABI_MINOR", abi::ABI_MINOR),
        ("LS_RECTS_MAX", abi::RECTS_MAX.try_into().unwrap()),
        ("LS_TEXT_BYTES_MAX", abi::TEXT_BYTES_MAX.try_into().unwrap()),
        ("LS_ERROR_RETRY", abi::error_kind::RETRY),
        ("LS_ERROR_LOST", abi::error_kind::LOST),
        ("LS_ERROR_ENDED", abi::error_kind::ENDED),
        ("LS_ERROR_FINISHED", abi::error_kind::FINISHED),
        ("LS_ERROR_NOT_FOUND", abi::error_kind::NOT_FOUND),
        ("LS_ERROR_UNSUPPORTED", abi::error_kind::UNSUPPORTED),
        ("LS_FORMAT_BGRX8", abi::format::BGRX8),
        ("LS_FORMAT_RGBX8", abi::format::RGBX8),
        ("LS_FORMAT_PLANAR", abi::format::PLANAR),
        ("LS_OPTION_SWITCH", abi::option_kind::SWITCH),
        ("LS_OPTION_INTEGER", abi::option_kind::INTEGER),
        ("LS_OPTION_TEXT", abi::option_kind::TEXT),
        ("LS_OPTION_PATH", abi::option_kind::PATH),
        ("LS_OPTION_CHOICE", abi::option_kind::CHOICE),
        ("LS_OPTION_ARGUMENTS", abi::option_kind::ARGUMENTS),
        ("LS_OPTION_POSITIONAL", abi::option_flag::POSITIONAL),
        ("LS_OPTION_HAS_DEFAULT", abi::option_flag::HAS_DEFAULT),
        ("LS_FRAME_HAS_PTS", abi::frame_flag::HAS_PTS),
        ("LS_FRAME_ALL", abi::frame_flag::ALL),
        ("LS_FRAME_LENT", abi::frame_flag::LENT),
        ("LS_FRAME_KEEP", abi::frame_flag::KEEP),
        ("LS_EVENT_DAMAGED", abi::event::DAMAGED),
        ("LS_EVENT_RESIZED", abi::event::RESIZED),
        ("LS_EVENT_DESCRIBED", abi::event::DESCRIBED),
        ("LS_EVENT_WOKEN", abi::event::WOKEN),
        ("LS_EVENT_TIMED_OUT", abi::event::TIMED_OUT),
        ("LS_EVENT_CURSOR_MOVED", abi::event::CURSOR_MOVED),
        ("LS_EVENT_SOUNDED", abi::event::SOUNDED),
        ("LS_EVENT_PLAYBACK_CHANGED", abi::event::PLAYBACK_CHANGED),
        ("LS_TRACKS_MAX", abi::TRACKS_MAX.try_into().unwrap()),
        ("LS_TRACK_NAME_BYTES_MAX", abi::TRACK_NAME_BYTES_MAX.try_into().unwrap()),
        ("LS_PLAYBACK_CONTROLLED", abi::playback_flag::CONTROLLED),
        ("LS_PLAYBACK_PLAYING", abi::playback_flag::PLAYING),
        ("LS_PLAYBACK_CAN_SEEK", abi::playback_flag::CAN_SEEK),
        ("LS_PLAYBACK_HAS_DURATION", abi::playback_flag::HAS_DURATION),
        ("LS_PLAYBACK_HAS_POSITION", abi::playback_flag::HAS_POSITION),
        ("LS_PLAYBACK_HAS_TRACK", abi::playback_flag::HAS_TRACK),
        ("LS_COMMAND_PAUSE", abi::command_kind::PAUSE),
        ("LS_COMMAND_PLAY", abi::command_kind::PLAY),
        ("LS_COMMAND_STEP", abi::command_kind::STEP),
        ("LS_COMMAND_SEEK", abi::command_kind::SEEK),
        ("LS_COMMAND_TRACK", abi::command_kind::TRACK),
        ("LS_SOUND_RATE", abi::SOUND_RATE),
        ("LS_SOUND_FRAME_BYTES", abi::SOUND_FRAME_BYTES),
        ("LS_SOUND_BYTES_MAX", abi::SOUND_BYTES_MAX),
        ("LS_CURSOR_SIDE_MAX", abi::CURSOR_SIDE_MAX),
        ("LS_CURSOR_OFFSET_MAX", abi::CURSOR_OFFSET_MAX),
        ("LS_CURSOR_VISIBLE", abi::cursor_flag::VISIBLE),
        ("LS_DELIVERY_EVERY", abi::delivery::EVERY),
        ("LS_DELIVERY_NEWEST", abi::delivery::NEWEST),
        ("LS_STREAM_HAS_SOUND", abi::stream_flag::HAS_SOUND),
        ("LS_SINK_FRAME_HAS_PTS", abi::sink_frame_flag::HAS_PTS),
        ("LS_SINK_FRAME_REPEATED", abi::sink_frame_flag::REPEATED),
        ("LS_SINK_OPEN", abi::sink_status::OPEN),
        ("LS_SINK_COMPLETE", abi::sink_status::COMPLETE),
        ("LS_LOG_ERROR", abi::log_level::ERROR),
        ("LS_LOG_WARN", abi::log_level::WARN),
        ("LS_LOG_INFO", abi::log_level::INFO),
        ("LS_LOG_DEBUG", abi::log_level::DEBUG),
    ];
    for (name, value) in constants {
        writeln!(out, "_Static_assert({name} == {value}, \"{name}\");").unwrap();
    }
}

fn layouts(out: &mut String) {
    values(out);
    tables(out);
    extensions(out);
    sinks(out);
}

/// Assertions on what tables are made of.
fn values(out: &mut String) {
    assertions!(out, abi::Str, "ls_str", data, len);
    assertions!(out, abi::Text, "ls_text", len, data);
    assertions!(out, abi::Error, "ls_error", kind, text);
    assertions!(out, abi::Rect, "ls_rect", x, y, width, height);
    assertions!(out, abi::Region, "ls_region", len, reserved, rects);
    assertions!(out, abi::Layout, "ls_layout", width, height, stride, format, planar);
}

/// Assertions on tables.
#[expect(clippy::too_many_lines, reason = "a list of tables")]
fn tables(out: &mut String) {
    assertions!(
        out,
        abi::Description,
        "ls_description",
        struct_size,
        reserved,
        layout,
        name,
        stalled,
        alterations
    );
    assertions!(out, abi::Choice, "ls_choice", name, help);
    assertions!(
        out, abi::OptionSpec, "ls_option", struct_size, kind, flags, reserved, name, value_name, help,
        default_value, min, max, choices, choices_len, conflicts, conflicts_len, requires as "requires_",
        requires_len
    );
    assertions!(out, abi::Value, "ls_value", name, value);
    assertions!(
        out,
        abi::Frame,
        "ls_frame",
        struct_size,
        flags,
        layout,
        reserved,
        data,
        data_len,
        region,
        updated,
        damage,
        pts_us,
        lent,
        lent_len,
        lent_stride,
        lent_owner,
        lent_release
    );
    assertions!(
        out,
        abi::Host,
        "ls_host",
        struct_size,
        abi_major,
        abi_minor,
        reserved,
        context,
        log,
        sleep,
        notify
    );
    assertions!(
        out,
        abi::Source,
        "ls_source",
        struct_size,
        reserved,
        name,
        about,
        examples,
        options,
        options_len,
        create,
        destroy,
        describe,
        wait,
        capture,
        wake,
        extension
    );
    assertions!(
        out,
        abi::Plugin,
        "ls_plugin",
        struct_size,
        abi_major,
        abi_minor,
        reserved,
        name,
        version,
        factory
    );
}

/// Assertions on the tables of extensions.
fn extensions(out: &mut String) {
    assertions!(
        out,
        abi::Cursor,
        "ls_cursor",
        struct_size,
        flags,
        x,
        y,
        serial,
        width,
        height,
        hot_x,
        hot_y,
        reserved,
        pixels,
        pixels_len
    );
    assertions!(out, abi::CursorSource, "ls_cursor_source", struct_size, reserved, cursor);
    assertions!(out, abi::AudioSource, "ls_audio_source", struct_size, reserved, take);
    assertions!(
        out,
        abi::Playback,
        "ls_playback",
        struct_size,
        flags,
        began_us,
        duration_us,
        position_us,
        rate_us_per_s,
        track,
        tracks,
        tracks_len
    );
    assertions!(out, abi::Command, "ls_command", struct_size, kind, seek_us, track, reserved);
    assertions!(out, abi::PlaybackSource, "ls_playback_source", struct_size, reserved, playback, control);
}

/// Assertions on the tables of sinks.
fn sinks(out: &mut String) {
    assertions!(
        out,
        abi::Stream,
        "ls_stream",
        struct_size,
        flags,
        layout,
        sound_rate,
        sound_channels,
        reserved,
        name,
        alterations
    );
    assertions!(
        out,
        abi::SinkFrame,
        "ls_sink_frame",
        struct_size,
        flags,
        layout,
        sequence,
        data,
        data_len,
        damage,
        at_us,
        captured_us,
        pts_us,
        held_us,
        waiting,
        reserved
    );
    assertions!(out, abi::Audio, "ls_audio", struct_size, reserved, pts_us, data, data_len);
    assertions!(
        out,
        abi::Sink,
        "ls_sink",
        struct_size,
        reserved,
        name,
        about,
        examples,
        options,
        options_len,
        create,
        destroy,
        delivery,
        begin,
        frame,
        audio,
        finish,
        interrupt,
        extension
    );
}

/// Runs a compiler over `source` without making anything, as `language`.
fn compile(compiler: &str, language: &str, source: &str) {
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/../include");
    let arguments =
        ["-x", language, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", include, "-"];
    let mut child =
        Command::new(compiler).args(arguments).stdin(Stdio::piped()).spawn().expect("it is installed");
    child.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{compiler} refuses:\n{source}");
}

#[test]
fn the_header_has_the_layouts_and_constants_of_the_rust_tables() {
    let mut source = String::from("#include <lanstream.h>\n");
    layouts(&mut source);
    constants(&mut source);
    writeln!(source, "int main(void) {{ return 0; }}").unwrap();
    compile("cc", "c", &source);
}

#[test]
fn the_header_has_the_ids_of_the_rust_tables() {
    let header = include_str!("../../include/lanstream.h");
    let ids = [
        ("LS_SOURCE_ID", abi::SOURCE_ID),
        ("LS_SINK_ID", abi::SINK_ID),
        ("LS_CURSOR_ID", abi::CURSOR_ID),
        ("LS_AUDIO_ID", abi::AUDIO_ID),
        ("LS_PLAYBACK_ID", abi::PLAYBACK_ID),
    ];
    for (name, id) in ids {
        let line = format!("#define {name} \"{id}\"");
        assert!(header.lines().any(|own| own == line), "the header has no line {line}");
    }
}

#[test]
fn the_header_is_valid_cpp() {
    compile("c++", "c++", "#include <lanstream.h>\nint main() { return 0; }\n");
}
