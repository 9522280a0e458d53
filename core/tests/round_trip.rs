//! Every message that can be written is read as it was, whatever its fields.
#![cfg(not(loom))]

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use lanstream_core::protocol::{
    Ack, BandHead, Certificates, CursorAt, Encoding, Fragment, GoodbyeCode, Hello, Nack, NoticeCode, Patch,
    Proven, Route, ServerMessage, SourceState, TransportId, Version, ViewerMessage,
};
use lanstream_core::source::{
    AudioChunk, CursorShape, Description, Playback, PlaybackCommand, PlaybackSnapshot, Position,
};
use lanstream_core::{Micros, Pts, Rect, Size};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use proptest::strategy::Just;

fn viewer_message() -> impl Strategy<Value = ViewerMessage> {
    let ack = any::<[u32; 5]>().prop_map(|[seq, receive_us, paint_us, decode_us, total_us]| {
        ViewerMessage::Ack(Ack { seq, receive_us, paint_us, decode_us, total_us })
    });
    let route = (any::<(u32, u8, u64, u32)>(), 1..=u8::try_from(TransportId::MAX).unwrap_or(1)).prop_map(
        |(fields, transport)| {
            let (number, flags, epoch, held_seq) = fields;
            let transport = TransportId::new(transport).expect("the number is in range");
            ViewerMessage::Route(Route { number, transport, flags, epoch, held_seq })
        },
    );
    let command = prop_oneof![
        select(vec![PlaybackCommand::Pause, PlaybackCommand::Play, PlaybackCommand::Step]),
        any::<u64>().prop_map(|us| PlaybackCommand::Seek(Duration::from_micros(us))),
        any::<u32>().prop_map(PlaybackCommand::Track),
    ];
    prop_oneof![
        any::<(u16, u16)>().prop_map(|(version, flags)| ViewerMessage::Hello(Hello { version, flags })),
        ack,
        any::<(u32, u64)>().prop_map(|(seq, hash)| ViewerMessage::Proof { seq, hash }),
        any::<u32>().prop_map(|token| ViewerMessage::Ping { token }),
        Just(ViewerMessage::Refresh),
        any::<bool>().prop_map(|paused| ViewerMessage::Flow { paused }),
        route,
        any::<[u32; 4]>().prop_map(|[number, band, offset, bytes]| {
            ViewerMessage::Nack(Nack { number, band, offset, bytes })
        }),
        command.prop_map(ViewerMessage::PlaybackCommand),
        Just(ViewerMessage::AskTicket),
    ]
}

fn cursor_shape() -> impl Strategy<Value = CursorShape> {
    (any::<(u32, u16, u16)>(), 0..9_u16, 0..9_u16, any::<u8>()).prop_map(|(fields, width, height, value)| {
        let (serial, hot_x, hot_y) = fields;
        let rgba = vec![value; usize::from(width * height) * 4];
        CursorShape { serial, width, height, hot_x, hot_y, rgba }
    })
}

/// Texts of any characters; one that is empty means none in some places.
fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(".{1,40}", 0..4)
}

fn snapshot() -> impl Strategy<Value = PlaybackSnapshot> {
    let position = (any::<i64>(), any::<u32>()).prop_filter_map("stands for none", |(at, us_per_s)| {
        (at > i64::MIN).then_some(Position { at: Pts(at), us_per_s })
    });
    let numbers = (option::of(0..u64::MAX), option::of(position), option::of(0..u32::MAX));
    (any::<(bool, bool, i64, u64)>(), numbers, texts()).prop_map(|(fields, numbers, tracks)| {
        let ((is_playing, can_seek, began, at), (duration, position, track)) = (fields, numbers);
        let (began, duration) = (Pts(began), duration.map(Duration::from_micros));
        let tracks = Arc::from(tracks);
        let playback = Playback { is_playing, can_seek, began, duration, position, tracks, track };
        PlaybackSnapshot { playback, at: Micros(at) }
    })
}

