/*
 * A plugin that breaks one rule of the interface, which EVIL names as "PLACE:DEED": a corpus for the tests of the host.
 * Compiled without EVIL, it takes the deed from the environment variable LANSTREAM_EVIL. Without a deed it shows a grey
 * picture that becomes lighter. If EVIL begins with "sink", it also has a sink, which reads every pixel that it is given.
 */
#include <lanstream.h>

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef EVIL
#define EVIL (getenv("LANSTREAM_EVIL") != NULL ? getenv("LANSTREAM_EVIL") : "none:none")
#endif

#define WIDTH_MAX 2048
#define HEIGHT_MAX 2048

static const ls_host *host;
static uint32_t width = 64, height = 32;
static uint8_t grey = 1;
static int captures, instances;
static uint8_t own[64 * 32 * 4]; /* pixels that are lent */
static uint8_t *lent;

/* Pixels that lent:kept lends until they are released, by any thread at any time. */
struct loan {
    uint8_t pixels[sizeof own];
};

/* The only loan of lent:kept-again, which paints it again and again, and the first of lent:kept-destroy, which paints it
 * at the end. */
static struct loan *first_loan;

/* An instance of lent:good, which lends its own pixels and has them back before it is called again. */
struct lender {
    uint8_t pixels[sizeof own];
    int loans; /* 0 or 1 */
};

static int is(const char *deed) {
    return strcmp(EVIL, deed) == 0;
}

static volatile int depth;

static int overflow(int x) {
    volatile char block[65536];
    block[0] = (char)x;
    if (++depth < 0) return 0;
    return overflow(x + 1) + block[0];
}

static void sleep_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void *pausing(void *unused) {
    for (;;) pause();
    return unused;
}

static void *calling(void *unused) {
    sleep_ms(20);
    host->log(host->context, LS_LOG_INFO, (ls_str)LS_STR("too late"));
    return unused;
}

static void *painting(void *unused) {
    for (;;) {
        sleep_ms(1);
        own[0]++;
    }
    return unused;
}

static void start(void *(*run)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) == 0) pthread_detach(thread);
}

/* Leaves a process behind; with `deep`, one that has left its session and its parent. */
static void leave_process(int deep) {
    if (fork() != 0) return;
    if (deep) {
        setsid();
        if (fork() != 0) _exit(0);
    }
    for (;;) pause();
}

/* Writes the byte after an allocation, which nobody notices but a sanitizer: the allocator rounds up. */
static void overrun(volatile size_t len) {
    volatile char *block = malloc(len);
    if (block == NULL) return;
    block[len] = 1;
    free((void *)block);
}

static void ignore(int signal) {
    (void)signal;
}

/* Does what EVIL names for this place. */
static void evil(const char *place) {
    size_t len = strlen(place);
    if (strncmp(EVIL, place, len) != 0 || EVIL[len] != ':') return;
    const char *deed = EVIL + len + 1;
    if (strcmp(deed, "segv") == 0) *(volatile int *)8 = 1;
    if (strcmp(deed, "abort") == 0) abort();
    if (strcmp(deed, "exit") == 0) exit(0);
    if (strcmp(deed, "overflow") == 0) overflow(0);
    if (strcmp(deed, "hang") == 0) for (;;) pause();
    if (strcmp(deed, "print") == 0 || strcmp(deed, "print-segv") == 0) { printf("printed by a plugin\n"); fflush(stdout); }
    if (strcmp(deed, "print-segv") == 0) *(volatile int *)8 = 1;
    if (strcmp(deed, "close") == 0) for (int fd = 3; fd < 256; fd++) close(fd);
    if (strcmp(deed, "block-signals") == 0) { sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, NULL); }
    if (strcmp(deed, "handle-signal") == 0) signal(SIGUSR1, ignore);
    if (strcmp(deed, "locale") == 0) setlocale(LC_ALL, "C.UTF-8");
    if (strcmp(deed, "folder") == 0 && chdir("/tmp") != 0) abort();
    if (strcmp(deed, "umask") == 0) umask(0);
    if (strcmp(deed, "environment") == 0) setenv("LANSTREAM_MARK", "1", 1);
    if (strcmp(deed, "fork") == 0) leave_process(0);
    if (strcmp(deed, "daemon") == 0) leave_process(1);
    if (strcmp(deed, "allocate") == 0) memset(malloc(100ull << 30), 1, 100ull << 30);
    if (strcmp(deed, "threads") == 0) for (int i = 0; i < 10000; i++) start(pausing);
    if (strcmp(deed, "thread") == 0) start(pausing);
    if (strcmp(deed, "callback") == 0) start(calling);
    if (strcmp(deed, "overrun") == 0) overrun(17);
    if (strcmp(deed, "leak") == 0) memset(malloc(100 << 10), 1, 100 << 10);
    if (strcmp(deed, "open") == 0 && open("/dev/null", O_RDONLY) < 0) abort();
    if (strcmp(deed, "spin") == 0) for (clock_t end = clock() + CLOCKS_PER_SEC / 100; clock() < end;) {}
    if (strcmp(deed, "late") == 0) sleep_ms(2500);
}

