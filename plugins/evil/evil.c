/*
 * A plugin that breaks one rule of the interface, which EVIL names as "PLACE:DEED": a corpus for the tests of the host.
 * Without the deed it shows a grey picture that becomes lighter.
 */
#include <lanstream.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef EVIL
#define EVIL "none:none"
#endif

#define WIDTH 64
#define HEIGHT 32

static const ls_host *host;
static uint8_t grey = 1;
static int captures;

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
}

static int32_t create(const ls_host *given, const ls_value *values, uint64_t len, void **instance, ls_error *error) {
    (void)values; (void)len; (void)error;
    evil("create");
    host = given;
    *instance = is("create:null-instance") ? NULL : &grey;
    if (is("create:error-text")) {
        error->kind = 77;
        error->text.len = 100000;
        return LS_FAILED;
    }
    return LS_OK;
}

static void destroy(void *instance) {
    (void)instance;
    evil("destroy");
}

static int32_t describe(void *instance, ls_description *description, ls_error *error) {
    (void)instance; (void)error;
    evil("describe");
    description->layout.width = is("layout:width") ? 0 : WIDTH;
    description->layout.height = is("layout:height") ? 100000 : HEIGHT;
    description->layout.stride = is("layout:stride") ? WIDTH * 4 - 4 : is("layout:odd-stride") ? WIDTH * 4 + 2 : 0;
    description->layout.format = is("layout:format") ? 99 : LS_FORMAT_RGBX8;
    if (is("layout:planes")) description->layout.format = LS_FORMAT_PLANAR;
    ls_text_set(&description->name, "grey");
    if (is("text:utf8")) description->name.data[0] = (char)0xff;
    if (is("text:len")) description->name.len = 4096;
    return LS_OK;
}

static int32_t wait_(void *instance, uint64_t timeout_ns, uint32_t *event, ls_error *error) {
    (void)instance; (void)error;
    if (captures > 2) evil("wait");
    uint64_t ns = 10000000;
    *event = host->sleep(host->context, timeout_ns < ns ? timeout_ns : ns);
    if (*event == LS_EVENT_TIMED_OUT) *event = LS_EVENT_DAMAGED;
    if (captures > 2 && is("event:unknown")) *event = 4242;
    return LS_OK;
}

static int32_t capture(void *instance, ls_frame *frame, ls_error *error) {
    (void)instance; (void)error;
    if (captures++ > 2) {
        evil("capture");
        if (is("write:beyond")) memset(frame->data, 1, frame->data_len + (64 << 20));
        if (is("lent:short")) {
            frame->flags |= LS_FRAME_LENT;
            frame->lent = &grey;
            frame->lent_len = 1;
            frame->lent_stride = WIDTH * 4;
            return LS_OK;
        }
        if (is("region:count")) frame->damage.len = 17;
        if (is("region:outside")) {
            frame->damage.len = 1;
            frame->damage.rects[0] = (ls_rect){WIDTH - 1, 0, 2, 1};
        }
    }
    grey++;
    for (uint32_t y = 0; y < HEIGHT; y++) memset(frame->data + (size_t)y * frame->layout.stride, grey, WIDTH * 4);
    if (captures <= 2 || (strncmp(EVIL, "region:", 7) != 0)) frame->flags |= LS_FRAME_ALL;
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
};

static const void *factory(ls_str id, uint32_t index) {
    evil("factory");
    if (is("factory:endless")) return &source;
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
    (void)host_major; (void)host_minor;
    evil("entry");
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
    if (is("source:options")) source.options_len = UINT64_MAX;
    if (is("source:options-null")) source.options = NULL;
    return &plugin;
}
