/*
 * The plugin of `bench plugin` that does nothing: what a capture of it takes is the border's own time. The source `empty`
 * leaves the host's buffer as it is; the source `lent` lends 16 x 16 pixels of its own.
 */
#include <lanstream.h>

#define SIDE 16u

static const uint8_t pixels[SIDE * SIDE * 4];
static uint64_t released;

static int32_t create(const ls_host *host, const ls_value *values, uint64_t values_len, void **instance, ls_error *error) {
    (void)host, (void)values, (void)values_len, (void)error;
    *instance = &released;
    return LS_OK;
}

static void destroy(void *instance) {
    (void)instance;
}

static int32_t describe(void *instance, ls_description *description, ls_error *error) {
    (void)instance, (void)error;
    description->layout.width = SIDE;
    description->layout.height = SIDE;
    description->layout.format = LS_FORMAT_RGBX8;
    ls_text_set(&description->name, "empty");
    return LS_OK;
}

static int32_t wait_(void *instance, uint64_t timeout_ns, uint32_t *event, ls_error *error) {
    (void)instance, (void)timeout_ns, (void)error;
    *event = LS_EVENT_DAMAGED;
    return LS_OK;
}

static void wake(void *instance) {
    (void)instance;
}

static int32_t capture(void *instance, ls_frame *frame, ls_error *error) {
    (void)instance, (void)error;
    frame->flags |= LS_FRAME_ALL;
    return LS_OK;
}

static void release(void *owner) {
    ++*(uint64_t *)owner;
}

static int32_t capture_lent(void *instance, ls_frame *frame, ls_error *error) {
    (void)error;
    frame->flags |= LS_FRAME_ALL | LS_FRAME_LENT;
    frame->lent = pixels;
    frame->lent_len = sizeof pixels;
    frame->lent_stride = SIDE * 4;
    frame->lent_owner = instance;
    frame->lent_release = release;
    return LS_OK;
}

#define SOURCE(NAME, ABOUT, CAPTURE)                                                                          \
    {                                                                                                         \
        .struct_size = sizeof(ls_source), .name = LS_STR(NAME), .about = LS_STR(ABOUT), .create = create,     \
        .destroy = destroy, .describe = describe, .wait = wait_, .capture = CAPTURE, .wake = wake,            \
    }

static const ls_source sources[] = {
    SOURCE("empty", "Leave the host's buffer as it is", capture),
    SOURCE("lent", "Lend a buffer", capture_lent),
};

static const void *factory(ls_str id, uint32_t index) {
    return ls_str_is(id, LS_SOURCE_ID) && index < sizeof sources / sizeof *sources ? &sources[index] : NULL;
}

static const ls_plugin plugin = {
    .struct_size = sizeof(ls_plugin),
    .abi_major = LS_ABI_MAJOR,
    .abi_minor = LS_ABI_MINOR,
    .name = LS_STR("empty"),
    .version = LS_STR("1.0.0"),
    .factory = factory,
};

const ls_plugin *lanstream_plugin(uint32_t host_major, uint32_t host_minor) {
    (void)host_minor;
    return host_major == LS_ABI_MAJOR ? &plugin : NULL;
}