#include "extensions.h"

static int option_is_wrong(const ls_value *value) {
    return ls_str_is(value->name, "level") && !ls_str_is(value->value, "1") && !ls_str_is(value->value, "2");
}

static void read_option(const ls_value *value) {
    char text[32] = {0};
    if (!ls_str_is(value->name, "size") || value->value.len >= sizeof text) return;
    memcpy(text, value->value.data, (size_t)value->value.len);
    if (sscanf(text, "%ux%u", &width, &height) != 2 || width == 0 || width > WIDTH_MAX || height == 0 || height > HEIGHT_MAX) {
        width = 64;
        height = 32;
    }
}

static int32_t create(const ls_host *given, const ls_value *values, uint64_t len, void **instance, ls_error *error) {
    evil("create");
    host = given;
    instances++;
    captures = 0;
    for (uint64_t i = 0; i < len; i++) {
        read_option(&values[i]);
        if (option_is_wrong(&values[i]) && is("option:crash")) abort();
        if (option_is_wrong(&values[i]) && is("option:silent")) return LS_FAILED;
        if (option_is_wrong(&values[i]) && is("option:null-text")) return error->kind = LS_ERROR_NOT_FOUND, LS_FAILED;
    }
    if (is("lent:thread")) start(painting);
    if (is("host:size") && given->struct_size != sizeof(ls_host)) abort();
    *instance = is("create:null-instance") ? NULL : is("lent:good") ? calloc(1, sizeof(struct lender)) : &grey;
    if (is("create:error-text")) {
        error->kind = 77;
        error->text.len = 100000;
        return LS_FAILED;
    }
    return LS_OK;
}

static void destroy(void *instance) {
    evil("destroy");
    instances--;
    if (is("lent:good")) {
        if (((struct lender *)instance)->loans != 0) abort();
        free(instance);
    }
    if (captures == 0 && is("destroy:unused")) abort();
    if (is("lent:kept-destroy") && first_loan) memset(first_loan->pixels, 0, sizeof first_loan->pixels);
    if (is("lent:double")) free(lent);
}

static int32_t describe(void *instance, ls_description *description, ls_error *error) {
    (void)instance; (void)error;
    evil("describe");
    description->layout.width = is("layout:width") ? 0 : width;
    description->layout.height = is("layout:height") ? 100000 : is("layout:silent") ? height + (uint32_t)captures : height;
    description->layout.stride = is("layout:stride") ? width * 4 - 4 : is("layout:odd-stride") ? width * 4 + 2 : 0;
    description->layout.format = is("layout:format") ? 99 : LS_FORMAT_RGBX8;
    if (is("layout:planes")) description->layout.format = LS_FORMAT_PLANAR;
    ls_text_set(&description->name, is("name:silent") && captures > 2 ? "gray" : "grey");
    if (is("text:utf8")) description->name.data[0] = (char)0xff;
    if (is("text:len")) description->name.len = 4096;
    return LS_OK;
}

