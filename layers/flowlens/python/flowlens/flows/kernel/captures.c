/* Captures, pcap and pcapng: the packets that follow one another without anything between. */

#include "kernel.h"

#include <string.h>

enum { HEAD = 16, ENHANCED = 6, BLOCK_HEAD = 8, ENHANCED_HEAD = 28, DOMAIN_HIGH = 0, DOMAIN_LOW = 53 };
static const int64_t LATEST = 1ll << 62, SECOND = 1000000000, MILLISECOND = 1000000;

static inline uint32_t u32(const FlCapture *from, int64_t at) {
    uint32_t value;
    memcpy(&value, from->octets + at, 4);
    return from->swapped ? __builtin_bswap32(value) : value;
}

/* Whether a name may be in it: port 53 among the headers, or how TLS greetings begin among the first octets. */
static int telling(const uint8_t *packet, int64_t size, int64_t headers, int64_t greeting) {
    const uint8_t *stop = packet + (size < headers ? size : headers);
    for (const uint8_t *at = packet; stop - at >= 2 && (at = memchr(at + 1, DOMAIN_LOW, (size_t)(stop - at - 1)));)
        if (at[-1] == DOMAIN_HIGH) return 1;
    stop = packet + (size < greeting ? size : greeting);
    for (const uint8_t *at = packet; stop - at >= 7 && (at = memchr(at, 0x16, (size_t)(stop - at - 6))); at++)
        if (at[1] == 3 && at[2] <= 4 && at[5] == 1 && !at[6]) return 1;
    return 0;
}

static void put(FlPackets *to, const uint8_t *octets, int64_t begin, int64_t kept) {
    int64_t i = to->count++, some = kept < to->headers ? kept : to->headers;
    memcpy(to->heads + to->filled, octets + begin, (size_t)some);
    to->at[i] = to->filled;
    to->stop[i] = to->filled += some;
    to->begin[i] = begin;
    to->kept[i] = kept;
    to->telling[i] = (uint8_t)telling(octets + begin, kept, to->headers, to->greeting);
}

static inline int room(const FlPackets *to) { return to->count < to->room && to->space - to->filled >= to->headers; }

/* Reads whole packets of a pcap. Returns where the first begins that is not whole, is too long or has no room. */
int64_t fl_pcap(const FlCapture *from, int64_t unit, int64_t link, FlPackets *to) {
    int64_t at = 0;
    while (from->length - at >= HEAD && room(to)) {
        int64_t kept = u32(from, at + 8);
        if (kept > from->longest || kept > from->length - at - HEAD) break;
        to->times[to->count] = ((int64_t)u32(from, at) * SECOND + (int64_t)u32(from, at + 4) * unit) / MILLISECOND;
        to->lengths[to->count] = u32(from, at + 12);
        to->links[to->count] = link;
        put(to, from->octets, at + HEAD, kept);
        at += HEAD + kept;
    }
    return at;
}

static int64_t time_of(uint64_t ticks, const FlInterface *on) {
    int64_t time;
    if (ticks > (uint64_t)INT64_MAX || __builtin_mul_overflow((int64_t)ticks, on->scale, &time)) return LATEST;
    if (__builtin_add_overflow(time, on->offset, &time) || time > LATEST) return LATEST;
    return time < 0 ? 0 : time;
}

/* Reads whole enhanced packet blocks of a pcapng; `last` becomes the time of the last one, in ns. Returns where the first
   block begins that is not whole, is another, says what cannot be, or has no room. */
int64_t fl_pcapng(const FlCapture *from, const FlInterface *interfaces, int64_t count, int64_t *last, FlPackets *to) {
    int64_t at = 0;
    while (from->length - at >= BLOCK_HEAD && room(to)) {
        int64_t size = u32(from, at + 4);
        if (u32(from, at) != ENHANCED || size < ENHANCED_HEAD + 4 || size > from->largest || size % 4 || size > from->length - at) break;
        int64_t number = u32(from, at + 8), kept = u32(from, at + 20);
        if (number >= count || !interfaces[number].scale || kept > size - ENHANCED_HEAD - 4 || kept > from->longest) break;
        *last = time_of((uint64_t)u32(from, at + 12) << 32 | u32(from, at + 16), &interfaces[number]);
        to->times[to->count] = *last / MILLISECOND;
        to->lengths[to->count] = u32(from, at + 24);
        to->links[to->count] = interfaces[number].link;
        put(to, from->octets, at + ENHANCED_HEAD, kept);
        at += size;
    }
    return at;
}
