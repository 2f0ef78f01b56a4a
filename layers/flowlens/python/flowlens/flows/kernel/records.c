/* Data records of one layout, field by field into columns; and the sets of NetFlow v9 and IPFIX that they lie in. */

#include "kernel.h"

#include <string.h>

static const uint64_t MAPPED = 0xFFFF00000000u, LAST = 253402300799999u; /* LAST: 9999-12-31 in ms */
enum { NOT_ICMP = 0xFFFF };

static inline uint64_t number(const uint8_t *at, int width) {
    uint64_t value;
    uint32_t word;
    uint16_t half;
    switch (width) {
    case 1: return *at;
    case 2: memcpy(&half, at, 2); return __builtin_bswap16(half);
    case 4: memcpy(&word, at, 4); return __builtin_bswap32(word);
    case 8: memcpy(&value, at, 8); return __builtin_bswap64(value);
    default:
        value = 0;
        for (int k = 0; k < width; k++) value = value << 8 | at[k];
        return value;
    }
}

/* Some records, which set each is of, and where their rows begin. Sets are short: a loop for each would cost more than its work. */
enum { SOME = 256 };
typedef struct {
    const uint8_t *at[SOME];
    int32_t set[SOME];
    int64_t count, row;
} Some;

#define EVERY(BODY)                                                             \
    for (int64_t i = 0; i < some->count; i++) {                                 \
        const uint8_t *at = some->at[i] + from;                                 \
        BODY                                                                    \
    }
#define WIDTHS(TYPE, MOST)                                                      \
    switch (width) {                                                            \
    case 1: EVERY(PUT(TYPE, MOST, 1)) break;                                    \
    case 2: EVERY(PUT(TYPE, MOST, 2)) break;                                    \
    case 4: EVERY(PUT(TYPE, MOST, 4)) break;                                    \
    case 8: EVERY(PUT(TYPE, MOST, 8)) break;                                    \
    default: EVERY(PUT(TYPE, MOST, width))                                      \
    }
#define PUT(TYPE, MOST, WIDTH)                                                  \
    uint64_t value = number(at, WIDTH);                                         \
    seen |= value;                                                              \
    ((TYPE *)to)[i] = value > (MOST) ? (TYPE)(MOST) : (TYPE)value;

/* A number as it is; what the column cannot hold becomes its greatest value. */
static uint64_t write_number(const FlOperation *one, const Some *some) {
    const int from = one->from[0], width = one->width[0];
    uint64_t seen = 0;
    uint8_t *to = (uint8_t *)one->to[0] + some->row * one->size;
    switch (one->size) {
    case 1: WIDTHS(uint8_t, UINT8_MAX) break;
    case 2: WIDTHS(uint16_t, UINT16_MAX) break;
    case 4: WIDTHS(uint32_t, UINT32_MAX) break;
    default: WIDTHS(uint64_t, UINT64_MAX)
    }
    return seen;
}
#undef PUT
#define PUT(TYPE, MOST, WIDTH)                                                  \
    uint64_t value = number(at, WIDTH);                                         \
    seen |= value;                                                              \
    if (!((TYPE *)to)[i]) ((TYPE *)to)[i] = value > (MOST) ? (TYPE)(MOST) : (TYPE)value;

/* The same where an element before it said 0. */
static uint64_t write_else(const FlOperation *one, const Some *some) {
    const int from = one->from[0], width = one->width[0];
    uint64_t seen = 0;
    uint8_t *to = (uint8_t *)one->to[0] + some->row * one->size;
    switch (one->size) {
    case 1: EVERY(PUT(uint8_t, UINT8_MAX, width)) break;
    case 2: EVERY(PUT(uint16_t, UINT16_MAX, width)) break;
    case 4: EVERY(PUT(uint32_t, UINT32_MAX, width)) break;
    default: EVERY(PUT(uint64_t, UINT64_MAX, width))
    }
    return seen;
}

/* The low half of an IPv4 address; FL_MAPPED_ELSE leaves 0 as 0 and keeps what is there. */
static uint64_t write_mapped(const FlOperation *one, const Some *some) {
    const int from = one->from[0];
    uint64_t seen = 0, *to = (uint64_t *)one->to[0] + some->row;
    if (one->kind == FL_MAPPED)
        EVERY(to[i] = number(at, 4) | MAPPED;)
    else
        EVERY(uint64_t value = number(at, 4); seen |= value; if (value && !to[i]) to[i] = value | MAPPED;)
    return seen;
}

