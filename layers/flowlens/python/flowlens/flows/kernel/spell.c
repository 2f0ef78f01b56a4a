/* Columns from their planes of octets: what planes.c takes apart. */

#include "kernel.h"

enum { SOME = 1024 };
static const uint64_t MAPPED = 0xFFFF00000000u;

/* Some of the values as they were packed; those of narrow types many at once. Says 0 where one does not fit its type. */
#define SPELT(TYPE)                                                                                          \
    static int spelt_##TYPE(const FlSpelt *from, int64_t begin, int64_t count, TYPE *to) {                   \
        const TYPE base = (TYPE)from->base;                                                                  \
        uint8_t above = 0;                                                                                   \
        for (int64_t i = 0; i < count; i++) to[i] = base;                                                    \
        for (int k = 0; k < from->planes; k++) {                                                             \
            const uint8_t *plane = from->plane[k] + begin;                                                   \
            if (k < (int)sizeof(TYPE))                                                                       \
                for (int64_t i = 0; i < count; i++) to[i] = (TYPE)(to[i] + (TYPE)((TYPE)plane[i] << 8 * k)); \
            else                                                                                             \
                for (int64_t i = 0; i < count; i++) above |= plane[i];                                       \
        }                                                                                                    \
        if (sizeof(TYPE) < 8)                                                                                \
            for (int64_t i = 0; i < count; i++) above |= to[i] < base;                                       \
        return !above;                                                                                       \
    }
SPELT(uint8_t)
SPELT(uint16_t)
SPELT(uint32_t)
SPELT(uint64_t)

/* Some of the values that the one plane numbers. Says 0 where a number has none. */
#define KEYED(TYPE)                                                                                          \
    static int keyed_##TYPE(const FlSpelt *from, int64_t begin, int64_t count, TYPE *to) {                   \
        const uint8_t *numbers = from->plane[0] + begin;                                                     \
        uint8_t most = 0;                                                                                    \
        for (int64_t i = 0; i < count; i++) most = numbers[i] > most ? numbers[i] : most;                    \
        if (most >= from->keys) return 0;                                                                    \
        for (int64_t i = 0; i < count; i++) to[i] = (TYPE)from->key[numbers[i]];                             \
        return 1;                                                                                            \
    }
KEYED(uint8_t)
KEYED(uint16_t)
KEYED(uint32_t)
KEYED(uint64_t)

/* Undoes what made wide values small. `last` is the value of the row before. */
static void widened(const FlSpelt *from, int64_t begin, int64_t count, uint64_t *last, uint64_t *to) {
    const uint64_t *other = from->other;
    const uint8_t *version = from->other;
    switch (from->mode) {
    case FL_STEP:
        for (int64_t i = 0; i < count; i++) *last = to[i] += *last;
        break;
    case FL_AFTER:
        for (int64_t i = 0; i < count; i++) to[i] += other[begin + i];
        break;
    case FL_BEFORE:
        for (int64_t i = 0; i < count; i++) to[i] = other[begin + i] - to[i];
        break;
    case FL_UNMAPPED:
        for (int64_t i = 0; i < count; i++) to[i] ^= version[begin + i] == 4 ? MAPPED : 0;
        break;
    default: break;
    }
}

#define SOME_OF(TYPE)                                                                                        \
    (from->keys ? keyed_##TYPE(from, begin, count, (TYPE *)values + begin)                                   \
                : spelt_##TYPE(from, begin, count, (TYPE *)values + begin))

/* Writes `rows` values of `size` octets. Says 0 where one does not fit its type, or has no key. */
int32_t fl_spell(const FlSpelt *from, int64_t rows, void *values) {
    uint64_t last = from->first;
    for (int64_t begin = 0; begin < rows; begin += SOME) { /* in parts that stay close by */
        int64_t count = rows - begin < SOME ? rows - begin : SOME;
        int fit = from->size == 1   ? SOME_OF(uint8_t)
                  : from->size == 2 ? SOME_OF(uint16_t)
                  : from->size == 4 ? SOME_OF(uint32_t)
                                    : SOME_OF(uint64_t);
        if (!fit) return 0;
        if (from->size == 8) widened(from, begin, count, &last, (uint64_t *)values + begin);
    }
    return 1;
}