static int32_t wait_(void *instance, uint64_t timeout_ns, uint32_t *event, ls_error *error) {
    (void)instance; (void)error;
    if (captures > 2 || is("wait:spin")) evil("wait");
    if (is("timeout:ignored")) sleep_ms(2500);
    if (is("wait:say")) fprintf(stderr, "waits\n");
    uint64_t ns = 10000000;
    if (is("wake:deaf")) {
        sleep_ms(10);
        *event = LS_EVENT_TIMED_OUT;
    } else {
        *event = host->sleep(host->context, timeout_ns < ns ? timeout_ns : ns);
    }
    if (*event == LS_EVENT_TIMED_OUT) *event = next_event();
    if (captures > 2 && is("event:unknown")) *event = 4242;
    return LS_OK;
}

static void release_double(void *owner) {
    free(owner);
}

static void release_once(void *owner) {
    if (--((struct lender *)owner)->loans != 0) abort();
}

static void release_never(void *owner) {
    (void)owner;
    abort();
}

static int32_t lend_well(struct lender *lender, ls_frame *frame) {
    if (++lender->loans != 1) abort();
    memset(lender->pixels, lender->pixels[0] + 1, sizeof lender->pixels);
    frame->flags |= LS_FRAME_LENT;
    frame->lent = lender->pixels;
    frame->lent_len = sizeof lender->pixels;
    frame->lent_stride = 64 * 4;
    frame->lent_owner = lender;
    frame->lent_release = release_once;
    return LS_OK;
}

/* Lends pixels that the host may keep. */
static int32_t lend_to_keep(ls_frame *frame) {
    struct loan *loan = is("lent:kept-again") && first_loan ? first_loan : malloc(sizeof *loan);
    if (!loan) return LS_FAILED;
    if (!first_loan) first_loan = loan;
    memset(loan->pixels, ++grey, sizeof loan->pixels);
    frame->flags |= LS_FRAME_LENT | LS_FRAME_KEEP;
    frame->lent = loan->pixels;
    frame->lent_len = sizeof loan->pixels;
    frame->lent_stride = 64 * 4;
    frame->lent_owner = loan;
    frame->lent_release = is("lent:kept") ? free : NULL;
    return LS_OK;
}

/* Lends pixels in one of the wrong ways. */
static int32_t lend(ls_frame *frame) {
    memset(own, ++grey, sizeof own);
    lent = is("lent:double") ? malloc(sizeof own) : own;
    frame->flags |= LS_FRAME_LENT;
    frame->lent = lent;
    frame->lent_len = is("lent:short") ? 1 : sizeof own;
    frame->lent_stride = 64 * 4;
    frame->lent_owner = lent;
    frame->lent_release = is("lent:double") ? release_double : is("lent:abort") ? release_never : NULL;
    if (is("lent:address")) frame->lent = (const uint8_t *)8;
    return LS_OK;
}

/* Writes all rows, and what EVIL adds to them. */
static void paint(ls_frame *frame) {
    size_t stride = frame->layout.stride, row = (size_t)width * 4;
    uint32_t rows = height;
    if (is("write:packed")) stride = row;
    if (is("write:padding")) row = stride;
    if (is("write:even")) row = (row + 15) / 16 * 16;
    if (is("write:rows")) rows--;
    for (uint32_t y = 0; y < rows; y++) memset(frame->data + y * stride, grey, row);
    if (is("write:byte-before")) frame->data[-1] = 1;
    if (is("write:byte-beyond")) frame->data[frame->data_len] = 1;
}

static int32_t capture(void *instance, ls_frame *frame, ls_error *error) {
    if (instances > 1 && is("instances:one")) abort();
    if (is("capture:ended")) return ls_fail(error, LS_ERROR_ENDED, "there is nothing to see");
    if (is("capture:never")) return ls_fail(error, LS_ERROR_RETRY, "there is no picture yet");
    if (captures++ > 2) {
        evil("capture");
        if (is("write:beyond")) memset(frame->data, 1, frame->data_len + (64 << 20));
        if (is("lent:good")) return lend_well(instance, frame);
        if (strncmp(EVIL, "lent:kept", 9) == 0) return lend_to_keep(frame);
        if (strncmp(EVIL, "lent:", 5) == 0) return lend(frame);
        if (is("error:kind")) return ls_fail(error, 77, "a kind that there is not");
        if (is("error:utf8")) return ls_fail(error, LS_ERROR_ENDED, "\xff");
        if (is("region:count")) frame->damage.len = 17;
        if (is("region:outside")) {
            frame->damage.len = 1;
            frame->damage.rects[0] = (ls_rect){width - 1, 0, 2, 1};
        }
    }
    grey++;
    paint(frame);
    if (has("audio:") || has("playback:")) {
        frame->flags |= LS_FRAME_HAS_PTS;
        frame->pts_us = has("audio:") ? (int64_t)sounds * 10000 : (int64_t)changes * 1000;
    }
    int is_silent = strncmp(EVIL, "region:", 7) == 0 || (captures > 1 && is("damage:none"));
    if (captures <= 2 && !is("damage:none")) is_silent = 0;
    if (!is_silent) frame->flags |= LS_FRAME_ALL;
    return LS_OK;
}