static uint64_t write_each(const FlOperation *one, const Some *some) {
    const int64_t *each = one->each[0];
    uint8_t *to = (uint8_t *)one->to[0] + some->row * one->size;
    switch (one->size) {
    case 1: for (int64_t i = 0; i < some->count; i++) to[i] = (uint8_t)each[some->set[i]]; break;
    case 2: for (int64_t i = 0; i < some->count; i++) ((uint16_t *)to)[i] = (uint16_t)each[some->set[i]]; break;
    case 4: for (int64_t i = 0; i < some->count; i++) ((uint32_t *)to)[i] = (uint32_t)each[some->set[i]]; break;
    default: for (int64_t i = 0; i < some->count; i++) ((int64_t *)to)[i] = each[some->set[i]];
    }
    return 1;
}

static inline void span(const FlOperation *one, int64_t row, int64_t start, int64_t end) {
    ((int64_t *)one->to[0])[row] = start < end ? start : end;
    ((int64_t *)one->to[1])[row] = start < end ? end : start;
}

/* From uptimes. `at` is the export; an uptime of -1 is not known: the end is then the export, the duration stays true. */
static void write_uptimes(const FlOperation *one, const Some *some) {
    for (int64_t i = 0; i < some->count; i++) {
        const uint8_t *record = some->at[i];
        int64_t at = one->each[0][some->set[i]], uptime = one->each[1][some->set[i]];
        uint32_t first = (uint32_t)number(record + one->from[0], one->width[0]);
        uint32_t last = (uint32_t)number(record + one->from[1], one->width[1]);
        int32_t length = (int32_t)(last - first);
        if (uptime < 0)
            span(one, some->row + i, at - (length > 0 ? length : 0), at);
        else
            span(one, some->row + i, at - (int32_t)((uint32_t)uptime - first), at - (int32_t)((uint32_t)uptime - last));
    }
}

static inline int64_t clock_of(const uint8_t *at, int width, int64_t scale, int64_t export) {
    uint64_t value = number(at, width), most = LAST / (uint64_t)scale;
    return value ? (int64_t)(value > most ? most : value) * scale : export;
}

static void write_clocks(const FlOperation *one, const Some *some) {
    for (int64_t i = 0; i < some->count; i++) {
        const uint8_t *record = some->at[i];
        int64_t export = one->each[0][some->set[i]];
        span(one, some->row + i, clock_of(record + one->from[0], one->width[0], one->scale, export),
             clock_of(record + one->from[1], one->width[1], one->scale, export));
    }
}

/* to: protocol, source port, destination port, ICMP type and code. What is said or stands in the destination port. */
static uint64_t settle_icmp(const FlOperation *one, const Some *some) {
    const uint8_t *protocol = (uint8_t *)one->to[0] + some->row;
    uint16_t *src = (uint16_t *)one->to[1] + some->row, *dst = (uint16_t *)one->to[2] + some->row;
    uint16_t *icmp = (uint16_t *)one->to[3] + some->row;
    uint64_t seen = 0;
    for (int64_t i = 0; i < some->count; i++) {
        if (protocol[i] != 1 && protocol[i] != 58) continue;
        uint64_t said = src[i] ? NOT_ICMP : dst[i];
        if (one->from[0] >= 0) said = number(some->at[i] + one->from[0], one->width[0]);
        icmp[i] = (uint16_t)(said < NOT_ICMP ? said : NOT_ICMP);
        src[i] = dst[i] = 0;
        seen = 1;
    }
    return seen;
}

static uint64_t apply(const FlOperation *one, const Some *some) {
    switch (one->kind) {
    case FL_NUMBER: return write_number(one, some);
    case FL_ELSE: return write_else(one, some);
    case FL_EACH: return write_each(one, some);
    case FL_UPTIMES: write_uptimes(one, some); return 0;
    case FL_CLOCKS: write_clocks(one, some); return 0;
    case FL_ICMP: return settle_icmp(one, some);
    default: return write_mapped(one, some);
    }
}

