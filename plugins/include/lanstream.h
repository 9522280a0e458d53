/*
 * lanstream.h: the interface between lanstream and its plugins, version 1.3.
 *
 * A plugin is a shared library that exports one function, lanstream_plugin(). It returns a table, which leads to the tables of its
 * sources and sinks. A source makes frames, and a sink gets them. The host calls the functions of a source as follows:
 *
 *                       create                 describe        wait, capture, describe     destroy
 *     (no instance) ------------> instance ------------> ready <---------+      any --------------> (no instance)
 *                                                          |_____________|
 *
 * and those of a sink:
 *
 *     (no instance) --create--> instance --delivery--> ready --begin--> streaming --finish--> finished --destroy--> (no instance)
 *                                                        |              ^       |                 ^
 *                                                        |              +-------+                 |
 *                                                        |         begin, frame, audio            |
 *                                                        +-----------------finish-----------------+
 *
 * `begin` comes again before the first frame of another layout. `finish` comes once, when nothing more comes or the sink has said that
 * it has all that it wants. After a failure of `begin`, `frame`, `audio` or `finish` only
 * `destroy` comes; it may come in any other state too.
 *
 * Threads. All functions of one instance are called on one thread, one at a time, except `wake` and `interrupt`, which are called on any
 * thread between the return of `create` and the call of `destroy`. Different instances may be used on different threads at the same time.
 *
 * Extensions. What only some sources have is in a table of its own, which `extension` returns by its id: LS_AUDIO_ID, LS_CURSOR_ID,
 * LS_PLAYBACK_ID. The host asks for each that it knows once, after `create` and before it calls anything else but `destroy`; a host of minor version 0
 * or 1 asks for none. The functions of an extension are called like `describe`: on the thread of the instance, if the source has it.
 *
 * Memory. Whoever allocates memory releases it. Pointers in arguments are valid until the call returns, unless their
 * comment says otherwise. Pointers in tables that a plugin returns are valid as long as the process lives: a plugin is never unloaded.
 *
 * Tables begin with their size, and grow at their end only. Set `struct_size` to sizeof in every table that you
 * make. Before you use a field of a table that you are given, its size has to include the field.
 *
 * Text is UTF-8 with a length, without a terminating zero. Enumerations are uint32_t. Reserved fields are 0.
 *
 * A function that returns int32_t returns LS_OK, or LS_FAILED after filling `error`. No function may throw an
 * exception, unwind or jump out.
 */
#ifndef LANSTREAM_H
#define LANSTREAM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LS_ABI_MAJOR 1u
#define LS_ABI_MINOR 3u

#if defined(_WIN32)
#define LS_EXPORT __declspec(dllexport)
#else
#define LS_EXPORT __attribute__((visibility("default")))
#endif

#define LS_OK 0
#define LS_FAILED (-1)

/* Id of the factories of sources: ls_source. */
#define LS_SOURCE_ID "lanstream.source/1"
/* Id of the factories of sinks: ls_sink. A host of minor version 0 does not ask for them. */
#define LS_SINK_ID "lanstream.sink/1"
/* Id of the extension of sources that have sound: ls_audio_source. */
#define LS_AUDIO_ID "lanstream.audio/1"
/* Id of the extension of sources whose cursor is apart from their pixels: ls_cursor_source. */
#define LS_CURSOR_ID "lanstream.cursor/1"
/* Id of the extension of sources whose playback viewers control: ls_playback_source. A host of minor version 2 does not ask for it. */
#define LS_PLAYBACK_ID "lanstream.playback/1"

#define LS_RECTS_MAX 16
#define LS_TEXT_BYTES_MAX 508

/* UTF-8 text that somebody else owns. `data` may be NULL if `len` is 0. */
typedef struct ls_str {
    const char *data;
    uint64_t len;
} ls_str;

/* UTF-8 text in place. */
typedef struct ls_text {
    uint32_t len;
    char data[LS_TEXT_BYTES_MAX];
} ls_text;

/* What the host does about an error. Each of them ends a sink, and nothing else. */
enum {
    LS_ERROR_RETRY = 1,       /* nothing is lost: it calls again after the next event */
    LS_ERROR_LOST = 2,        /* the device is gone for now: it creates the source again after a while. Of a sink: what it writes to
                                 broke off */
    LS_ERROR_ENDED = 3,       /* the source is over for good */
    LS_ERROR_FINISHED = 4,    /* the source is over because it showed all it has */
    LS_ERROR_NOT_FOUND = 5,   /* what the options name does not exist */
    LS_ERROR_UNSUPPORTED = 6  /* this system cannot do it */
};

