/*
 * A lanstream plugin with one source, `@NAME@`: a gradient that moves. Change `capture` to show something else.
 * lanstream.h says at each function which thread calls it, and at each pointer how long it is valid.
 */
#include <lanstream.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FRAME_NS 16666667u

/* An open source. */
typedef struct gradient {
    const ls_host *host;
    uint32_t width, height;
    uint32_t number;  /* of the frame to be shown */
    uint64_t next_ns; /* when the next one is due */
} gradient;

static const ls_option options[] = {{
    .struct_size = sizeof(ls_option),
    .kind = LS_OPTION_TEXT,
    .flags = LS_OPTION_HAS_DEFAULT,
    .name = LS_STR("size"),
    .value_name = LS_STR("WxH"),
    .help = LS_STR("Size in pixels"),
    .default_value = LS_STR("640x360"),
}};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Reads WIDTHxHEIGHT. */
static int read_size(ls_str text, uint32_t *width, uint32_t *height) {
    char copy[32] = {0};
    if (text.len >= sizeof copy) return 0;
    memcpy(copy, text.data, (size_t)text.len);
    int count = sscanf(copy, "%ux%u", width, height);
    return count == 2 && *width > 0 && *width <= 16384 && *height > 0 && *height <= 16384;
}

static int32_t create(const ls_host *host, const ls_value *values, uint64_t values_len, void **instance, ls_error *error) {
    gradient *self = calloc(1, sizeof *self);
    if (self == NULL) return ls_fail(error, LS_ERROR_LOST, "there is no memory");
    self->host = host;
    for (uint64_t i = 0; i < values_len; i++) {
        if (ls_str_is(values[i].name, "size") && !read_size(values[i].value, &self->width, &self->height)) {
            free(self);
            return ls_fail(error, LS_ERROR_NOT_FOUND, "a size is WIDTHxHEIGHT, such as 640x360");
        }
    }
    *instance = self;
    return LS_OK;
}

static void destroy(void *instance) {
    free(instance);
}

static int32_t describe(void *instance, ls_description *description, ls_error *error) {
    (void)error;
    const gradient *self = instance;
    description->layout.width = self->width;
    description->layout.height = self->height;
    description->layout.format = LS_FORMAT_RGBX8;
    ls_text_set(&description->name, "gradient");
    return LS_OK;
}

static int32_t wait_(void *instance, uint64_t timeout_ns, uint32_t *event, ls_error *error) {
    (void)error;
    gradient *self = instance;
    uint64_t now = now_ns();
    uint64_t left = now < self->next_ns ? self->next_ns - now : 0;
    *event = self->host->sleep(self->host->context, timeout_ns < left ? timeout_ns : left);
    if (*event == LS_EVENT_TIMED_OUT && left <= timeout_ns) {
        self->next_ns = now_ns() + FRAME_NS;
        self->number++;
        *event = LS_EVENT_DAMAGED;
    }
    return LS_OK;
}

static int32_t capture(void *instance, ls_frame *frame, ls_error *error) {
    (void)error;
    const gradient *self = instance;
    for (uint32_t y = 0; y < frame->layout.height; y++) {
        /* Rows may be longer than their pixels. */
        uint8_t *pixel = frame->data + (size_t)y * frame->layout.stride;
        for (uint32_t x = 0; x < frame->layout.width; x++, pixel += 4) {
            pixel[0] = (uint8_t)(x + self->number);
            pixel[1] = (uint8_t)y;
            pixel[2] = 128;
            pixel[3] = 255;
        }
    }
    frame->flags |= LS_FRAME_ALL;
    return LS_OK;
}

static const ls_source source = {
    .struct_size = sizeof(ls_source),
    .name = LS_STR("@NAME@"),
    .about = LS_STR("Show a gradient that moves"),
    .options = options,
    .options_len = sizeof options / sizeof options[0],
    .create = create,
    .destroy = destroy,
    .describe = describe,
    .wait = wait_,
    .capture = capture,
};

static const void *factory(ls_str id, uint32_t index) {
    return ls_str_is(id, LS_SOURCE_ID) && index == 0 ? &source : NULL;
}

static const ls_plugin plugin = {
    .struct_size = sizeof(ls_plugin),
    .abi_major = LS_ABI_MAJOR,
    .abi_minor = LS_ABI_MINOR,
    .name = LS_STR("@NAME@"),
    .version = LS_STR("0.1.0"),
    .factory = factory,
};

/*
 * What the source needs besides the processor: nothing yet. lanstream's docs/plugins.md has the words for a network, files,
 * devices and programs, such as "network = 'any'\n".
 */
LS_MANIFEST("");

const ls_plugin *lanstream_plugin(uint32_t host_major, uint32_t host_minor) {
    (void)host_minor;
    return host_major == LS_ABI_MAJOR ? &plugin : NULL;
}