static void apply_all(FlOperation *operations, int64_t count, Some *some) {
    for (int64_t k = 0; k < count; k++) operations[k].seen |= apply(&operations[k], some);
    some->row += some->count;
    some->count = 0;
}

static int inside(const FlOperation *one, int64_t size) {
    for (int k = 0; k < 2; k++)
        if (one->from[k] >= 0 && (one->width[k] < 1 || one->width[k] > 8 || one->from[k] + one->width[k] > size)) return 0;
    return 1;
}

/* Writes the records of all sets, one row each, in order. Returns -1 and writes nothing when something lies outside. */
int32_t fl_records(const FlSets *sets, FlOperation *operations, int64_t count) {
    if (sets->size < 1) return -1;
    for (int64_t k = 0; k < count; k++)
        if (!inside(&operations[k], sets->size)) return -1;
    for (int64_t s = 0; s < sets->count; s++)
        if (sets->starts[s] < 0 || sets->records[s] < 0 || sets->starts[s] > sets->length ||
            sets->records[s] > (sets->length - sets->starts[s]) / sets->size)
            return -1;
    Some some;
    some.count = some.row = 0;
    for (int64_t s = 0; s < sets->count; s++)
        for (int64_t r = 0; r < sets->records[s]; r++) {
            some.at[some.count] = sets->octets + sets->starts[s] + r * sets->size;
            __builtin_prefetch(some.at[some.count]); /* sets are far apart: no machine guesses where the next one lies */
            some.set[some.count++] = (int32_t)s;
            if (some.count == SOME) apply_all(operations, count, &some);
        }
    apply_all(operations, count, &some);
    return 0;
}

enum { AHEAD = 8, PLACES = 256, TRIES = 4 };

/* Finds the sets of each message in turn, at most `most` of one. Returns how many there are, which may be above `room`. */
int64_t fl_sets(const uint8_t *octets, const int64_t *starts, const int64_t *stops, int64_t count, int64_t most,
                const FlFound *found, int64_t room) {
    int64_t total = 0;
    for (int64_t d = 0; d < count; d++) {
        int64_t at = starts[d], sets = 0;
        if (d + AHEAD < count) __builtin_prefetch(octets + starts[d + AHEAD]);
        found->fault[d] = 0;
        for (; stops[d] - at >= 4; sets++) { /* fewer octets are padding */
            int64_t length = (int64_t)number(octets + at + 2, 2);
            if (sets == most || length < 4 || length > stops[d] - at) {
                found->fault[d] = sets == most ? FL_SET_COUNT : FL_SET_LENGTH;
                break;
            }
            if (total < room) {
                found->datagram[total] = d;
                found->id[total] = (uint16_t)number(octets + at, 2);
                found->start[total] = at + 4;
                found->stop[total] = at + length;
            }
            total++;
            at += length;
        }
    }
    return total;
}

static int alike(const FlSaid *said, int64_t one, int64_t other) {
    int64_t length = said->stop[one] - said->start[one];
    return said->owner[one] == said->owner[other] && said->id[one] == said->id[other] &&
           length == said->stop[other] - said->start[other] &&
           !memcmp(said->octets + said->start[one], said->octets + said->start[other], (size_t)length);
}

/* Which earlier set each one repeats to the octet, -1 where none is known: some of the others are remembered. */
void fl_repeats(const FlSaid *said, int64_t *first) {
    int64_t known[PLACES];
    memset(known, -1, sizeof known);
    for (int64_t i = 0; i < said->count; i++) {
        uint64_t length = (uint64_t)(said->stop[i] - said->start[i]), word = 0;
        memcpy(&word, said->octets + said->start[i], length < 8 ? (size_t)length : 8);
        word = (word ^ (uint64_t)said->owner[i] << 40 ^ (uint64_t)said->id[i] << 16 ^ length) * 0x9E3779B97F4A7C15u >> 56;
        first[i] = -1;
        int64_t *place = &known[word];
        for (int k = 0; k < TRIES && first[i] < 0; k++) {
            place = &known[(word + (uint64_t)k) % PLACES];
            if (*place < 0) break;
            if (alike(said, *place, i)) first[i] = *place;
        }
        if (first[i] < 0) *place = i;
    }
}