static ls_option options[] = {{
    .struct_size = sizeof(ls_option),
    .kind = LS_OPTION_INTEGER,
    .flags = LS_OPTION_HAS_DEFAULT,
    .name = LS_STR("level"),
    .value_name = LS_STR("N"),
    .help = LS_STR("Nothing"),
    .default_value = LS_STR("1"),
    .min = 1,
    .max = 2,
}};

static ls_source source = {
    .struct_size = sizeof(ls_source),
    .name = LS_STR("evil"),
    .about = LS_STR("Break a rule"),
    .options = options,
    .options_len = 1,
    .create = create,
    .destroy = destroy,
    .describe = describe,
    .wait = wait_,
    .capture = capture,
    .extension = extension,
};

/* An instance of the sink. */
struct taker {
    const uint8_t *kept; /* pixels of the first frame of a stream */
    int begun, frames;
    uint32_t sum;
};

static int takers;
static volatile int is_interrupted;

static int32_t sink_create(const ls_host *given, const ls_value *values, uint64_t len, void **instance, ls_error *error) {
    evil("sink-create");
    host = given;
    takers++;
    if (is("sink-host:size") && given->struct_size != sizeof(ls_host)) abort();
    for (uint64_t i = 0; i < len; i++) {
        if (option_is_wrong(&values[i]) && is("sink-option:crash")) abort();
        if (option_is_wrong(&values[i]) && is("sink-option:silent")) return LS_FAILED;
    }
    if (is("sink-create:refuse")) return ls_fail(error, LS_ERROR_NOT_FOUND, "there is no disk");
    *instance = is("sink-create:null-instance") ? NULL : calloc(1, sizeof(struct taker));
    return LS_OK;
}

static void sink_destroy(void *instance) {
    evil("sink-destroy");
    takers--;
    if (((struct taker *)instance)->begun == 0 && is("sink-destroy:unused")) abort();
    free(instance);
}

static uint32_t sink_delivery(void *instance) {
    (void)instance;
    evil("sink-delivery");
    return is("sink-delivery:unknown") ? 7 : is("sink-delivery:newest") ? LS_DELIVERY_NEWEST : LS_DELIVERY_EVERY;
}

static int32_t sink_begin(void *instance, const ls_stream *stream, ls_error *error) {
    (void)stream;
    evil("sink-begin");
    struct taker *self = instance;
    self->kept = NULL;
    if (++self->begun > 1 && is("sink-begin:once")) abort();
    if (is("sink-begin:silent")) return LS_FAILED;
    return is("sink-begin:refuse") ? ls_fail(error, LS_ERROR_UNSUPPORTED, "it takes no such frames") : LS_OK;
}

/* Reads all pixels, and what EVIL adds to them. */
static void read_all(struct taker *self, const ls_sink_frame *frame) {
    const ls_layout *layout = &frame->layout;
    size_t row = layout->format == LS_FORMAT_PLANAR ? layout->stride : (size_t)layout->width * 4;
    uint32_t rows = layout->format == LS_FORMAT_PLANAR ? (uint32_t)(frame->data_len / layout->stride) : layout->height;
    for (uint32_t y = 0; y < rows; y++) {
        for (size_t x = 0; x < row; x++) self->sum += frame->data[y * (size_t)layout->stride + x];
    }
    volatile const uint8_t *data = frame->data;
    if (is("sink-read:beyond")) self->sum += data[frame->data_len];
    if (is("sink-read:packed") && layout->stride != layout->width * 4) abort();
    if (is("sink-read:before")) self->sum += data[-1];
    if (is("sink-write:pixel")) ((volatile uint8_t *)data)[0] = 1;
    if (is("sink-read:late") && self->kept != NULL) self->sum += *(volatile const uint8_t *)self->kept;
    if (self->kept == NULL) self->kept = frame->data;
}

