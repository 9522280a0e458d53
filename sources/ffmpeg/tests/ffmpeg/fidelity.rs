//! What is not shown as its source has it is shown by one rule, and said: docs/fidelity.md.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lanstream_core::planar::Matrix;
use lanstream_core::source::{Event, Source};
use lanstream_ffmpeg::{Play, Run};

use crate::cases::each;
use crate::clip::{Clip, quiet, run, words};
use crate::pipes::fast;
use crate::watch::{PATIENCE, Shown, first};

fn open(clip: &Clip) -> Box<dyn Source> {
    Play { pace: fast(), ..Play::new(clip.path()) }.open().unwrap()
}

/// What is said once the first picture was shown.
fn said(source: &mut dyn Source) -> (Shown, Vec<String>) {
    let shown = first(source, 1).remove(0);
    (shown, source.description().alterations)
}

/// What FFmpeg makes of the first picture by itself.
fn by_ffmpeg(clip: &Clip, before: &str, filter: &str) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(quiet()).args(words(before)).arg("-i").arg(clip.path());
    run(command.args(["-vf", filter, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]))
}

fn worst(own: &[u8], wanted: &[u8]) -> u8 {
    assert_eq!(own.len(), wanted.len());
    own.iter().zip(wanted).map(|(own, wanted)| own.abs_diff(*wanted)).max().unwrap()
}

/// Where nothing is seen it is black, whatever colour is hidden there.
#[test]
fn what_is_seen_through_is_shown_over_black() {
    let picture = "-f lavfi -i color=red@0.0:s=96x64:r=10:d=0.4,format=yuva444p,drawbox=x=16:y=16:w=32:h=32:color=lime@1:t=fill:replace=1,format=FORMAT";
    each(
        [
            ("a.webm", "yuva420p", "-c:v libvpx-vp9 -pix_fmt yuva420p", 6),
            ("vp8.webm", "yuva420p", "-c:v libvpx -auto-alt-ref 0 -b:v 1M -pix_fmt yuva420p", 12),
            ("a.png", "rgba", "-frames:v 1 -pix_fmt rgba", 3),
            ("a.gif", "rgba", "-vf split[a][b];[a]palettegen[p];[b][p]paletteuse", 12),
            ("deep.mkv", "yuva444p", "-c:v ffv1 -pix_fmt yuva444p10le", 2),
            ("gbr.mkv", "gbrap", "-c:v ffv1 -pix_fmt gbrap", 3),
            ("deep.png", "rgba", "-frames:v 1 -pix_fmt rgba64be", 3),
        ],
        |(name, format, codec, off)| {
            let clip = Clip::made(name, &format!("{} {codec}", picture.replace("FORMAT", format)));
            let (shown, said) = said(open(&clip).as_mut());
            let pixel = |x: usize, y: usize| &shown.rgb[(y * 96 + x) * 3..][..3];
            assert!(worst(pixel(80, 5), &[0, 0, 0]) <= off, "{name}: {:?} is hidden", pixel(80, 5));
            assert!(worst(pixel(31, 31), &[0, 255, 0]) <= off, "{name}: {:?} is lime", pixel(31, 31));
            assert!(
                said.contains(&"what is seen through is shown over black".to_owned()),
                "{name}: {said:?}"
            );
        },
    );
    let opaque = Clip::made("b.png", "-f lavfi -i testsrc=s=96x64:d=0.04 -frames:v 1 -pix_fmt rgba");
    let (shown, said) = said(open(&opaque).as_mut());
    assert!(shown.rgb == opaque.decoded("rgb24") && said.is_empty(), "{said:?}");
}

/// Half of it is seen.
#[test]
fn what_is_seen_in_part() {
    let clip = Clip::made("a.png", "-f lavfi -i color=blue@0.5:s=16x16:d=0.04,format=rgba -frames:v 1");
    let whole = clip.decoded("rgba");
    let alpha = u32::from(whole[3]);
    assert!((120..136).contains(&alpha), "{alpha}");
    let (shown, _) = said(open(&clip).as_mut());
    let blue = u32::from(whole[2]);
    let seen = (blue * alpha * 2 + 255) / 510;
    assert_eq!(shown.rgb[..3], [0, 0, u8::try_from(seen).unwrap()]);
    let file = clip.path();
    let by_arguments = Run { pace: fast(), ..Run::new(["-i".as_ref(), file.as_os_str()]) };
    assert!(first(by_arguments.open().unwrap().as_mut(), 1)[0].rgb == shown.rgb);
}

