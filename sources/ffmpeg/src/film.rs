//! A film as programs: an FFmpeg for its pictures and one for its sound, begun at any place of it.

use std::ffi::OsString;
use std::time::Duration;

use lanstream_core::source::{Error, ErrorKind, Listener, SOUND_RATE};

use crate::contents::Contents;
use crate::frame_info::FrameInfo;
use crate::frame_reader::FrameReader;
use crate::input::Input;
use crate::log::SHOWINFO_FILTER;
use crate::mix::Mix;
use crate::output::nut_output;
use crate::pixel::Pixels;
use crate::program::Program;
use crate::seek::SeekPoint;
use crate::sound::SoundTrack;
use crate::stream::nut::Nut;
use crate::track::Track;

/// What an FFmpeg is asked for besides, because of what is in a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// There is nothing to be seen: the waves of this track are drawn.
    Waves(usize, Mix),
    /// Its colours are made by a matrix that viewers don't know: FFmpeg makes red, green and blue of them.
    Colours(Converter),
    /// A decoder that has what must be seen through.
    Decoder(&'static str),
    /// There is no sound in a list: its FFmpeg is not asked for any.
    Silence,
}

/// How FFmpeg makes red, green and blue of a matrix that viewers don't know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Converter {
    matrix: &'static str,
    filter: &'static str,
}

/// A film that was begun at a place.
/// The pipe goes before the program that writes to it.
pub(crate) struct Begun {
    /// Its pictures.
    pub(crate) frame_reader: FrameReader,
    pub(crate) program: Program,
    /// Its sound, where that comes from the same program.
    pub(crate) sound: Option<SoundTrack>,
}

/// What a film's programs are asked for.
#[derive(Clone, Debug)]
pub(crate) struct FilmOptions {
    /// The FFmpeg to run.
    pub(crate) ffmpeg: OsString,
    /// FFmpeg's filters, in its own words.
    pub(crate) filter: Option<String>,
    /// Audio track that is heard first.
    pub(crate) track: Track,
    /// Whether any audio is decoded.
    pub(crate) is_heard: bool,
    /// Listener to FFmpeg's log.
    pub(crate) listener: Option<Listener>,
}

/// What is played, and how its programs are started.
#[derive(Clone, Debug)]
pub(crate) struct Film {
    options: FilmOptions,
    input: Input,
    needs: Vec<Need>,
    /// What was asked for and is not to be had.
    missing: Vec<Need>,
}

/// FFmpeg's filters that make red, green and blue of matrices that viewers don't know, and its names of those: one of
/// its own, and one by a library that not every build has.
const CONVERTERS: [(&str, &[&str]); 2] = [
    ("format=gbrp|gbrp10le|gbrp12le", &["fcc", "smpte240m"]),
    (
        "zscale=matrix=gbr:range=full,format=gbrp|gbrp10le|gbrp12le",
        &["ycgco", "ictcp", "bt2020c", "chroma-derived-nc", "chroma-derived-c"],
    ),
];

/// Decoders that have alpha where FFmpeg's own leave it out.
const ALPHA_DECODERS: [(&str, &str); 2] = [("vp8", "libvpx"), ("vp9", "libvpx-vp9")];

/// By so much the sound of a list is ahead of its pictures: more than viewers are sent it ahead, and less than is read
/// ahead, since FFmpeg is paused with both where one of them is not read.
const JOINT_LEAD: Duration = Duration::from_millis(400);

/// A picture of sound.
const WAVES: &str = "showwaves=size=960x240:rate=25:mode=cline:colors=0x60c0ff:split_channels=0,format=rgb24";

impl Film {
    pub(crate) fn new(options: FilmOptions, input: Input) -> Self {
        Self { options, input, needs: Vec::new(), missing: Vec::new() }
    }

    /// For people.
    pub(crate) fn name(&self) -> &str {
        &self.input.name
    }

    /// What it needs that it was not asked for yet, by what FFmpeg said of it: without a picture nothing was `info`.
    pub(crate) fn need(&self, contents: &Contents, info: Option<&FrameInfo>) -> Option<Need> {
        let can_begin_anew = self.input.can_be_read_twice || self.input.is_live;
        let is_silent = self.is_joint() && contents.tracks.is_empty() && contents.video().is_some();
        let needs = [
            info.is_none().then(|| waves(contents)).flatten(),
            (info.is_none() && is_silent).then_some(Need::Silence),
            info.and_then(|info| converter(info.matrix())).map(Need::Colours),
            info.and_then(|_| alpha_decoder(contents)).map(Need::Decoder),
        ];
        let is_new = |need: &Need| !self.needs.contains(need) && !self.missing.contains(need);
        needs.into_iter().flatten().find(is_new).filter(|_| can_begin_anew)
    }

    /// Asks for it from now on.
    pub(crate) fn add(&mut self, need: Need) {
        self.needs.push(need);
    }

    /// Whether a decoder was asked for that has what must be seen through.
    pub(crate) fn decodes_alpha(&self) -> bool {
        self.needs.iter().any(|need| matches!(need, Need::Decoder(_)))
    }