typedef struct ls_error {
    uint32_t kind; /* LS_ERROR_... */
    ls_text text;  /* what was wrong and what to do, in one line */
} ls_error;

/* Rectangle in pixels. In planar formats: in cells of four bytes of the block, as in docs/protocol.md. */
typedef struct ls_rect {
    uint32_t x, y, width, height;
} ls_rect;

typedef struct ls_region {
    uint32_t len; /* number of rectangles, at most LS_RECTS_MAX */
    uint32_t reserved;
    ls_rect rects[LS_RECTS_MAX];
} ls_region;

enum {
    LS_FORMAT_BGRX8 = 1, /* blue, green, red, unused: a byte each */
    LS_FORMAT_RGBX8 = 2, /* red, green, blue, unused: a byte each */
    LS_FORMAT_PLANAR = 3 /* one block of planes, one after the other, rows without gaps */
};

typedef struct ls_layout {
    uint32_t width, height; /* in pixels, from 1 to 16384 */
    uint32_t stride;        /* bytes from one row to the next, a multiple of 4; 0 lets the host choose */
    uint32_t format;        /* LS_FORMAT_... */
    uint8_t planar[4];      /* of LS_FORMAT_PLANAR: chroma, depth, matrix, range, as in docs/protocol.md; else 0 */
} ls_layout;

typedef struct ls_description {
    uint32_t struct_size;
    uint32_t reserved;
    ls_layout layout;    /* of the next frame */
    ls_text name;        /* of what is shown: "camera 1" */
    ls_text stalled;     /* reason why no frames come; empty while they may come */
    ls_text alterations; /* differences between frames and what the source has, one a line; empty for none */
} ls_description;

typedef struct ls_choice {
    ls_str name;
    ls_str help;
} ls_choice;

enum {
    LS_OPTION_SWITCH = 1,   /* given or not */
    LS_OPTION_INTEGER = 2,  /* a whole number from `min` to `max` */
    LS_OPTION_TEXT = 3,
    LS_OPTION_PATH = 4,
    LS_OPTION_CHOICE = 5,   /* one of `choices` */
    LS_OPTION_ARGUMENTS = 6 /* all words after "--" */
};

enum {
    LS_OPTION_POSITIONAL = 1, /* a required word without its name before it */
    LS_OPTION_HAS_DEFAULT = 2
};

typedef struct ls_option {
    uint32_t struct_size;
    uint32_t kind;  /* LS_OPTION_SWITCH ... */
    uint32_t flags; /* LS_OPTION_POSITIONAL, LS_OPTION_HAS_DEFAULT */
    uint32_t reserved;
    ls_str name;       /* lower-case letters, digits and hyphens */
    ls_str value_name; /* of its value, in help: "WxH" */
    ls_str help;       /* one line */
    ls_str default_value;
    int64_t min, max;
    const ls_choice *choices;
    uint64_t choices_len;
    const ls_str *conflicts; /* names of options that cannot be given with it */
    uint64_t conflicts_len;
    const ls_str *requires_; /* names of options that must be given with it */
    uint64_t requires_len;
} ls_option;

typedef struct ls_value {
    ls_str name;
    ls_str value; /* empty for a switch that is given */
} ls_value;

enum {
    LS_FRAME_HAS_PTS = 1, /* `pts_us` is set */
    LS_FRAME_ALL = 2,     /* all of the frame was written and may have changed: `updated` and `damage` are ignored */
    LS_FRAME_LENT = 4,    /* the pixels, all of them, are in `lent` instead of `data` */
    LS_FRAME_KEEP = 8     /* with LS_FRAME_LENT: the host may use the pixels after the call, and release them later, on any
                             thread, even after `destroy`. A host of 1.2 copies them and releases them at once */
};

