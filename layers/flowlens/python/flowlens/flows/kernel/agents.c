/* A batch of sFlow datagrams in one pass: flow samples that say what nearly all say become rows and runs, others are refused. */

#include "sample.h"

enum { COUNTERS = 2, EXPANDED_COUNTERS = 4, COUNTERS_OCTETS = 12, EXPANDED_COUNTERS_OCTETS = 16, SAMPLES_MOST = 256 };
enum { AHEAD = 4, NEXT = 8, LINE = 64, PLACES = 1024, TRIES = 8, A_SECOND = 1000 };

/* A datagram being read. */
typedef struct {
    int64_t d, at, stop, count; /* where its samples begin, and how many it says it has */
    uint64_t agent;             /* the last 32 bits of the address, and the sub-agent */
    uint32_t uptime;
} Datagram;

/* Which run each source's samples go into, as far as is remembered: forgetting makes more runs, and nothing wrong. */
typedef struct {
    int32_t places[PLACES], nowhere;
    int64_t last;
} Sources;

/* Says 0 where the header is not whole. */
static int header(const FlMessages *messages, int64_t d, Datagram *one) {
    int64_t length = messages->lengths[d];
    if (length > messages->width || length < 8) return 0;
    const uint8_t *at = messages->octets + d * messages->width;
    uint32_t kind = u32(at + 4);
    int64_t behind = kind == 1 ? 12 : kind == 2 ? 24 : 0; /* the agent's address */
    if (u32(at) != 5 || !behind || length < behind + 16) return 0;
    *one = (Datagram){d, d * messages->width + behind + 16, d * messages->width + length, u32(at + behind + 12),
                      u64(at + behind - 4), u32(at + behind + 8)};
    return one->count <= SAMPLES_MOST;
}

/* How many samples all datagrams say they have; -1 where one cannot be read. */
int64_t fl_announced(const FlMessages *messages) {
    int64_t total = 0;
    Datagram one;
    for (int64_t d = 0; d < messages->count; d++) {
        if (d + NEXT < messages->count) __builtin_prefetch(messages->octets + (d + NEXT) * messages->width);
        if (!header(messages, d, &one)) return -1;
        total += one.count;
    }
    return total;
}

static int is_of(const FlRun *run, uint64_t exporter, uint64_t agent, uint64_t source) {
    return run->source == source && run->agent == agent && run->exporter == exporter;
}

/* The source's newest run, and where the next one is to be noted; NULL where there is none, or it was forgotten. */
static FlRun *known(FlRun *runs, Sources *sources, uint64_t exporter, uint64_t agent, uint64_t source, int32_t **place) {
    if (sources->last >= 0 && is_of(&runs[sources->places[sources->last]], exporter, agent, source)) {
        *place = &sources->places[sources->last];
        return &runs[**place];
    }
    uint64_t word = (agent ^ source * 0x9E3779B97F4A7C15u ^ exporter << 48) * 0xD6E8FEB86659FD93u >> 54;
    for (int k = 0; k < TRIES; k++) {
        int64_t at = (int64_t)((word + (uint64_t)k) % PLACES);
        *place = &sources->places[at];
        if (**place >= 0 && !is_of(&runs[**place], exporter, agent, source)) continue;
        sources->last = at;
        return **place < 0 ? NULL : &runs[**place];
    }
    *place = &sources->nowhere;
    return NULL;
}

static void note(const FlMessages *messages, const Datagram *from, const Head *head, const Row *row, Sources *sources,
                 FlAgents *to) {
    uint64_t exporter = messages->exporters[from->d];
    int32_t *place;
    FlRun *run = known(to->run, sources, exporter, from->agent, head->source, &place);
    if (!run || run->rate != head->rate || (uint32_t)(run->number + run->count) != head->number ||
        from->uptime < run->uptime || from->uptime - run->since > A_SECOND) {
        *place = (int32_t)to->runs;
        run = &to->run[to->runs++];
        *run = (FlRun){.agent = from->agent, .source = head->source, .number = head->number, .rate = head->rate,
                       .since = from->uptime, .exporter = exporter};
    }
    run->count++;
    run->pool = head->pool;
    run->drops = head->drops;
    run->uptime = from->uptime;
    run->received = (uint64_t)messages->received[from->d];
    int outward = row->output_if == head->source && row->input_if != head->source;
    *(outward ? &run->packets_out : &run->packets_in) += head->rate;
    *(outward ? &run->octets_out : &run->octets_in) += row->octets * head->rate;
}

/* One flow sample. Says 0 where it says more than is read here. */
static int flow(const FlMessages *messages, const Datagram *from, const uint8_t *at, const uint8_t *stop, int expanded,
                Sources *sources, FlAgents *to) {
    Row row = {.icmp = NOT_ICMP};
    if (stop - at < head_of(expanded) || !plain(&row, at, stop, expanded)) return 0;
    Head head = opened(at, expanded);
    int64_t i = to->rows++;
    store(&to->columns, i, &row, &to->seen);
    to->received[i] = messages->received[from->d];
    to->domain[i] = (uint32_t)from->agent;
    to->exporter[i] = messages->exporters[from->d];
    note(messages, from, &head, &row, sources, to);
    return 1;
}

/* All samples of a datagram; its counter samples are left to others. */
static int swept(const FlMessages *messages, const Datagram *from, Sources *sources, FlAgents *to) {
    int64_t at = from->at, before = to->rows;
    for (int64_t k = 0; k < from->count; k++) {
        if (from->stop - at < 8) return 0;
        uint32_t kind = u32(messages->octets + at);
        int64_t length = u32(messages->octets + at + 4);
        at += 8;
        if (length > from->stop - at || to->rows == to->room || to->counters == to->room) return 0;
        if (kind == FLOW || kind == EXPANDED_FLOW) {
            const uint8_t *begin = messages->octets + at;
            if (!flow(messages, from, begin, begin + length, kind == EXPANDED_FLOW, sources, to)) return 0;
        } else if (kind == COUNTERS || kind == EXPANDED_COUNTERS) {
            if (length < (kind == COUNTERS ? COUNTERS_OCTETS : EXPANDED_COUNTERS_OCTETS)) return 0;
            to->counter.datagram[to->counters] = from->d;
            to->counter.kind[to->counters] = kind;
            to->counter.at[to->counters] = at;
            to->counter.stop[to->counters++] = at + length;
        } else
            return 0;
        at += length;
    }
    to->samples[from->d] = to->rows - before;
    to->begin[from->d] = from->at - 16;
    return 1;
}

/* Reads a batch. Says 0 where anything is amiss or unusual, and then nothing of what was written counts. */
int32_t fl_agents(const FlMessages *messages, FlAgents *to) {
    Sources sources;
    memset(sources.places, -1, sizeof sources.places);
    sources.last = -1;
    to->rows = to->runs = to->counters = 0;
    memset(&to->seen, 0, sizeof to->seen);
    for (int64_t d = 0; d < messages->count; d++) {
        Datagram one;
        if (d + AHEAD < messages->count)
            for (int64_t far = 0; far < messages->lengths[d + AHEAD] && far < messages->width; far += LINE)
                __builtin_prefetch(messages->octets + (d + AHEAD) * messages->width + far);
        if (!header(messages, d, &one) || !swept(messages, &one, &sources, to)) return 0;
    }
    return 1;
}
