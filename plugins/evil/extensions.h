/*
 * What the source of evil.c has besides its frames, if EVIL names it: a cursor, sound or playback, told of as the interface says, or
 * in the wrong way that EVIL names.
 */

static int moves;  /* of the cursor */
static int sounds; /* stretches that were due */
static int changes; /* of playback without a command */

static int has(const char *extension) {
    return strncmp(EVIL, extension, strlen(extension)) == 0;
}

/* Returns the event of a source that has one every 10 ms: by turns damage and, if it has a cursor or sound, one of that. */
static uint32_t next_event(void) {
    static int events;
    if (++events % 2 == 0) return LS_EVENT_DAMAGED;
    if (has("cursor:")) return moves++, LS_EVENT_CURSOR_MOVED;
    if (has("audio:")) return sounds++, LS_EVENT_SOUNDED;
    if (has("playback:")) return changes++, LS_EVENT_PLAYBACK_CHANGED;
    return LS_EVENT_DAMAGED;
}

/* Tells of a cursor that looks different after four moves, in one of three ways, and is hidden at each 16th place. */
static void tell_well(ls_cursor *cursor) {
    static uint8_t pixels[8 * 8 * 4];
    cursor->x = moves - 10;
    cursor->y = 2 * moves;
    if (moves % 16 == 15) return;
    cursor->flags = LS_CURSOR_VISIBLE;
    cursor->serial = 7 + (uint32_t)(moves / 4 % 3);
    cursor->width = cursor->height = 8;
    cursor->hot_x = 3;
    cursor->hot_y = 4;
    memset(pixels, (int)cursor->serial * 20, sizeof pixels);
    if (is("cursor:repainted")) pixels[0] = (uint8_t)moves;
    cursor->pixels = pixels;
    cursor->pixels_len = sizeof pixels;
}

static int32_t tell_cursor(void *instance, ls_cursor *cursor, ls_error *error) {
    (void)instance;
    tell_well(cursor);
    if (moves <= 2) return LS_OK;
    evil("cursor");
    if (is("cursor:fail")) return ls_fail(error, LS_ERROR_ENDED, "the pointer is gone");
    if (is("cursor:silent")) return LS_FAILED;
    if (is("cursor:wide")) cursor->width = LS_CURSOR_SIDE_MAX + 1;
    if (is("cursor:huge")) cursor->width = cursor->height = UINT32_MAX;
    if (is("cursor:empty")) cursor->height = 0;
    if (is("cursor:hotspot")) cursor->hot_x = 8;
    if (is("cursor:far")) cursor->x = LS_CURSOR_OFFSET_MAX + 1;
    if (is("cursor:lowest")) cursor->y = INT32_MIN;
    if (is("cursor:long")) cursor->pixels_len = UINT64_MAX;
    if (is("cursor:short")) cursor->pixels_len -= 1;
    if (is("cursor:null")) cursor->pixels = NULL;
    if (is("cursor:address")) cursor->pixels = (const uint8_t *)8;
    if (is("cursor:serial")) cursor->width = 4, cursor->pixels_len /= 2;
    if (is("cursor:null") || is("cursor:address")) cursor->serial = (uint32_t)moves;
    return LS_OK;
}

static ls_cursor_source cursor_source = {
    .struct_size = sizeof(ls_cursor_source),
    .cursor = tell_cursor,
};

/* Hands over 10 ms of sound, whose samples are the number of the stretch in thousandths; nothing each tenth time. */
static int32_t take_sound(void *instance, ls_audio *audio, ls_error *error) {
    static float samples[LS_SOUND_BYTES_MAX / sizeof(float) + 2];
    (void)instance;
    if (sounds % 10 == 9) return LS_OK;
    size_t count = LS_SOUND_RATE / 100 * 2;
    for (size_t i = 0; i < count; i++) samples[i] = (float)sounds / 1000;
    audio->pts_us = (int64_t)sounds * 10000;
    audio->data = (const uint8_t *)samples;
    audio->data_len = count * sizeof(float);
    if (sounds <= 2) return LS_OK;
    evil("audio");
    if (is("audio:fail")) return ls_fail(error, LS_ERROR_ENDED, "the sound card is gone");
    if (is("audio:silent")) return LS_FAILED;
    if (is("audio:long")) audio->data_len = LS_SOUND_BYTES_MAX + 8;
    if (is("audio:huge")) audio->data_len = UINT64_MAX;
    if (is("audio:odd")) audio->data_len = 12;
    if (is("audio:null")) audio->data = NULL;
    if (is("audio:address")) audio->data = (const uint8_t *)8;
    static const uint32_t wrong[] = {0, 0x7fc00000, 0, 0xff800000};
    if (is("audio:nan")) audio->data = (const uint8_t *)wrong, audio->data_len = 8;
    if (is("audio:infinite")) audio->data = (const uint8_t *)(wrong + 2), audio->data_len = 8;
    return LS_OK;
}

