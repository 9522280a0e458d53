/*
 * A lanstream plugin with one sink, `@NAME@`: it writes a line for each frame into a file, with its time, its size, how
 * much of it is damaged, and its mean colour. Change `take` to do something else with the pixels.
 * lanstream.h says at each function which thread calls it, and at each pointer how long it is valid.
 */
#include <lanstream.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_BYTES_MAX 4096

/* An open sink. */
typedef struct statistics {
    FILE *lines;
    uint64_t frames;
} statistics;

static const ls_option options[] = {{
    .struct_size = sizeof(ls_option),
    .kind = LS_OPTION_PATH,
    .flags = LS_OPTION_HAS_DEFAULT,
    .name = LS_STR("file"),
    .value_name = LS_STR("FILE"),
    .help = LS_STR("Where the lines go"),
    .default_value = LS_STR("@NAME@.csv"),
}};

static int32_t create(const ls_host *host, const ls_value *values, uint64_t values_len, void **instance, ls_error *error) {
    (void)host;
    char path[PATH_BYTES_MAX] = "@NAME@.csv";
    for (uint64_t i = 0; i < values_len; i++) {
        if (!ls_str_is(values[i].name, "file")) continue;
        if (values[i].value.len >= sizeof path) return ls_fail(error, LS_ERROR_NOT_FOUND, "the name of the file is too long");
        memcpy(path, values[i].value.data, (size_t)values[i].value.len);
        path[values[i].value.len] = 0;
    }
    statistics *self = calloc(1, sizeof *self);
    if (self == NULL) return ls_fail(error, LS_ERROR_LOST, "there is no memory");
    self->lines = fopen(path, "w");
    if (self->lines == NULL) {
        free(self);
        return ls_fail(error, LS_ERROR_NOT_FOUND, "the file cannot be written");
    }
    *instance = self;
    return LS_OK;
}

static void destroy(void *instance) {
    statistics *self = instance;
    if (self->lines != NULL) fclose(self->lines);
    free(self);
}

/* Every frame: captures wait for a sink that is slow. LS_DELIVERY_NEWEST skips frames instead. */
static uint32_t delivery(void *instance) {
    (void)instance;
    return LS_DELIVERY_EVERY;
}

/* Called before the first frame, and before the first of another size. */
static int32_t begin(void *instance, const ls_stream *stream, ls_error *error) {
    statistics *self = instance;
    if (stream->layout.format == LS_FORMAT_PLANAR) {
        return ls_fail(error, LS_ERROR_UNSUPPORTED, "frames in planes have no colours to be counted: try another source");
    }
    if (fputs("frame,us,width,height,damaged,red,green,blue\n", self->lines) < 0) {
        return ls_fail(error, LS_ERROR_LOST, "the lines cannot be written");
    }
    return LS_OK;
}

static int32_t take(void *instance, const ls_sink_frame *frame, uint32_t *status, ls_error *error) {
    (void)status;
    statistics *self = instance;
    const ls_layout *layout = &frame->layout;
    uint64_t sums[3] = {0}, damaged = 0, pixels = (uint64_t)layout->width * layout->height;
    for (uint32_t y = 0; y < layout->height; y++) {
        /* Rows may be longer than their pixels. */
        const uint8_t *pixel = frame->data + (size_t)y * layout->stride;
        for (uint32_t x = 0; x < layout->width; x++, pixel += 4) {
            for (int i = 0; i < 3; i++) sums[i] += pixel[i];
        }
    }
    /* A frame that still stands is given again from time to time: nothing of it is damaged. */
    for (uint32_t i = 0; i < frame->damage.len; i++) {
        damaged += (uint64_t)frame->damage.rects[i].width * frame->damage.rects[i].height;
    }
    int red = layout->format == LS_FORMAT_BGRX8 ? 2 : 0;
    int written = fprintf(self->lines,
                          "%" PRIu32 ",%" PRIu64 ",%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
                          frame->sequence, frame->at_us, layout->width, layout->height, damaged, sums[red] / pixels,
                          sums[1] / pixels, sums[2 - red] / pixels);
    self->frames++;
    return written < 0 ? ls_fail(error, LS_ERROR_LOST, "the lines cannot be written") : LS_OK;
}

/* Called once, at the end: nothing is lost when this has returned. */
static int32_t finish(void *instance, ls_error *error) {
    statistics *self = instance;
    int written = fprintf(self->lines, "# %" PRIu64 " frames\n", self->frames);
    int closed = fclose(self->lines);
    self->lines = NULL;
    return written < 0 || closed != 0 ? ls_fail(error, LS_ERROR_LOST, "the lines cannot be written") : LS_OK;
}

static const ls_sink sink = {
    .struct_size = sizeof(ls_sink),
    .name = LS_STR("@NAME@"),
    .about = LS_STR("Write a line of numbers for each frame"),
    .options = options,
    .options_len = sizeof options / sizeof options[0],
    .create = create,
    .destroy = destroy,
    .delivery = delivery,
    .begin = begin,
    .frame = take,
    .finish = finish,
};

static const void *factory(ls_str id, uint32_t index) {
    return ls_str_is(id, LS_SINK_ID) && index == 0 ? &sink : NULL;
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
 * What the sink needs besides the processor: to write the file that the user gives. lanstream's docs/plugins.md has the
 * words for other files, a network and programs.
 */
LS_MANIFEST("write = ['--file']\n");

const ls_plugin *lanstream_plugin(uint32_t host_major, uint32_t host_minor) {
    (void)host_minor;
    return host_major == LS_ABI_MAJOR ? &plugin : NULL;
}