typedef struct ls_frame {
    uint32_t struct_size;
    uint32_t flags;    /* out: LS_FRAME_... */
    ls_layout layout;  /* in: with the host's stride, which may be larger than a row. Bytes between rows are not to be written */
    uint32_t reserved;
    uint8_t *data;     /* in: the host's buffer, which holds an earlier frame; not to be used after the call */
    uint64_t data_len; /* in: its length in bytes */
    ls_region region;  /* in: to be brought up to date, besides what has changed since the last capture */
    ls_region updated; /* out: what was written besides `region`; damage is always written */
    ls_region damage;  /* out: what may have changed since the last capture. It may cover more than that, never less */
    int64_t pts_us;    /* out: presentation time, on a clock of the plugin's own */
    const uint8_t *lent; /* out: the plugin's own pixels, which stay as they are until the host calls `lent_release` */
    uint64_t lent_len;
    uint64_t lent_stride;
    void *lent_owner;
    void (*lent_release)(void *owner); /* out: may be NULL; called exactly once, on the thread that called `capture`, and
                                          before it is called again, unless LS_FRAME_KEEP allows more */
} ls_frame;

#define LS_SOUND_RATE 48000u      /* frames of sound in a second, each of a sample for the left and one for the right */
#define LS_SOUND_FRAME_BYTES 8u
#define LS_SOUND_BYTES_MAX 61440u /* of the longest stretch of a source: 160 ms */

/* A stretch of sound, for a sink or of a source. It may be ahead of its frames. */
typedef struct ls_audio {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t pts_us;      /* where it begins, on the clock of the frames' `pts_us` */
    const uint8_t *data; /* samples, little-endian 32-bit floating point, interleaved. Perhaps not aligned; valid until the call returns, or
                            of a source until the next call of a function of the instance other than `wake` */
    uint64_t data_len;   /* in bytes: a multiple of LS_SOUND_FRAME_BYTES */
} ls_audio;

enum {
    LS_EVENT_DAMAGED = 1,   /* there is damage that was not reported before */
    LS_EVENT_RESIZED = 2,   /* the layout changed: the host calls `describe` */
    LS_EVENT_DESCRIBED = 3, /* another part of the description changed: the host calls `describe` */
    LS_EVENT_WOKEN = 4,
    LS_EVENT_TIMED_OUT = 5,
    LS_EVENT_CURSOR_MOVED = 6, /* the cursor moved or looks different: the host calls `cursor`. Only if it has asked for LS_CURSOR_ID */
    LS_EVENT_SOUNDED = 7,      /* sound is due: the host calls `take` before it waits again. Only if it has asked for LS_AUDIO_ID */
    LS_EVENT_PLAYBACK_CHANGED = 8 /* playback changed without a command: the host calls `playback`. Only if it has asked for LS_PLAYBACK_ID */
};

#define LS_FOREVER UINT64_MAX

enum { LS_LOG_ERROR = 1, LS_LOG_WARN = 2, LS_LOG_INFO = 3, LS_LOG_DEBUG = 4 };

/* What the host offers to one instance of a source or sink. It is valid from the call of `create` to the return of `destroy`. */
typedef struct ls_host {
    uint32_t struct_size;
    uint32_t abi_major, abi_minor;
    uint32_t reserved;
    void *context; /* first argument of the functions */
    /* Writes a line to the log. Any thread. */
    void (*log)(void *context, uint32_t level, ls_str text);
    /* Sleeps for `timeout_ns`, or until the host or `notify` wakes it; returns LS_EVENT_WOKEN or LS_EVENT_TIMED_OUT. A wake-up
     * before it is not lost. Only within `wait` of a source, and within the functions of a sink on its own thread, where the host
     * wakes it when it calls `interrupt`. */
    uint32_t (*sleep)(void *context, uint64_t timeout_ns);
    /* Ends a `sleep`, at once or the next one. Any thread. */
    void (*notify)(void *context);
} ls_host;

