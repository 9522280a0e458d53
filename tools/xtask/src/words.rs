//! Lint of names: identifiers that gave way to the field's terms must not come back. Comments are not read: there most
//! of them are plain English.

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::process::Command;

    use crate::repository;

    /// Retired identifiers and the terms that replaced them. All are gone from every tracked Rust and JavaScript file.
    const RETIRED: &[(&str, &str)] = &[
        ("Reception", "Admission"),
        ("Shelf", "EncodeCache"),
        ("Works", "Entries"),
        ("Repertoire", "codes"),
        ("Rates", "MethodStats"),
        ("Trial", "Probe"),
        ("poll_fill", "poll_bytes"),
        ("is_seeing", "is_analyzing"),
        ("look_away", "update_analysis"),
        ("taken_back", "aborted"),
        ("TakenBack", "Aborted"),
        ("TAKEN_BACK", "ABORTED"),
        ("DENSITIES", "COMPLEXITY_LEVELS"),
        ("BUSY_STEP", "EDGE_ROW_STEP"),
        ("shelf", "encode_cache"),
        ("LACK", "NACK"),
        ("Lack", "Nack"),
        ("SCATTERED", "FRAGMENTS_END"),
        ("Scattered", "FragmentsEnd"),
        ("Piece", "Fragment"),
        ("STEER", "PLAYBACK_COMMAND"),
        ("steer", "control"),
        ("writeSteer", "writePlaybackCommand"),
        ("writeLack", "writeNack"),
        ("isTakenBack", "isAborted"),
        ("steerable", "hasPlayback"),
        ("Berth", "PumpReceiver"),
        ("Stay", "ViewerGuard"),
        ("StreamPlace", "StreamPermit"),
        ("Turned", "AdmissionError"),
        ("Visit", "ViewerEvent"),
        ("Seating", "ViewerContext"),
        ("Reaction", "ControlOutput"),
        ("Entrance", "FeedHandle"),
        ("Guest", "FeedRequest"),
        ("Seat", "FrameSubscription"),
        ("Ear", "EventSubscription"),
        ("News", "EventReceiver"),
        ("Wish", "Demand"),
        ("Starved", "Parked"),
        ("Bulletin", "CertificateWatch"),
        ("Spread", "HistogramSnapshot"),
        ("Latencies", "LatencyHistogram"),
        ("SourceSide", "SourceWakeup"),
        ("Finding", "SelfCaptureChange"),
        ("Steer", "PlaybackCommand"),
        ("Steered", "PlaybackChanged"),
        ("needs_audit", "needs_rescan"),
        ("Audit", "Rescan"),
        ("Went", "PlaybackSnapshot"),
        ("Violation", "ProtocolError"),
        ("Refusal", "GuardError"),
        ("Ring", "BufferPool"),
        ("Scatter", "DatagramSender"),
        ("Presented", "ActiveCertificate"),
        ("Term", "Validity"),
        ("Followed", "TargetChange"),
        ("Rest", "LateWriter"),
        ("Coming", "PendingPiece"),
        ("Grabber", "Reader"),
        ("Bell", "Wakeup"),
        ("Question", "PointerRequest"),
        ("Intake", "FrameReader"),
        ("Filling", "PartialFrame"),
        ("TELLER", "SHOWINFO_FILTER"),
        ("has_teller", "has_showinfo"),
        ("Alarm", "Wakeup"),
        ("Denied", "RequestError"),
        ("Shadow", "BackBuffer"),
        ("next_told", "next_frame_info"),
        ("first_told", "first_frame_info"),
        ("let_in", "accept_session"),
        ("converse", "run_datagrams"),
        ("carry_routes", "run_routes"),
        ("keep_fresh", "rotate_certificates"),
        ("next_word", "next_message"),
        ("patiently", "with_timeout"),
        ("nudge", "wake"),
        ("hear_route", "poll_route"),
        ("follow_orders", "handle_commands"),
        ("tell_verdict", "set_verdict"),
        ("look_for_feedback", "check_self_capture"),
        ("SOUNDS_MAX", "AUDIO_CHUNKS_MAX"),
        ("FRAMES_PER_SEAT", "FRAMES_PER_SUBSCRIPTION"),
        ("CARRIERS_MAX", "WAKERS_MAX"),
        ("wake_later", "register_waker"),
        ("note_told", "note_frame_info"),
        ("prepare_turn", "prepare_iteration"),
        ("next_turn", "start_iteration"),
        ("START_PATIENCE", "START_TIMEOUT"),
        ("grabber", "reader"),
        ("foretells", "predicts"),
    ];

    /// The one file that names them.
    const OWN_PATH: &str = "tools/xtask/src/words.rs";

    /// The tracked source files, as paths from the root.
    fn sources() -> Vec<String> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--", "*.rs", "*.js"])
            .current_dir(repository::root())
            .output()
            .expect("git lists the tracked files");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let names = String::from_utf8(listed.stdout).expect("paths are UTF-8");
        names.split_terminator('\0').map(str::to_owned).collect()
    }

    /// Returns the part of a line before its comment. What follows `://`, as in a URL, is none.
    fn code(line: &str) -> &str {
        let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
        comment.map_or(line, |(at, _)| &line[..at])
    }

    /// Returns every retired identifier in the code of `text`, with the number of its line and its replacement.
    fn retired(text: &str) -> impl Iterator<Item = (usize, &str, &'static str)> {
        let table: HashMap<&str, &'static str> = RETIRED.iter().copied().collect();
        text.lines().zip(1..).flat_map(move |(line, number)| {
            let words = code(line).split(|c: char| !c.is_alphanumeric() && c != '_');
            let found = words.filter_map(|word| Some((number, word, *table.get(word)?)));
            found.collect::<Vec<_>>()
        })
    }

    #[test]
    fn retired_identifiers_do_not_come_back() {
        let sources = sources();
        assert!(sources.iter().any(|path| path == OWN_PATH), "this file is among {} sources", sources.len());
        let mut found = Vec::new();
        for path in sources.iter().filter(|path| *path != OWN_PATH) {
            // A file that is removed and not committed yet is still listed.
            let Ok(text) = fs::read_to_string(repository::root().join(path)) else { continue };
            let lines = retired(&text);
            found.extend(lines.map(|(line, word, term)| format!("{path}:{line}: {word} is now {term}")));
        }
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }

    #[test]
    fn only_whole_words_are_found() {
        let (word, term) = RETIRED[0];
        let text =
            format!("a\nlet {word}s = my_{word}; // {word}\nurl(\"http://a\", {word}::new({word}));\n");
        let found: Vec<_> = retired(&text).collect();
        assert_eq!(found, [(3, word, term), (3, word, term)]);
    }
}