static int32_t sink_frame(void *instance, const ls_sink_frame *frame, uint32_t *status, ls_error *error) {
    struct taker *self = instance;
    read_all(self, frame);
    if (takers > 1 && is("sink-instances:one")) abort();
    if (is_interrupted && is("sink-interrupt:ignored")) sleep_ms(2500);
    if (self->frames++ < 2) return LS_OK;
    evil("sink-frame");
    if (is("sink-frame:status")) *status = 77;
    if (is("sink-frame:complete")) *status = LS_SINK_COMPLETE;
    if (is("sink-frame:fail")) return ls_fail(error, LS_ERROR_LOST, "the disk is full");
    if (is("sink-frame:silent")) return LS_FAILED;
    if (is("sink-error:kind")) return ls_fail(error, 77, "a kind that there is not");
    if (is("sink-error:utf8")) return ls_fail(error, LS_ERROR_LOST, "\xff");
    return LS_OK;
}

static int32_t sink_audio(void *instance, const ls_audio *audio, uint32_t *status, ls_error *error) {
    (void)error;
    struct taker *self = instance;
    evil("sink-audio");
    for (uint64_t i = 0; i < audio->data_len; i++) self->sum += audio->data[i];
    volatile const uint8_t *data = audio->data;
    if (is("sink-sound:beyond")) self->sum += data[audio->data_len];
    if (is("sink-sound:aligned") && (uintptr_t)audio->data % 4 != 0) abort();
    if (is("sink-audio:status")) *status = 77;
    return LS_OK;
}

static int32_t sink_finish(void *instance, ls_error *error) {
    struct taker *self = instance;
    evil("sink-finish");
    if (self->frames == 0 && is("sink-finish:unused")) abort();
    if (is("sink-finish:fail")) return ls_fail(error, LS_ERROR_LOST, "the disk is full");
    if (is("sink-finish:wait")) {
        host->sleep(host->context, LS_FOREVER);
        return ls_fail(error, LS_ERROR_LOST, "it was interrupted");
    }
    return LS_OK;
}

static void sink_interrupt(void *instance) {
    (void)instance;
    is_interrupted = 1;
    evil("sink-interrupt");
}

static ls_option sink_options[] = {{
    .struct_size = sizeof(ls_option),
    .kind = LS_OPTION_INTEGER,
    .flags = LS_OPTION_HAS_DEFAULT,
    .name = LS_STR("level"),
    .value_name = LS_STR("N"),
    .help = LS_STR("Nothing"),
    .default_value = LS_STR("1"),
    .min = 1,
    .max = 2,
}};

static ls_sink sink = {
    .struct_size = sizeof(ls_sink),
    .name = LS_STR("evil-sink"),
    .about = LS_STR("Break a rule with frames"),
    .options = sink_options,
    .options_len = 1,
    .create = sink_create,
    .destroy = sink_destroy,
    .delivery = sink_delivery,
    .begin = sink_begin,
    .frame = sink_frame,
    .audio = sink_audio,
    .finish = sink_finish,
    .interrupt = sink_interrupt,
};

static const void *factory(ls_str id, uint32_t index) {
    evil("factory");
    if (ls_str_is(id, LS_SINK_ID)) {
        if (is("sink-factory:endless")) return &sink;
        static int asked;
        if (is("sink-factory:renamed") && ++asked > 2) sink.name = (ls_str)LS_STR("other");
        return strncmp(EVIL, "sink", 4) == 0 && index == 0 ? &sink : NULL;
    }
    static int calls;
    calls++;
    if (is("factory:endless")) return &source;
    if (is("factory:any-kind") && index == 0) return &source;
    if (is("factory:renamed") && calls > 2) source.name = (ls_str)LS_STR("other");
    return ls_str_is(id, LS_SOURCE_ID) && index == 0 ? &source : NULL;
}

