/* Messages of NetFlow v9 and IPFIX that say nothing new: data of known templates, and templates and options heard before. */

#include "kernel.h"

#include <string.h>

enum { NINE = 9, NINE_OCTETS = 20, TEN_OCTETS = 16, SETS_MOST = 192, AHEAD = 8, LINE = 64 };

static inline uint32_t u16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static inline uint32_t u32(const uint8_t *at) { return u16(at) << 16 | u16(at + 2); }

/* The place of a key among the sorted ones, or -1. Sets that follow one another are mostly of neighbours. */
static int64_t place_of(const FlKnown *known, uint64_t key, int64_t last) {
    for (int64_t near = last - 1; near <= last + 1; near++)
        if (near >= 0 && near < known->count && known->ones[near].key == key) return near;
    int64_t low = 0, high = known->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (known->ones[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < known->count && known->ones[low].key == key ? low : -1;
}

static int heard(const FlKnown *known, const FlKnownOne *one, const uint8_t *content, int64_t length) {
    for (int64_t k = one->heard; k < one->heard + one->heards; k++)
        if (known->contents[k].length == length && !memcmp(known->octets + known->contents[k].at, content, (size_t)length))
            return 1;
    return 0;
}

/* Reads the header. Returns where the first set begins, -1 where anything is amiss; `length` becomes the message's own. */
static int64_t opened(const FlMessages *messages, int64_t d, int64_t *length, const FlSurvey *to) {
    const uint8_t *at = messages->octets + d * messages->width;
    *length = messages->lengths[d];
    if (*length > messages->width || *length < (messages->version == NINE ? NINE_OCTETS : TEN_OCTETS)) return -1;
    if ((int32_t)u16(at) != messages->version) return -1;
    if (messages->version == NINE) {
        to->uptime[d] = u32(at + 4);
        to->exported[d] = (int64_t)u32(at + 8) * 1000;
        to->domain[d] = u32(at + 16);
        return NINE_OCTETS;
    }
    if ((int64_t)u16(at + 2) > *length || u16(at + 2) < TEN_OCTETS) return -1;
    *length = u16(at + 2);
    to->uptime[d] = 0;
    to->exported[d] = (int64_t)u32(at + 4) * 1000;
    to->domain[d] = u32(at + 12);
    return TEN_OCTETS;
}

/* Finds the sets of one message, and counts its records. Returns how many data sets there are by now; -1: something is new. */
static int64_t walked(const FlMessages *messages, const FlKnown *known, int64_t d, int64_t total, FlSurvey *to) {
    int64_t length, place = -1, sets = 0, at = opened(messages, d, &length, to);
    if (at < 0) return -1;
    const uint8_t *message = messages->octets + d * messages->width;
    const uint64_t scope = (uint64_t)messages->exporters[d] << 48 | (uint64_t)to->domain[d] << 16;
    to->records[d] = to->options[d] = 0;
    for (; length - at >= 4; sets++) { /* fewer octets are padding */
        int64_t size = u16(message + at + 2);
        if (sets == SETS_MOST || size < 4 || size > length - at) return -1;
        place = place_of(known, scope | u16(message + at), place);
        if (place < 0) return -1;
        const FlKnownOne *one = &known->ones[place];
        int64_t records = one->size ? (size - 4) / one->size : 0;
        if (one->size && !records) return -1;
        if (one->layout < 0) {
            if (!heard(known, one, message + at + 4, size - 4)) return -1;
            to->options[d] += records;
            to->rows[place] += records;
        } else {
            if (total < to->room) {
                to->found[total] = (FlSet){(int32_t)place, (int32_t)d, d * messages->width + at + 4, records};
                to->sets[place]++;
                to->rows[place] += records;
            }
            total++;
        }
        to->records[d] += records;
        at += size;
    }
    return total;
}

/* Layouts in the order in which the sorted keys first name them: where the sets of each key go, and of each layout lie. */
static int arranged(const FlKnown *known, FlSurvey *to) {
    int64_t first = 0;
    to->blocks = 0;
    for (int64_t lead = 0; lead < known->count; lead++) {
        int64_t layout = known->ones[lead].layout, done = 0;
        if (layout < 0 || !to->sets[lead]) continue;
        for (int64_t b = 0; b < to->blocks; b++) done |= to->block[b].layout == layout;
        if (done) continue;
        if (to->blocks == FL_LAYOUTS) return 0;
        FlBlock *block = &to->block[to->blocks++];
        *block = (FlBlock){layout, first, 0, 0};
        for (int64_t k = lead; k < known->count; k++) {
            if (known->ones[k].layout != layout) continue;
            to->begin[k] = first + block->sets;
            block->sets += to->sets[k];
            block->rows += to->rows[k];
        }
        first += block->sets;
    }
    return 1;
}

/* Finds all data sets and puts them in order: by layout, then by key, then as they came. Returns how many there are, which
 * may be above `room`; or -1 where anything is not known, and then nothing of it counts. At most FL_LAYOUTS layouts. */
int64_t fl_survey(const FlMessages *messages, const FlKnown *known, FlSurvey *to) {
    int64_t total = 0;
    memset(to->sets, 0, sizeof to->sets[0] * (size_t)known->count);
    memset(to->rows, 0, sizeof to->rows[0] * (size_t)known->count);
    for (int64_t d = 0; d < messages->count; d++) {
        if (d + AHEAD < messages->count)
            for (int64_t far = 0; far < messages->lengths[d + AHEAD] && far < messages->width; far += LINE)
                __builtin_prefetch(messages->octets + (d + AHEAD) * messages->width + far);
        total = walked(messages, known, d, total, to);
        if (total < 0) return -1;
    }
    if (total > to->room) return total;
    if (!arranged(known, to)) return -1;
    for (int64_t s = 0; s < total; s++) {
        const FlSet *set = &to->found[s];
        int64_t at = to->begin[set->known]++, d = set->datagram, init = known->ones[set->known].init;
        to->starts[at] = set->start;
        to->counts[at] = set->records;
        to->of_received[at] = messages->received[d];
        to->of_exported[at] = to->exported[d];
        to->of_exporter[at] = messages->exporters[d];
        to->of_domain[at] = to->domain[d];
        to->of_uptime[at] = messages->version == NINE ? to->uptime[d]
                            : init < 0                ? -1
                                                      : (int64_t)(uint32_t)((uint64_t)to->exported[d] - (uint64_t)init);
    }
    return total;
}
