/*
 * What the source of evil.c has besides its frames, if EVIL names it: a cursor, told of as the interface says, or in the wrong way
 * that EVIL names.
 */

static int moves; /* of the cursor */

static int has_cursor(void) {
    return strncmp(EVIL, "cursor:", 7) == 0;
}

/* Returns the event of a source that has one every 10 ms: by turns damage and, if it has a cursor, a move of that. */
static uint32_t next_event(void) {
    static int events;
    if (!has_cursor() || ++events % 2 == 0) return LS_EVENT_DAMAGED;
    moves++;
    return LS_EVENT_CURSOR_MOVED;
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

static const void *extension(void *instance, ls_str id) {
    static const uint32_t nothing[16];
    (void)instance;
    int is_known = ls_str_is(id, LS_CURSOR_ID);
    if (!is_known && (is("extension:any") || is("sink-extension:any"))) return nothing;
    if (!is_known || !has_cursor() || is("cursor:unasked")) return NULL;
    if (is("cursor:table")) cursor_source.struct_size = 8;
    if (is("cursor:no-function")) cursor_source.cursor = NULL;
    return is("cursor:unaligned") ? (const char *)&cursor_source + 1 : (const void *)&cursor_source;
}
