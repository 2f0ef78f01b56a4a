/* sFlow v5, step by step: where the samples of a batch lie, and those of them that say what nearly all say. */

#include "sample.h"

enum { AHEAD = 8, SOON = 24, LINE = 64 };

/* Reads flow samples, row by row. `simple[i]` says which were read; the rows of the others get what stands for nothing. */
void fl_samples(const FlSamples *samples, const FlSampleColumns *to, FlSampleSeen *seen, uint8_t *simple) {
    static const Row nothing = {.icmp = NOT_ICMP, .sampling_rate = 1};
    FlSampleSeen none = {0};
    for (int64_t i = 0; i < samples->count; i++) {
        Row row = {.icmp = NOT_ICMP};
        const uint8_t *octets = samples->octets;
        if (i + SOON < samples->count && samples->at[i + SOON] >= 0 && samples->at[i + SOON] < samples->length)
            for (int k = 0; k < 3; k++) __builtin_prefetch(octets + samples->at[i + SOON] + 64 * k);
        simple[i] = whole(samples, i) &&
                    plain(&row, octets + samples->at[i], octets + samples->stop[i], samples->kind[i] == EXPANDED_FLOW);
        if (!simple[i]) row = nothing;
        store(to, i, &row, simple[i] ? seen : &none);
    }
}

/* What flow samples say of sampling itself. Says 0 where one is not whole. */
int32_t fl_heads(const FlSamples *samples, const FlHeads *to) {
    for (int64_t i = 0; i < samples->count; i++) {
        if (!whole(samples, i)) return 0;
        Head head = opened(samples->octets + samples->at[i], samples->kind[i] == EXPANDED_FLOW);
        to->number[i] = head.number;
        to->source[i] = head.source;
        to->rate[i] = head.rate;
        to->pool[i] = head.pool;
        to->drops[i] = head.drops;
    }
    return 1;
}

/* Finds the samples of each datagram in turn, `counts` of each but at most `most`. Returns how many there are. */
int64_t fl_walk_samples(const uint8_t *octets, const FlDatagrams *datagrams, int64_t most, const FlFoundSamples *found,
                        int64_t room) {
    int64_t total = 0;
    for (int64_t d = 0; d < datagrams->count; d++) {
        if (d + AHEAD < datagrams->count)
            for (int64_t far = datagrams->at[d + AHEAD]; far < datagrams->stop[d + AHEAD]; far += LINE) __builtin_prefetch(octets + far);
        int64_t at = datagrams->at[d], stop = datagrams->stop[d], count = datagrams->samples[d];
        found->fault[d] = count > most ? FL_SAMPLE_COUNT : 0;
        for (int64_t k = 0; k < count && k < most; k++) {
            int64_t length = stop - at >= 8 ? (int64_t)u32(octets + at + 4) : 0;
            if (stop - at < 8 || length > stop - at - 8) {
                found->fault[d] = FL_SAMPLE_LENGTH;
                break;
            }
            if (total < room) {
                found->datagram[total] = d;
                found->kind[total] = u32(octets + at);
                found->at[total] = at + 8;
                found->stop[total] = at + 8 + length;
            }
            total++;
            at += 8 + length;
        }
    }
    return total;
}