/// What maps it is said, and does so.
#[test]
fn hdr_is_shown_without_tone_mapping() {
    each([("smpte2084", "PQ"), ("arib-std-b67", "HLG")], |(transfer, name)| {
        let clip = Clip::made(
            "hdr.mkv",
            &format!(
                "-f lavfi -i testsrc2=s=160x120:r=10:d=0.4 -c:v libx265 -x265-params log-level=error -pix_fmt yuv420p10le \
                 -color_trc {transfer} -color_primaries bt2020 -colorspace bt2020nc"
            ),
        );
        let (shown, notes) = said(open(&clip).as_mut());
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert_eq!(notes[0], "10 bit shown as 8 bit");
        let filter = notes[1].strip_prefix(&format!("HDR ({name}), shown without tone mapping: --filter "));
        let filter = filter.unwrap_or_else(|| panic!("{notes:?}")).to_owned();
        let wanted = by_ffmpeg(&clip, "", &filter);
        let mapped = Play { filter: Some(filter), ..Play::new(clip.path()) };
        let (mapped, notes) = said(mapped.open().unwrap().as_mut());
        assert_eq!(notes, ["10 bit shown as 8 bit"]);
        let off = worst(&mapped.rgb, &wanted);
        assert!(mapped.rgb != shown.rgb && off <= 60, "{off}");
        let file = clip.path();
        let mut by_arguments = Run::new(["-i".as_ref(), file.as_os_str()]).open().unwrap();
        let (_, notes) = said(by_arguments.as_mut());
        assert!(notes[1].contains("shown without tone mapping: -vf zscale"), "{notes:?}");
    });
    let wide = Clip::made(
        "wide.mkv",
        "-f lavfi -i testsrc2=s=64x48:r=10:d=0.4 -c:v libx264 -pix_fmt yuv420p -color_primaries bt2020 -color_trc bt2020-10 -colorspace bt2020nc",
    );
    assert_eq!(said(open(&wide).as_mut()).1, ["colours of BT.2020, shown as if of BT.709"]);
}

/// As FFmpeg makes red, green and blue of them, where viewers can't.
#[test]
fn colours_by_other_matrices() {
    each([("smpte240m", "smpte240m"), ("fcc", "fcc"), ("YCgCo", "ycgco")], |(matrix, said_name)| {
        let clip = Clip::made(
            "a.mp4",
            &format!(
                "-f lavfi -i testsrc2=s=64x64:r=5:d=0.4 -c:v libx264 -pix_fmt yuv444p -x264-params colormatrix={matrix}"
            ),
        );
        let filter =
            if matrix == "YCgCo" { "zscale=matrix=gbr:range=full,format=gbrp" } else { "format=gbrp" };
        let wanted = by_ffmpeg(&clip, "", filter);
        let (shown, said) = said(open(&clip).as_mut());
        assert!(worst(&shown.rgb, &wanted) <= 1, "{matrix}");
        assert_eq!(shown.planes.map(|(planar, _)| planar.matrix), Some(Matrix::Identity));
        assert_eq!(said, [format!("colours by {said_name}, made red, green and blue by FFmpeg")]);
        let file = clip.path();
        let mut by_arguments = Run::new(["-i".as_ref(), file.as_os_str()]).open().unwrap();
        let (_, said) = self::said(by_arguments.as_mut());
        assert_eq!(said, [format!("colours by {said_name}, which is not known here: taken for BT.601")]);
    });
}

/// The rule for what says nothing of its matrix, which is that of other players: BT.709 from 1280 pixels in a row or
/// 577 rows on.
#[test]
fn colours_that_say_nothing_of_their_matrix() {
    each(
        [
            ("1278x16", Matrix::Bt601, "bt601"),
            ("1280x16", Matrix::Bt709, "bt709"),
            ("16x576", Matrix::Bt601, "bt601"),
            ("16x578", Matrix::Bt709, "bt709"),
        ],
        |(size, matrix, name)| {
            let clip = Clip::made(
                "a.mkv",
                &format!("-f lavfi -i testsrc2=s={size}:r=5:d=0.2 -c:v ffv1 -pix_fmt yuv444p"),
            );
            let (shown, said) = said(open(&clip).as_mut());
            assert_eq!(shown.planes.map(|(planar, _)| planar.matrix), Some(matrix), "{size}");
            assert!(said.is_empty(), "{said:?}");
            let filter = format!(
                "scale=in_color_matrix={name}:flags=accurate_rnd+full_chroma_int+bitexact,format=rgb24"
            );
            assert!(worst(&shown.rgb, &by_ffmpeg(&clip, "", &filter)) <= 1, "{size}");
        },
    );
}

#[test]
fn rows_of_two_moments() {
    let clip = Clip::made(
        "a.mp4",
        "-f lavfi -i testsrc2=s=64x48:r=50:d=0.4 -vf interlace -c:v libx264 -flags +ilme+ildct -pix_fmt yuv420p",
    );
    assert_eq!(said(open(&clip).as_mut()).1, ["interlaced: --filter yadif"]);
    let woven = Play { filter: Some("yadif".to_owned()), ..Play::new(clip.path()) };
    assert!(said(woven.open().unwrap().as_mut()).1.is_empty());
    let file = clip.path();
    let mut by_arguments = Run::new(["-i".as_ref(), file.as_os_str()]).open().unwrap();
    assert_eq!(said(by_arguments.as_mut()).1, ["interlaced: -vf yadif"]);
}