    /// In what all of it differs from what is in its file, in words.
    pub(crate) fn alterations(&self) -> impl Iterator<Item = String> {
        let of_need = |need: &Need| match need {
            Need::Waves(..) => Some("sound without a picture: its waves are drawn".to_owned()),
            Need::Colours(converter) => {
                Some(format!("colours by {}, made red, green and blue by FFmpeg", converter.matrix))
            }
            Need::Decoder(_) | Need::Silence => None,
        };
        self.needs.iter().filter_map(of_need)
    }

    /// Does without what was asked for last, which this FFmpeg may not have. Returns `false` if nothing more can be
    /// left out.
    pub(crate) fn give_up(&mut self) -> bool {
        let last = self.needs.pop_if(|need| !matches!(need, Need::Waves(..) | Need::Silence));
        self.missing.extend(last);
        last.is_some()
    }

    /// The track that is heard first, if any is.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none like the one that was asked for.
    pub(crate) fn track(&self, contents: &Contents) -> Result<Option<usize>, Error> {
        if !self.is_heard() || self.is_joint() {
            return Ok(None);
        }
        let found = match &self.options.track {
            Track::Default => return Ok(contents.default_track()),
            Track::Number(number) => (*number < contents.tracks.len()).then_some(*number),
            Track::Language(language) => contents.tracks.iter().position(|track| track.is_in(language)),
        };
        found.map(Some).ok_or_else(|| Error::new(ErrorKind::NotFound, self.no_such_track(contents)))
    }

    fn no_such_track(&self, contents: &Contents) -> String {
        let names = contents.track_names();
        let (name, wanted) = (self.name(), &self.options.track);
        if names.is_empty() {
            return format!("there is no sound in {name}, so no {wanted}");
        }
        let tracks: Vec<_> =
            names.iter().enumerate().map(|(number, name)| format!("{number} ({name})")).collect();
        format!("there is no {wanted} in {name}: its tracks of sound are {}", tracks.join(", "))
    }

    /// Begins its pictures, and with those of a list its sound.
    ///
    /// # Errors
    /// As [`Program::start`].
    pub(crate) fn pictures(&self, place: SeekPoint) -> Result<Begun, Error> {
        let mut arguments = self.picture_arguments(place);
        let (ffmpeg, listener) = (self.options.ffmpeg.as_os_str(), self.options.listener.clone());
        if !self.is_joint() {
            let (program, pixels) = Program::start(ffmpeg, &arguments, listener)?;
            return Ok(Begun {
                frame_reader: FrameReader::new(pixels, Box::new(Nut::default())),
                program,
                sound: None,
            });
        }
        arguments.extend(self.second_output());
        // Its stdin, which it does not read, is a pipe that it writes to.
        let (heard, sound) =
            std::io::pipe().map_err(|error| Error::new(ErrorKind::Lost, format!("no pipe: {error}")))?;
        let (program, pixels) = Program::start_with(ffmpeg, &arguments, listener, sound.into())?;
        let sound = Some(SoundTrack::with_pictures(heard.into(), place.time(), Mix::Layout));
        Ok(Begun { frame_reader: FrameReader::new(pixels, Box::new(Nut::default())), program, sound })
    }

    /// Whether pictures and sound come from one FFmpeg: two that read a list which grows may begin with different
    /// pieces of it.
    pub(crate) fn is_joint(&self) -> bool {
        self.input.is_list && self.is_heard()
    }

    /// The sound of a list, a little before its pictures: FFmpeg goes on with what is behind.
    fn second_output(&self) -> Vec<OsString> {
        let map = match &self.options.track {
            Track::Default => Vec::new(),
            Track::Number(number) => vec!["-map".to_owned(), format!("0:a:{number}")],
            Track::Language(language) => vec!["-map".to_owned(), format!("0:a:m:language:{language}")],
        };
        let lead = seconds(JOINT_LEAD);
        let filter = format!("{},asetpts=PTS-{lead}/TB", resampled());
        let mut arguments: Vec<OsString> = map.into_iter().map(OsString::from).collect();
        arguments.extend(["-vn", "-sn", "-dn", "-af", &filter].map(OsString::from));
        arguments.extend(
            ["-ac", "2", "-c:a", "pcm_f32le", "-f", "f32le", "-flush_packets", "1", "pipe:0"]
                .map(OsString::from),
        );
        arguments
    }

    /// Begins one of its tracks, where it must be heard: not at another speed than its own.
    ///
    /// # Errors
    /// As [`Program::start`].
    pub(crate) fn sound(
        &self,
        place: SeekPoint,
        track: usize,
        mix: Mix,
    ) -> Result<Option<SoundTrack>, Error> {
        if !self.is_heard() || self.is_joint() {
            return Ok(None);
        }
        let arguments = self.sound_arguments(place, track, mix);
        let started = Program::start(&self.options.ffmpeg, &arguments, self.options.listener.clone())?;
        Ok(Some(SoundTrack::new(started, place.time(), mix)))
    }

    fn is_heard(&self) -> bool {
        let is_silent = self.needs.contains(&Need::Silence);
        self.options.is_heard && self.input.can_be_read_twice && !is_silent
    }