typedef struct ls_source {
    uint32_t struct_size;
    uint32_t reserved;
    ls_str name;     /* its command: lower-case letters, digits and hyphens */
    ls_str about;    /* one sentence on what it shows */
    ls_str examples; /* follow its help; may be empty */
    const ls_option *options;
    uint64_t options_len;
    /* Opens a source and stores it in `instance`. `values` has all options that were given or have a default. */
    int32_t (*create)(const ls_host *host, const ls_value *values, uint64_t values_len, void **instance, ls_error *error);
    /* Closes a source. Threads of its own have ended when it returns. */
    void (*destroy)(void *instance);
    /* Fills `description`. */
    int32_t (*describe)(void *instance, ls_description *description, ls_error *error);
    /* Waits for at most `timeout_ns` and stores an event. Each event is returned once. */
    int32_t (*wait)(void *instance, uint64_t timeout_ns, uint32_t *event, ls_error *error);
    /* Brings a frame up to date. Called only while a viewer waits for a frame: a source idles when nobody watches. */
    int32_t (*capture)(void *instance, ls_frame *frame, ls_error *error);
    /* Makes `wait` return LS_EVENT_WOKEN, at once or at its next call. Any thread. NULL if `wait` uses the host's `sleep`. */
    void (*wake)(void *instance);
    /* Returns the table of the extension `id`, or NULL if the source does not have it. The table is valid as long as the process
     * lives. May itself be NULL. */
    const void *(*extension)(void *instance, ls_str id);
} ls_source;

#define LS_CURSOR_SIDE_MAX 512
#define LS_CURSOR_OFFSET_MAX 65536

enum { LS_CURSOR_VISIBLE = 1 /* it has a shape: without this flag, `x` and `y` alone mean something */ };

/* The cursor of a source. All fields but `struct_size` are the plugin's; they are 0 before the call. */
typedef struct ls_cursor {
    uint32_t struct_size;
    uint32_t flags;         /* LS_CURSOR_VISIBLE */
    int32_t x, y;           /* pixel of the picture that it points at; it may lie outside, by at most LS_CURSOR_OFFSET_MAX from the first */
    uint32_t serial;        /* number of the shape, another one for each: the host does not read again the pixels of the last one */
    uint32_t width, height; /* of the shape, in pixels, from 1 to LS_CURSOR_SIDE_MAX */
    uint32_t hot_x, hot_y;  /* pixel of the shape that points: inside of it */
    uint32_t reserved;
    const uint8_t *pixels;  /* red, green, blue, alpha: a byte each, not premultiplied, rows without gaps. Valid, and not written to, until
                               the next call of a function of the instance other than `wake` */
    uint64_t pixels_len;    /* in bytes: 4 * width * height */
} ls_cursor;

/* Extension LS_CURSOR_ID. */
typedef struct ls_cursor_source {
    uint32_t struct_size;
    uint32_t reserved;
    /* Says where the cursor is and what it looks like. Called once after `create`, and after each LS_EVENT_CURSOR_MOVED. */
    int32_t (*cursor)(void *instance, ls_cursor *cursor, ls_error *error);
} ls_cursor_source;

/* Extension LS_AUDIO_ID. Sound goes with frames by their `pts_us`: those of the source have to have one. */
typedef struct ls_audio_source {
    uint32_t struct_size;
    uint32_t reserved;
    /* Hands over the stretch of sound that is due: at most LS_SOUND_BYTES_MAX bytes, of which no sample is infinite or not a number.
     * `audio` is empty before the call, and may stay so. Called once after each LS_EVENT_SOUNDED. Sound is due some 300 ms before the
     * frames that it belongs to, so that it has arrived when they are shown. */
    int32_t (*take)(void *instance, ls_audio *audio, ls_error *error);
} ls_audio_source;

#define LS_TRACKS_MAX 64
#define LS_TRACK_NAME_BYTES_MAX 256

enum {
    LS_PLAYBACK_CONTROLLED = 1,    /* viewers can control it: without this flag nothing else means anything, as of a live stream */
    LS_PLAYBACK_PLAYING = 2,       /* it goes on by itself */
    LS_PLAYBACK_CAN_SEEK = 4,      /* LS_COMMAND_SEEK leads somewhere */
    LS_PLAYBACK_HAS_DURATION = 8,  /* `duration_us` is set */
    LS_PLAYBACK_HAS_POSITION = 16, /* `position_us` and `rate_us_per_s` are set: without this flag it is where the frame is that is shown */
    LS_PLAYBACK_HAS_TRACK = 32     /* `track` is set: sound of this source is heard while one is */
};

