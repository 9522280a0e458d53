/*
 * A plugin that reaches for what its manifest may not allow, for the tests of the sandbox. Its option `deed` says what
 * it does when it is opened, as in "read:/etc/shadow", and it says how that went: "read: done", or the system's reason.
 * With the deed "show" it shows a grey picture. MANIFEST is the text of its manifest; with NO_MANIFEST it has none.
 */
#define _GNU_SOURCE
#include <lanstream.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char deed[512], given[512];
static int early; /* error of a constructor that reads /etc/shadow; 0 if it could */

__attribute__((constructor)) static void before_everything(void) {
    early = open("/etc/shadow", O_RDONLY) < 0 ? errno : 0;
}

static int result(long of) {
    return of < 0 ? errno : 0;
}

static int inet(const char *port, int type) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int file = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    return file < 0 ? errno : result(connect(file, (struct sockaddr *)&address, sizeof address));
}

static int local(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return file < 0 ? errno : result(connect(file, (struct sockaddr *)&address, sizeof address));
}

static int run(const char *program) {
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, (char *)NULL);
        _exit(errno);
    }
    int status;
    if (child < 0) return errno;
    if (waitpid(child, &status, 0) < 0) return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int is(const char *name) {
    return strncmp(deed, name, strlen(name)) == 0 && deed[strlen(name)] == ':';
}

/* Does the deed, and returns an error of the system or 0. */
static int reach(void) {
    const char *what = strchr(deed, ':') + 1;
    int pair[2];
    if (*what == 0) what = given;
    if (is("early")) return early;
    if (is("read")) return result(open(what, O_RDONLY));
    if (is("list")) return opendir(what) == NULL ? errno : 0;
    if (is("write")) return result(open(what, O_WRONLY | O_CREAT, 0600));
    if (is("truncate")) return result(truncate(what, 0));
    if (is("remove")) return result(unlink(what));
    if (is("tcp")) return inet(what, SOCK_STREAM);
    if (is("udp")) return inet(what, SOCK_DGRAM);
    if (is("mptcp")) return result(socket(AF_INET, SOCK_STREAM, 262));
    if (is("netlink")) return result(socket(AF_NETLINK, SOCK_RAW, 0));
    if (is("unix")) return local(what);
    if (is("pair")) return result(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    if (is("datagrams")) return result(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    if (is("run")) return run(what);
    if (is("exec")) return execl(what, what, (char *)NULL), errno;
    if (is("signal")) return result(kill((pid_t)atoi(what), 0));
    if (is("ptrace")) return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    if (is("unshare")) return result(unshare(CLONE_NEWUSER));
    if (is("namespace")) return result(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0));
    if (is("io_uring")) return result(syscall(SYS_io_uring_setup, 1, NULL));
    if (is("bpf")) return result(syscall(SYS_bpf, 0, NULL, 0));
    if (is("keyctl")) return result(syscall(SYS_keyctl, 0, -3, 0));
    if (is("type")) return result(ioctl(STDERR_FILENO, TIOCSTI, "x"));
    if (is("shared")) return result(shmget(IPC_PRIVATE, 4096, 0600));
    if (is("x32")) return result(syscall(0x40000000 + SYS_socket, AF_INET, SOCK_STREAM, 0));
    return EINVAL;
}

static int32_t create(const ls_host *host, const ls_value *values, uint64_t len, void **instance, ls_error *error) {
    const ls_host **own = malloc(sizeof *own);
    if (own == NULL) return ls_fail(error, LS_ERROR_LOST, "there is no memory");
    *own = host;
    for (uint64_t i = 0; i < len; i++) {
        char *to = ls_str_is(values[i].name, "deed") ? deed : given;
        if (values[i].value.len < sizeof deed) {
            memcpy(to, values[i].value.data, (size_t)values[i].value.len);
            to[values[i].value.len] = 0;
        }
    }
    char *colon = strchr(deed, ':');
    if (colon == NULL) return *instance = own, LS_OK;
    free(own);
    char text[640];
    int failed = reach();
    snprintf(text, sizeof text, "%.*s: %s", (int)(colon - deed), deed, failed ? strerror(failed) : "done");
    return ls_fail(error, LS_ERROR_NOT_FOUND, text);
}

static void destroy(void *instance) {
    free(instance);
}

static int32_t describe(void *instance, ls_description *description, ls_error *error) {
    (void)instance; (void)error;
    description->layout.width = 64;
    description->layout.height = 32;
    description->layout.format = LS_FORMAT_RGBX8;
    ls_text_set(&description->name, "reach");
    return LS_OK;
}

static int32_t wait_(void *instance, uint64_t timeout_ns, uint32_t *event, ls_error *error) {
    (void)error;
    const ls_host *host = *(const ls_host **)instance;
    *event = host->sleep(host->context, timeout_ns < 10000000 ? timeout_ns : 10000000);
    return LS_OK;
}

static int32_t capture(void *instance, ls_frame *frame, ls_error *error) {
    (void)instance; (void)error;
    for (uint32_t y = 0; y < 32; y++) memset(frame->data + y * frame->layout.stride, 128, 64 * 4);
    frame->flags |= LS_FRAME_ALL;
    return LS_OK;
}

static const ls_option options[] = {
    {
        .struct_size = sizeof(ls_option),
        .kind = LS_OPTION_TEXT,
        .flags = LS_OPTION_HAS_DEFAULT,
        .name = LS_STR("deed"),
        .value_name = LS_STR("DEED:WHAT"),
        .help = LS_STR("What it reaches for"),
        .default_value = LS_STR("show"),
    },
    {
        .struct_size = sizeof(ls_option),
        .kind = LS_OPTION_PATH,
        .name = LS_STR("file"),
        .value_name = LS_STR("FILE"),
        .help = LS_STR("What it reaches for where the deed does not say it"),
    },
};

static const ls_source source = {
    .struct_size = sizeof(ls_source),
    .name = LS_STR("reach"),
    .about = LS_STR("Reach for something"),
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
    .name = LS_STR("reach"),
    .version = LS_STR("1.0.0"),
    .factory = factory,
};

#ifndef NO_MANIFEST
LS_MANIFEST(MANIFEST);
#endif

const ls_plugin *lanstream_plugin(uint32_t host_major, uint32_t host_minor) {
    (void)host_minor;
    return host_major == LS_ABI_MAJOR ? &plugin : NULL;
}