/// Messages of numbers and texts.
fn plain_message() -> impl Strategy<Value = ServerMessage<'static>> {
    let text = select(vec!["", "größer", "a window"]);
    prop_oneof![
        any::<(u64, u64)>().prop_map(|(epoch, clock_us)| ServerMessage::Welcome {
            version: Version,
            epoch,
            clock_us
        }),
        (select(vec![SourceState::Live, SourceState::Lost, SourceState::Ended]), text.clone())
            .prop_map(|(state, text)| ServerMessage::Source { state, text }),
        (select(vec![NoticeCode::SelfCapture, NoticeCode::SelfCaptureEnded]), text.clone())
            .prop_map(|(code, text)| ServerMessage::Notice { code, text }),
        (select(vec![GoodbyeCode::Stopped, GoodbyeCode::Ended, GoodbyeCode::Expelled]), text.clone())
            .prop_map(|(code, text)| ServerMessage::Goodbye { code, text }),
        text.clone().prop_map(|json| ServerMessage::Stats { json }),
        text.prop_map(|ticket| ServerMessage::Ticket { ticket }),
        any::<(u32, u64)>().prop_map(|(token, clock_us)| ServerMessage::Pong { token, clock_us }),
        any::<(u32, bool, u64)>().prop_map(|(seq, exact, count)| ServerMessage::Proven(Proven {
            seq,
            exact,
            count
        })),
        any::<u32>().prop_map(|number| ServerMessage::Routed { number }),
        any::<u32>().prop_map(|number| ServerMessage::Unrouted { number }),
        any::<(u32, u32)>().prop_map(|(number, bands)| ServerMessage::FragmentsEnd { number, bands }),
        any::<[u32; 4]>().prop_map(|[number, band, offset, total]| {
            ServerMessage::Fragment(Fragment { number, band, offset, total, bytes: b"a part" })
        }),
    ]
}

fn server_message() -> impl Strategy<Value = ServerMessage<'static>> {
    let description = (texts(), option::of(".{1,40}"), ".{0,40}").prop_map(|(alterations, stalled, name)| {
        ServerMessage::Description(Cow::Owned(Description { name, stalled, alterations }))
    });
    let certificates = (any::<u16>(), vec(any::<[u8; 32]>(), 0..4))
        .prop_map(|(port, hashes)| ServerMessage::Certificates(Cow::Owned(Certificates { port, hashes })));
    let sound = (any::<i64>(), vec(any::<[u8; 8]>(), 0..9)).prop_map(|(at, frames)| {
        ServerMessage::Sound(Cow::Owned(AudioChunk { at: Pts(at), samples: frames.concat() }))
    });
    prop_oneof![
        plain_message(),
        description,
        certificates,
        sound,
        cursor_shape().prop_map(|shape| ServerMessage::CursorShape(Cow::Owned(shape))),
        any::<(i32, i32, u32, u32)>()
            .prop_map(|(x, y, serial, moves)| { ServerMessage::CursorAt(CursorAt { x, y, serial, moves }) }),
        snapshot().prop_map(|snapshot| ServerMessage::Playback(Cow::Owned(snapshot))),
    ]
}

fn patch() -> impl Strategy<Value = Patch> {
    let rect = (0..999_u32, 0..999_u32, 1..99_u32, 1..99_u32);
    (rect, select(Encoding::ALL.to_vec()), 0..50_usize).prop_map(
        |((x, y, width, height), encoding, bytes)| {
            let rect = Rect { x, y, width, height };
            match encoding {
                Encoding::Coded(code) => Patch::coded(rect, code, bytes),
                plain => Patch::new(rect, plain),
            }
        },
    )
}

proptest! {
    #[test]
    fn of_viewers(message in viewer_message()) {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        assert_eq!(ViewerMessage::read(&bytes), Ok(Some((message, bytes.len()))));
    }

    #[test]
    fn of_servers(message in server_message()) {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        assert_eq!(ServerMessage::read(&bytes), Ok(Some((message.clone(), bytes.len()))));
        for cut in 0..bytes.len() {
            assert_eq!(ServerMessage::read(&bytes[..cut]), Ok(None));
        }
    }

    #[test]
    fn of_bands(
        (seq, base, captured_at_us) in any::<(u32, u32, u64)>(),
        pts in option::of(-1_000_000..i64::MAX),
        flags in any::<[bool; 3]>(),
        patches in vec(patch(), 0..6),
    ) {
        let [first, commit, aborted] = flags;
        let (size, pts) = (Size { width: 1100, height: 1100 }, pts.map(Pts));
        let head = BandHead { seq, base, size, planar: None, captured_at_us, pts, first, commit, aborted };
        let mut bytes = BytesMut::new();
        head.write(&mut bytes, &patches);
        let data: usize = patches.iter().map(|patch| patch.bytes).sum();
        bytes.resize(bytes.len() + data, 7);
        assert_eq!(BandHead::read(&bytes), Ok((head, patches, &*vec![7; data])));
    }
}
