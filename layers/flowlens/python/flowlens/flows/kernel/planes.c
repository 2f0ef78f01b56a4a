/* Columns as the fewest planes of octets: the smallest value is taken off, and what then has no octets left is left out. */

#include "kernel.h"

#include <string.h>

enum { KEYED_OCTETS = 5, SAMPLE = 512, FEW = 32, MOST_KEYS = 255, PLACES = 1024, WORDS = 2048 };
static const uint64_t MAPPED = 0xFFFF00000000u, SIGN = 1ull << 63;

/* `values` less the smallest of them, octet by octet, the low one first. */
#define SPLIT(TYPE)                                                                                        \
    static void split_##TYPE(const TYPE *values, TYPE low, int planes, int64_t rows, uint8_t *out) {       \
        for (int k = 0; k < planes; k++, out += rows)                                                      \
            for (int64_t i = 0; i < rows; i++) out[i] = (uint8_t)((TYPE)(values[i] - low) >> 8 * k);       \
    }
SPLIT(uint8_t)
SPLIT(uint16_t)
SPLIT(uint32_t)
SPLIT(uint64_t)

static int octets(uint64_t width) { return width ? (71 - __builtin_clzll(width)) / 8 : 0; }

/* Narrow columns are read where they are. */
#define NARROW(TYPE)                                                                                       \
    static void narrow_##TYPE(const TYPE *values, int64_t rows, uint8_t *planes, FlPacked *packed) {       \
        TYPE low = values[0], high = values[0];                                                            \
        for (int64_t i = 0; i < rows; i++) {                                                               \
            low = values[i] < low ? values[i] : low;                                                       \
            high = values[i] > high ? values[i] : high;                                                    \
        }                                                                                                  \
        packed->base = low;                                                                                \
        packed->planes = octets((uint64_t)(high - low));                                                   \
        split_##TYPE(values, low, packed->planes, rows, planes);                                           \
    }
NARROW(uint8_t)
NARROW(uint16_t)
NARROW(uint32_t)

typedef struct {
    uint64_t low, high;
} Range;

#define LOAD(VALUE)                                                                                        \
    for (int64_t i = 0; i < rows; i++) {                                                                   \
        uint64_t value = (VALUE);                                                                          \
        out[i] = value;                                                                                    \
        low = (int64_t)(value ^ flip) < low ? (int64_t)(value ^ flip) : low;                               \
        high = (int64_t)(value ^ flip) > high ? (int64_t)(value ^ flip) : high;                            \
    }                                                                                                      \
    break

/* Wide values, made small, and their range. Machines compare signed numbers best: `flip` makes them such. */
static Range load(const FlColumn *column, uint64_t flip, int64_t rows, uint64_t *out) {
    int64_t low = INT64_MAX, high = INT64_MIN;
    const uint64_t *values = column->values, *other = column->other;
    const uint8_t *version = column->other;
    switch (column->mode) {
    case FL_STEP: LOAD(i ? values[i] - values[i - 1] : 0);
    case FL_AFTER: LOAD(values[i] - other[i]);
    case FL_BEFORE: LOAD(other[i] - values[i]);
    case FL_UNMAPPED: LOAD(values[i] ^ (version[i] == 4 ? MAPPED : 0));
    default: LOAD(values[i]);
    }
    return (Range){(uint64_t)low ^ flip, (uint64_t)high ^ flip};
}

/* Whether a sample of the values has few of them: sorting out all would be dear. */
static int few(const uint64_t *values, int64_t rows) {
    uint64_t found[FEW];
    int count = 0;
    for (int64_t i = 0; i < rows; i += rows / SAMPLE + 1) {
        int k = 0;
        while (k < count && found[k] != values[i]) k++;
        if (k < count) continue;
        if (count == FEW) return 0;
        found[count++] = values[i];
    }
    return 1;
}

/* The distinct values, at most MOST_KEYS, in the order they come in; each row gets the number of its value. */
static int numbered(const uint64_t *values, int64_t rows, uint8_t *plane, FlPacked *packed) {
    uint16_t places[PLACES];
    uint64_t last = ~values[0];
    uint8_t number = 0;
    memset(places, 0, sizeof places);
    packed->keys = 0;
    for (int64_t i = 0; i < rows; i++) {
        uint64_t value = values[i];
        if (value != last) {
            uint64_t at = (value * 0x9E3779B97F4A7C15u) >> 54;
            while (places[at] && packed->key[places[at] - 1] != value) at = (at + 1) % PLACES;
            if (!places[at]) {
                if (packed->keys == MOST_KEYS) return 0;
                packed->key[packed->keys++] = value;
                places[at] = (uint16_t)packed->keys;
            }
            number = (uint8_t)(places[at] - 1);
            last = value;
        }
        plane[i] = number;
    }
    return 1;
}

/* Wide values of which there are few: their number in ascending order instead. Says whether there are few enough. */
static int keyed(const uint64_t *values, int64_t rows, uint64_t flip, uint8_t *plane, FlPacked *packed) {
    uint8_t rank[MOST_KEYS] = {0};
    uint64_t sorted[MOST_KEYS];
    if (!few(values, rows) || !numbered(values, rows, plane, packed)) return 0;
    for (int k = 0; k < packed->keys; k++) {
        for (int j = 0; j < packed->keys; j++) rank[k] += (packed->key[j] ^ flip) < (packed->key[k] ^ flip);
        sorted[rank[k]] = packed->key[k];
    }
    memcpy(packed->key, sorted, sizeof sorted[0] * (size_t)packed->keys);
    for (int64_t i = 0; i < rows; i++) plane[i] = rank[plane[i]];
    return 1;
}

static void wide(const FlColumn *column, int64_t rows, uint64_t *scratch, uint8_t *planes, FlPacked *packed) {
    const uint64_t flip = column->is_signed ? 0 : SIGN;
    Range range = load(column, flip, rows, scratch);
    packed->base = range.low;
    packed->planes = octets(range.high - range.low);
    if (packed->planes >= KEYED_OCTETS && keyed(scratch, rows, flip ^ SIGN, planes, packed)) {
        packed->base = 0;
        packed->planes = 1;
        return;
    }
    packed->keys = 0;
    if (packed->planes > 4) {
        split_uint64_t(scratch, range.low, packed->planes, rows, planes);
        return;
    }
    uint32_t words[WORDS]; /* in parts that stay close by */
    for (int64_t done = 0; done < rows; done += WORDS) {
        int64_t some = rows - done < WORDS ? rows - done : WORDS;
        for (int64_t i = 0; i < some; i++) words[i] = (uint32_t)(scratch[done + i] - range.low);
        for (int k = 0; k < packed->planes; k++)
            for (int64_t i = 0; i < some; i++) planes[k * rows + done + i] = (uint8_t)(words[i] >> 8 * k);
    }
}

/* Fills `planes`, of `rows` octets each and at most as many as a value has; `scratch` holds `rows`. There is a row. */
void fl_pack(const FlColumn *column, int64_t rows, uint64_t *scratch, uint8_t *planes, FlPacked *packed) {
    packed->keys = 0;
    switch (column->size) {
    case 1: narrow_uint8_t(column->values, rows, planes, packed); break;
    case 2: narrow_uint16_t(column->values, rows, planes, packed); break;
    case 4: narrow_uint32_t(column->values, rows, planes, packed); break;
    default: wide(column, rows, scratch, planes, packed);
    }
}