static ls_plugin plugin = {
    .struct_size = sizeof(ls_plugin),
    .abi_major = LS_ABI_MAJOR,
    .abi_minor = LS_ABI_MINOR,
    .name = LS_STR("evil"),
    .version = LS_STR("1.0.0"),
    .factory = factory,
};

#ifdef NO_SYMBOL
#define lanstream_plugin another_name
LS_EXPORT const ls_plugin *another_name(uint32_t host_major, uint32_t host_minor);
#endif

const ls_plugin *lanstream_plugin(uint32_t host_major, uint32_t host_minor) {
    evil("entry");
    if (is("entry:while-marked") && getenv("LANSTREAM_MARK") != NULL) abort();
    if (is("entry:any-major")) plugin.abi_major = host_major;
    if (is("entry:old-minor") && host_minor > LS_ABI_MINOR) return NULL;
    if (is("write:even")) {
        options[0].name = (ls_str)LS_STR("size");
        options[0].kind = LS_OPTION_TEXT;
        options[0].default_value = (ls_str)LS_STR("64x32");
    }
    if (is("entry:null")) return NULL;
    if (is("entry:unaligned")) return (const ls_plugin *)((const char *)&plugin + 1);
    if (is("entry:major")) plugin.abi_major = 2;
    if (is("entry:newer-minor")) {
        plugin.abi_minor = 99;
        plugin.struct_size += 64;
    }
    if (is("entry:size")) plugin.struct_size = 8;
    if (is("entry:no-factory")) plugin.factory = NULL;
    if (is("source:size")) source.struct_size = 16;
    if (is("source:name")) source.name = (ls_str)LS_STR("Evil Name");
    if (is("source:name-null")) source.name = (ls_str){NULL, 5};
    if (is("source:name-long")) source.name.len = UINT64_MAX;
    if (is("source:name-utf8")) source.name = (ls_str)LS_STR("\xff");
    if (is("source:name-plugin")) source.name = (ls_str)LS_STR("plugin");
    if (is("source:name-pattern")) source.name = (ls_str)LS_STR("pattern");
    if (is("source:no-capture")) source.capture = NULL;
    if (is("option:port")) options[0].name = (ls_str)LS_STR("port");
    if (is("option:name-utf8")) options[0].name = (ls_str)LS_STR("\xc3\x28");
    if (is("option:help-utf8")) options[0].help = (ls_str)LS_STR("\xff\xfe");
    if (is("option:range")) options[0].min = 3;
    if (is("option:default")) options[0].default_value = (ls_str)LS_STR("7");
    if (is("option:required-default")) options[0].flags |= LS_OPTION_POSITIONAL;
    if (is("option:switch-default")) options[0].kind = LS_OPTION_SWITCH;
    if (is("option:no-words")) options[0].kind = LS_OPTION_CHOICE;
    if (is("option:kind")) options[0].kind = 77;
    if (is("option:escape")) options[0].value_name = (ls_str)LS_STR("\033[2J");
    if (is("option:long")) options[0].help.len = 1 << 20;
    if (is("option:itself")) {
        static const ls_str level = LS_STR("level");
        options[0].conflicts = &level;
        options[0].conflicts_len = 1;
    }
    if (is("sink-table:size")) sink.struct_size = 16;
    if (is("sink-table:name")) sink.name = (ls_str)LS_STR("Evil Sink");
    if (is("sink-table:name-ffmpeg")) sink.name = (ls_str)LS_STR("ffmpeg");
    if (is("sink-table:no-frame")) sink.frame = NULL;
    if (is("sink-table:no-audio")) sink.audio = NULL;
    if (is("sink-option:positional")) sink_options[0].flags = LS_OPTION_POSITIONAL;
    if (is("sink-option:range")) sink_options[0].min = 3;
    if (is("sink-extension:any")) sink.extension = extension;
    if (is("source:options")) source.options_len = UINT64_MAX;
    if (is("source:options-null")) source.options = NULL;
    return &plugin;
}