static ls_audio_source audio_source = {
    .struct_size = sizeof(ls_audio_source),
    .take = take_sound,
};

static ls_command last_command = {.kind = LS_COMMAND_PLAY, .track = 1};
static int is_paused;

/* Tells of a film with two tracks that stands where the last command sought, at the number of changes in milliseconds otherwise. */
static void tell_playback_well(ls_playback *playback) {
    static const ls_str tracks[] = {LS_STR("english"), LS_STR("deutsch")};
    playback->flags = LS_PLAYBACK_CONTROLLED | LS_PLAYBACK_CAN_SEEK | LS_PLAYBACK_HAS_DURATION | LS_PLAYBACK_HAS_POSITION | LS_PLAYBACK_HAS_TRACK;
    if (!is_paused) playback->flags |= LS_PLAYBACK_PLAYING;
    playback->began_us = -1000;
    playback->duration_us = 5000000;
    playback->position_us = last_command.seek_us > 0 ? (int64_t)(last_command.seek_us % 5000000) : (int64_t)changes * 1000;
    playback->track = last_command.track % 2;
    playback->tracks = tracks;
    playback->tracks_len = 2;
}

static int32_t tell_playback(void *instance, ls_playback *playback, ls_error *error) {
    static const ls_str wrong[] = {{"\xff", 1}, {NULL, 3}};
    static char name[LS_TRACK_NAME_BYTES_MAX + 1];
    static ls_str long_name = {name, sizeof name};
    (void)instance;
    tell_playback_well(playback);
    if (changes <= 2) return LS_OK;
    evil("playback");
    if (is("playback:fail")) return ls_fail(error, LS_ERROR_ENDED, "the reel is torn");
    if (is("playback:silent")) return LS_FAILED;
    if (is("playback:track")) playback->track = 2;
    if (is("playback:tracks")) playback->tracks_len = LS_TRACKS_MAX + 1;
    if (is("playback:huge")) playback->tracks_len = UINT64_MAX;
    if (is("playback:null")) playback->tracks = NULL;
    if (is("playback:address")) playback->tracks = (const ls_str *)8;
    if (is("playback:utf8")) playback->tracks = wrong, playback->tracks_len = 1;
    if (is("playback:name-null")) playback->tracks = wrong + 1, playback->tracks_len = 1;
    if (is("playback:name-long")) memset(name, 'x', sizeof name), playback->tracks = &long_name, playback->tracks_len = 1;
    if (playback->tracks_len == 1) playback->track = 0;
    return LS_OK;
}

static int32_t control(void *instance, const ls_command *command, ls_error *error) {
    (void)instance;
    if (is("playback:control-fail")) return ls_fail(error, LS_ERROR_ENDED, "the projector is stuck");
    if (is("playback:control-silent")) return LS_FAILED;
    if (is("playback:control-segv")) *(volatile int *)8 = 1;
    if (is("playback:control-hang")) for (;;) sleep_ms(1000);
    if (is("playback:deaf")) return LS_OK;
    if (command->kind == LS_COMMAND_PAUSE || command->kind == LS_COMMAND_STEP) is_paused = 1;
    if (command->kind == LS_COMMAND_PLAY) is_paused = 0;
    if (command->kind == LS_COMMAND_SEEK) last_command.seek_us = command->seek_us;
    if (command->kind == LS_COMMAND_TRACK) last_command.track = command->track;
    return LS_OK;
}

static ls_playback_source playback_source = {
    .struct_size = sizeof(ls_playback_source),
    .playback = tell_playback,
    .control = control,
};

static const void *extension(void *instance, ls_str id) {
    static const uint32_t nothing[16];
    (void)instance;
    if (is("cursor:table")) cursor_source.struct_size = 8;
    if (is("cursor:no-function")) cursor_source.cursor = NULL;
    if (is("audio:table")) audio_source.struct_size = 8;
    if (is("audio:no-function")) audio_source.take = NULL;
    if (is("playback:table")) playback_source.struct_size = 8;
    if (is("playback:no-function")) playback_source.playback = NULL;
    if (is("playback:no-control")) playback_source.control = NULL;
    if (is("cursor:unasked") || is("audio:unasked") || is("playback:unasked")) return NULL;
    if (ls_str_is(id, LS_CURSOR_ID)) {
        const char *table = (const char *)&cursor_source;
        return !has("cursor:") ? NULL : is("cursor:unaligned") ? table + 1 : table;
    }
    if (ls_str_is(id, LS_AUDIO_ID)) return has("audio:") ? &audio_source : NULL;
    if (ls_str_is(id, LS_PLAYBACK_ID)) return has("playback:") ? &playback_source : NULL;
    return is("extension:any") || is("sink-extension:any") ? nothing : NULL;
}