/* How playback of a source stands. All fields but `struct_size` are the plugin's; they are 0 before the call. */
typedef struct ls_playback {
    uint32_t struct_size;
    uint32_t flags;         /* LS_PLAYBACK_... */
    int64_t began_us;       /* where it began, on the clock of the frames' `pts_us`: after a film that begins again, where it did last */
    uint64_t duration_us;   /* how long it takes */
    int64_t position_us;    /* where it is now, on the same clock, whether or not a frame begins there */
    uint32_t rate_us_per_s; /* microseconds of the film in a second: 1000000 in real time, 0 where it stands */
    uint32_t track;         /* number of the track that is heard, from 0 */
    const ls_str *tracks;   /* names of its tracks of sound, of at most LS_TRACK_NAME_BYTES_MAX bytes. Valid until the next call of a
                               function of the instance other than `wake` */
    uint64_t tracks_len;    /* at most LS_TRACKS_MAX */
} ls_playback;

enum {
    LS_COMMAND_PAUSE = 1,
    LS_COMMAND_PLAY = 2,
    LS_COMMAND_STEP = 3, /* pause, and show one more frame */
    LS_COMMAND_SEEK = 4, /* go on from `seek_us`, or pause there */
    LS_COMMAND_TRACK = 5 /* be heard by `track` */
};

/* Command of a viewer. One that means nothing to the source, such as one beyond its end, is carried out as far as it can be. */
typedef struct ls_command {
    uint32_t struct_size;
    uint32_t kind;    /* LS_COMMAND_... */
    uint64_t seek_us; /* time from the beginning; any number */
    uint32_t track;   /* any number */
    uint32_t reserved;
} ls_command;

/* Extension LS_PLAYBACK_ID. The frames of the source have to have a `pts_us`. */
typedef struct ls_playback_source {
    uint32_t struct_size;
    uint32_t reserved;
    /* Says how playback stands. Called once after `create`, after each LS_EVENT_PLAYBACK_CHANGED and after each `control`. Time that
     * goes by at the rate that was told is no change. */
    int32_t (*playback)(void *instance, ls_playback *playback, ls_error *error);
    /* Carries out a command. What comes of it is told by `playback`, at once or after a LS_EVENT_PLAYBACK_CHANGED. */
    int32_t (*control)(void *instance, const ls_command *command, ls_error *error);
} ls_playback_source;

enum {
    LS_DELIVERY_EVERY = 1, /* every frame that is captured, and all sound: if the sink is slow, captures wait for it */
    LS_DELIVERY_NEWEST = 2 /* the newest frame when the sink is ready for one: what came meanwhile is skipped, and nobody waits */
};

enum { LS_STREAM_HAS_SOUND = 1 /* `audio` may be called */ };

/* What is known of a stream of frames before the first. */
typedef struct ls_stream {
    uint32_t struct_size;
    uint32_t flags;          /* LS_STREAM_HAS_SOUND */
    ls_layout layout;        /* of each frame */
    uint32_t sound_rate;     /* frames of sound in a second: 48000 */
    uint32_t sound_channels; /* samples in each: 2, left and right */
    uint32_t reserved;
    ls_text name;            /* of what is shown: "monitor HDMI-1" */
    ls_text alterations;     /* differences between frames and what the source has, one a line; empty for none */
} ls_stream;

enum {
    LS_SINK_FRAME_HAS_PTS = 1, /* `pts_us` is set: the frame is of a film */
    LS_SINK_FRAME_REPEATED = 2 /* the frame is the one before, which still stands: nothing is damaged */
};

/* A frame for a sink. All fields are the host's. */
typedef struct ls_sink_frame {
    uint32_t struct_size;
    uint32_t flags;       /* LS_SINK_FRAME_... */
    ls_layout layout;     /* as `begin` had it, with the stride */
    uint32_t sequence;    /* number among the frames of the source: it leaves out those that the sink did not get */
    const uint8_t *data;  /* first row. Not to be written to, and not to be read after the call */
    uint64_t data_len;    /* bytes that may be read; those between rows mean nothing */
    ls_region damage;     /* what may have changed since the sink's frame before: all of the first frame after `begin` */
    uint64_t at_us;       /* when the frame is shown, on the host's clock: when it was captured, or, of one that still stands, now */
    uint64_t captured_us; /* when it was captured, on the same clock */
    int64_t pts_us;       /* presentation time, on the source's own clock */
    uint64_t held_us;     /* time so far in which nothing was captured because too many frames waited for the sink */
    uint32_t waiting;     /* frames that wait behind this one; 0 with LS_DELIVERY_NEWEST */
    uint32_t reserved;
} ls_sink_frame;