    /// What must be read, and from where on.
    fn input_arguments(&self, place: SeekPoint) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let (time, is_accurate) = match place {
            SeekPoint::Accurate(time) => (time, true),
            SeekPoint::Keyframe(time) => (time, false),
            SeekPoint::DecodeTo(_) => (Duration::ZERO, true),
        };
        if !is_accurate {
            arguments.push("-noaccurate_seek".into());
        }
        if !time.is_zero() {
            arguments.extend(["-ss".into(), seconds(time).into()]);
        }
        arguments.extend(self.input.arguments());
        arguments
    }

    fn picture_arguments(&self, place: SeekPoint) -> Vec<OsString> {
        let mut arguments = Vec::new();
        for need in &self.needs {
            if let Need::Decoder(decoder) = need {
                arguments.extend(["-c:v", decoder].map(OsString::from));
            }
        }
        arguments.extend(self.input_arguments(place));
        let waves = self
            .needs
            .iter()
            .find_map(|need| if let Need::Waves(track, mix) = need { Some((*track, *mix)) } else { None });
        match waves {
            Some((track, mix)) => {
                let first = mix.filter();
                let after = through(place, "atrim", "asetpts");
                let filter = format!(
                    "[0:a:{track}]{after}aresample=async=1:first_pts=0,{first}{WAVES},{}[waves]",
                    self.filters()
                );
                arguments.extend(["-filter_complex".into(), filter.into(), "-map".into(), "[waves]".into()]);
            }
            None => {
                let filter = format!("{}{}", through(place, "trim", "setpts"), self.filters());
                arguments.extend(["-vf".into(), filter.into()]);
            }
        }
        // Pictures keep their own sizes and times, whatever comes.
        arguments.extend(["-autoscale", "0", "-fps_mode", "passthrough"].map(OsString::from));
        arguments.extend(nut_output());
        arguments
    }

    /// The user's filters; then pixels become square by enlarging, and the showinfo filter reports what each picture is
    /// like. What can be shown as it is stays as it is.
    fn filters(&self) -> String {
        let own = self.options.filter.as_deref().map_or(String::new(), |filter| format!("{filter},"));
        let converters = self.needs.iter().filter_map(|need| {
            if let Need::Colours(converter) = need { Some(converter.filter) } else { None }
        });
        let converted: String = converters.flat_map(|filter| [filter, ","]).collect();
        let formats = Pixels::names_of_frames();
        format!(
            "{own}{converted}scale=w='round(iw*max(sar\\,1))':h='round(ih/min(sar\\,1))',setsar=1,format={formats},{SHOWINFO_FILTER}=checksum=0"
        )
    }

    /// Frames from the place on, as many as time says, whatever is missing: so their number tells their time.
    fn sound_arguments(&self, place: SeekPoint, track: usize, mix: Mix) -> Vec<OsString> {
        let mut arguments = ["-nostats", "-loglevel", "level+error"].map(OsString::from).to_vec();
        arguments.extend(self.input_arguments(place));
        let first = mix.filter();
        let after = match place {
            SeekPoint::DecodeTo(time) => format!(",atrim=start={}", seconds(time)),
            SeekPoint::Accurate(_) | SeekPoint::Keyframe(_) => String::new(),
        };
        let filter = format!("{first}{}{after}", resampled());
        let map = format!("0:a:{track}");
        arguments.extend(["-map", &map, "-vn", "-sn", "-dn", "-af", &filter].map(OsString::from));
        arguments.extend(["-ac", "2", "-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"].map(OsString::from));
        arguments
    }
}

/// FFmpeg's filters that leave out what comes before a place that is read to, or keep it and its time.
fn through(place: SeekPoint, trim: &str, set: &str) -> String {
    match place {
        SeekPoint::DecodeTo(time) => {
            let time = seconds(time);
            format!("{trim}=start={time},{set}=PTS-{time}/TB,")
        }
        SeekPoint::Keyframe(time) => format!("{set}=PTS+{}/TB,", seconds(time)),
        SeekPoint::Accurate(_) => String::new(),
    }
}

/// FFmpeg's filter that has so many frames as time says, whatever is missing.
fn resampled() -> String {
    format!("aresample={SOUND_RATE}:async=1:min_hard_comp=0.02:first_pts=0")
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

fn waves(contents: &Contents) -> Option<Need> {
    let track = contents.default_track().filter(|_| contents.is_only_heard())?;
    Some(Need::Waves(track, contents.mix(track)))
}

fn converter(matrix: &str) -> Option<Converter> {
    let all = CONVERTERS
        .iter()
        .flat_map(|(filter, matrices)| matrices.iter().map(|matrix| Converter { matrix, filter }));
    all.into_iter().find(|converter| converter.matrix == matrix)
}

fn alpha_decoder(contents: &Contents) -> Option<&'static str> {
    let video = contents.video().filter(|video| video.has_alpha)?;
    ALPHA_DECODERS.iter().find(|(codec, _)| *codec == video.codec).map(|(_, decoder)| *decoder)
}