#[test]
fn depths_shapes_and_samples() {
    let source = "-f lavfi -i testsrc2=s=64x48:r=10:d=0.2";
    each(
        [
            ("a.png", "-frames:v 1 -pix_fmt rgb48be", vec!["16 bit shown as 8 bit"]),
            ("a.mkv", "-c:v ffv1 -pix_fmt yuv420p16le", vec!["16 bit shown as 8 bit"]),
            ("b.mkv", "-c:v ffv1 -pix_fmt yuv422p10le", vec!["10 bit shown as 8 bit"]),
            ("c.mkv", "-c:v ffv1 -vf setsar=16/15", vec!["pixels of 16:15 made square by enlarging"]),
            ("d.mkv", "-c:v ffv1 -pix_fmt yuv440p", vec!["yuv440p is resampled by FFmpeg"]),
            ("e.mkv", "-c:v ffv1 -pix_fmt yuv420p", vec![]),
            ("f.mkv", "-c:v rawvideo -pix_fmt yuyv422", vec![]),
        ],
        |(name, words, wanted)| {
            let clip = Clip::made(name, &format!("{source} {words}"));
            assert_eq!(said(open(&clip).as_mut()).1, wanted, "{name}");
        },
    );
}

/// What is heard of it, or not, is said as well.
#[test]
fn sound_that_is_not_as_it_was() {
    let picture = "-f lavfi -i testsrc2=s=64x48:r=10:d=1";
    let tracks = |layout: &str, words: &str| {
        Clip::made(
            "a.mkv",
            &format!("{picture} -f lavfi -i anullsrc=channel_layout={layout}:d=1 -c:v ffv1 {words}"),
        )
    };
    let surround = tracks("5.1", "-c:a flac");
    assert_eq!(
        said(Play::new(surround.path()).open().unwrap().as_mut()).1,
        ["5.1 sound is mixed to left and right"]
    );
    let stereo = tracks("stereo", "-c:a flac");
    assert!(said(Play::new(stereo.path()).open().unwrap().as_mut()).1.is_empty());
    let unnamed = Clip::made(
        "a.mkv",
        &format!("{picture} -f lavfi -i aevalsrc=0|0|0|0|0|0|0|0|0|0|0|0:d=1 -c:v ffv1 -c:a pcm_s16le"),
    );
    let wanted = "sound of 12 channels: the first two are heard as left and right";
    assert_eq!(said(Play::new(unnamed.path()).open().unwrap().as_mut()).1, [wanted]);
    let song = Clip::made("a.wav", "-f lavfi -i sine=d=1");
    assert_eq!(
        said(Play::new(song.path()).open().unwrap().as_mut()).1,
        ["sound without a picture: its waves are drawn"]
    );
}

/// FFmpeg knows the name of its codec and has no decoder for it.
#[test]
fn sound_that_ffmpeg_cannot_decode() {
    let clip =
        Clip::made("a.mkv", "-f lavfi -i testsrc2=s=64x48:r=10:d=3 -f lavfi -i sine=d=3 -c:v ffv1 -c:a aac");
    let bytes = std::fs::read(clip.path()).unwrap();
    let at = bytes.windows(5).position(|part| part == b"A_AAC").unwrap();
    std::fs::write(clip.path(), [&bytes[..at], b"A_QQQ", &bytes[at + 5..]].concat()).unwrap();
    let mut source = Play::new(clip.path()).open().unwrap();
    let is_told = |source: &dyn Source| {
        source
            .description()
            .alterations
            .iter()
            .any(|phrase| phrase.starts_with("its sound is missing: FFmpeg ended with status"))
    };
    let deadline = Instant::now() + PATIENCE;
    while !is_told(source.as_ref()) {
        assert!(Instant::now() < deadline, "{:?}", source.description());
        if let Ok(Event::Damaged | Event::Resized) = source.wait(Some(Duration::from_millis(100))) {
            crate::watch::take(source.as_mut()).unwrap();
        }
    }
}

/// A sender of a live stream, which ends with its test.
struct Sender(Child);

impl Drop for Sender {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Sender {
    fn to(url: &str) -> Self {
        let mut command = Command::new("ffmpeg");
        command
            .args(quiet())
            .args(words("-re -f lavfi -i testsrc2=s=64x48:r=25 -c:v mpeg2video -g 5 -f mpegts"));
        Self(command.arg(url).stdin(Stdio::null()).spawn().unwrap())
    }
}

/// Told when nothing has come for five seconds, and taken back when something does.
#[test]
fn a_live_stream_that_has_fallen_silent() {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("udp://127.0.0.1:{port}?pkt_size=1316");
    let sender = Sender::to(&url);
    let mut source = Play::new(&url).open().unwrap();
    first(source.as_mut(), 3);
    drop(sender);
    let told = |source: &mut dyn Source, is: bool| {
        let deadline = Instant::now() + PATIENCE;
        while source.description().stalled.is_some() != is {
            assert!(Instant::now() < deadline, "{:?}", source.description());
            if let Event::Damaged | Event::Resized = source.wait(Some(Duration::from_secs(1))).unwrap() {
                crate::watch::take(source).unwrap();
            }
        }
        source.description().stalled
    };
    assert_eq!(told(source.as_mut(), true).as_deref(), Some("nothing has come for 5 s"));
    let _sender = Sender::to(&url);
    assert_eq!(told(source.as_mut(), false), None);
}