enum {
    LS_SINK_OPEN = 1,    /* it takes more */
    LS_SINK_COMPLETE = 2 /* it has all that it wants: the host calls `finish` next */
};

typedef struct ls_sink {
    uint32_t struct_size;
    uint32_t reserved;
    ls_str name;     /* which selects it: lower-case letters, digits and hyphens */
    ls_str about;    /* one sentence on what it does */
    ls_str examples; /* follow its description in lists; may be empty */
    const ls_option *options; /* none of them LS_OPTION_POSITIONAL */
    uint64_t options_len;
    /* Opens a sink and stores it in `instance`. `values` has all options that were given or have a default. */
    int32_t (*create)(const ls_host *host, const ls_value *values, uint64_t values_len, void **instance, ls_error *error);
    /* Closes a sink, finished or not. Threads of its own have ended when it returns. */
    void (*destroy)(void *instance);
    /* Returns which frames it gets: LS_DELIVERY_... Called once, after `create`. */
    uint32_t (*delivery)(void *instance);
    /* Begins a stream of frames of one layout, after the end of the one before. */
    int32_t (*begin)(void *instance, const ls_stream *stream, ls_error *error);
    /* Takes a frame. `status` is LS_SINK_OPEN before the call, and may be set to LS_SINK_COMPLETE. */
    int32_t (*frame)(void *instance, const ls_sink_frame *frame, uint32_t *status, ls_error *error);
    /* Takes a stretch of sound, with `status` as in `frame`. NULL if it takes none. */
    int32_t (*audio)(void *instance, const ls_audio *audio, uint32_t *status, ls_error *error);
    /* Ends: what was taken is complete where it is meant to go when this returns. Perhaps nothing was. */
    int32_t (*finish)(void *instance, ls_error *error);
    /* Makes the function that is running, and those after it, return soon, successful or not: the user gives the sink up. Any thread.
     * May be NULL. A sink in a process of its own is ended a second later. */
    void (*interrupt)(void *instance);
    /* Returns the table of an extension, or NULL: sinks have none yet. May itself be NULL. */
    const void *(*extension)(void *instance, ls_str id);
} ls_sink;

typedef struct ls_plugin {
    uint32_t struct_size;
    uint32_t abi_major, abi_minor; /* LS_ABI_MAJOR, LS_ABI_MINOR */
    uint32_t reserved;
    ls_str name;    /* for people */
    ls_str version; /* for people */
    /* Returns the factory of kind `id`, LS_SOURCE_ID or LS_SINK_ID, at `index` from 0; NULL after the last. */
    const void *(*factory)(ls_str id, uint32_t index);
} ls_plugin;

/* The exported function. NULL means that the plugin does not support this host. */
LS_EXPORT const ls_plugin *lanstream_plugin(uint32_t host_major, uint32_t host_minor);

/* Manifest of the plugin, as a string literal of TOML: what it needs besides pixels. The process of a plugin that has one
 * is confined to that, before any of its code runs. docs/plugins.md has the keys: LS_MANIFEST("network = 'any'\n"); */
#define LS_MANIFEST(text)                          \
    LS_EXPORT extern const char lanstream_manifest[]; \
    const char lanstream_manifest[] = text

/* Text of a string literal, in constants: LS_STR("name"). */
#define LS_STR(literal) { literal, sizeof(literal) - 1 }

/* Whether `text` is the zero-terminated `other`. */
static inline int ls_str_is(ls_str text, const char *other) {
    return text.len == strlen(other) && memcmp(text.data, other, (size_t)text.len) == 0;
}

/* Copies the zero-terminated `from`, as far as there is room for it. */
static inline void ls_text_set(ls_text *text, const char *from) {
    size_t len = strlen(from);
    text->len = (uint32_t)(len < LS_TEXT_BYTES_MAX ? len : LS_TEXT_BYTES_MAX);
    memcpy(text->data, from, text->len);
}

/* Fills `error`, and returns LS_FAILED. */
static inline int32_t ls_fail(ls_error *error, uint32_t kind, const char *text) {
    error->kind = kind;
    ls_text_set(&error->text, text);
    return LS_FAILED;
}

#ifdef __cplusplus
}
#endif

#endif
