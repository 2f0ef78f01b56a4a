/* Flows folded into conversations: who asked whom, and a row for each client, server, port, protocol, source and minute. */

#include "kernel.h"

#include <string.h>

enum { ICMP = 1, TCP = 6, ICMP6 = 58, SYN = 0x02, SYN_ACK = 0x12, NOT_ICMP = 0xFFFF, AWS_VPC = 201 };
enum { INITIATOR = 1, FLAGS, SERVICE, PORT_ORDER, SOURCE = 1 };
enum { UDP_RANKS = 65536, TRIES = 16 };
static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u, MIX = 0xBF58476D1CE4E5B9u;
static const int64_t MOST = (1ll << 62) - 1, MOST_PER_FLOW = 1ll << 48, TOLERANCE = 300000, LONGEST = 7 * 86400000ll;
static const int64_t SOONEST = 946684800000, LATEST = 4102444800000, LAST = 1ll << 53, MINUTE = 60000;

#define READ(NAME, TYPE)                                                                                   \
    static inline TYPE NAME(const FlFlows *flows, int64_t row) {                                           \
        TYPE value;                                                                                        \
        memcpy(&value, (const uint8_t *)flows->NAME.values + row * flows->NAME.stride, sizeof value);      \
        return value;                                                                                      \
    }
READ(exporter, uint16_t)
READ(format, uint8_t)
READ(domain, uint32_t)
READ(received, int64_t)
READ(start, int64_t)
READ(end, int64_t)
READ(src_high, uint64_t)
READ(src_low, uint64_t)
READ(dst_high, uint64_t)
READ(dst_low, uint64_t)
READ(protocol, uint8_t)
READ(src_port, uint16_t)
READ(dst_port, uint16_t)
READ(icmp, uint16_t)
READ(tcp_flags, uint16_t)
READ(octets, uint64_t)
READ(packets, uint64_t)
READ(sampling_rate, uint32_t)
READ(initiator, uint8_t)
READ(input_if, uint32_t)
READ(output_if, uint32_t)
READ(ingress_vrf, uint32_t)
READ(egress_vrf, uint32_t)
READ(application, uint64_t)

static inline int has_ports(uint8_t protocol) {
    return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}

/* Whoever finds values that share places only makes NumPy do the work. */
static inline uint64_t mixed(uint64_t state, uint64_t value) {
    state = (state ^ value) * MIX;
    return state ^ state >> 32;
}

/* Whether the source's address is the higher; of equal ones, whether its port is. */
static inline int turned(const FlFlows *flows, int64_t row, int with_ports) {
    uint64_t src = src_high(flows, row), dst = dst_high(flows, row);
    if (src != dst) return src > dst;
    src = src_low(flows, row), dst = dst_low(flows, row);
    if (src != dst || !with_ports) return src > dst;
    return src_port(flows, row) > dst_port(flows, row);
}

/* By the ports alone; rank 0 is the best known. */
static inline int by_ports(const FlFlows *flows, const uint8_t *ranks, int64_t row, uint8_t *evidence) {
    uint8_t kind = protocol(flows, row);
    uint16_t src = 0, dst = 0;
    if (has_ports(kind)) src = src_port(flows, row), dst = dst_port(flows, row);
    const uint8_t *table = ranks + (kind == 17 || kind == 136 ? UDP_RANKS : 0);
    *evidence = table[src] != table[dst] ? SERVICE : PORT_ORDER;
    if (table[src] != table[dst]) return table[dst] < table[src];
    return src != dst ? dst < src : turned(flows, row, 0);
}

/* Whether the flow shows its first packet: 1 where its source sent that, -1 where it answered, 0 where it does not show. */
static inline int by_first_packet(const FlFlows *flows, int64_t row) {
    uint8_t kind = protocol(flows, row);
    if (kind == TCP) {
        int flags = tcp_flags(flows, row) & SYN_ACK;
        if (flags == SYN) return 1;
        return flags == SYN_ACK && (packets(flows, row) == 1 || format(flows, row) == AWS_VPC) ? -1 : 0;
    }
    uint16_t said = icmp(flows, row);
    if ((kind != ICMP && kind != ICMP6) || said == NOT_ICMP) return 0;
    int type = said >> 8;
    if (kind == ICMP6) return type == 128 ? 1 : type == 129 ? -1 : 0;
    if (type == 8 || type == 13 || type == 15 || type == 17) return 1;
    return type == 0 || type == 14 || type == 16 || type == 18 ? -1 : 0;
}

static int same_pair(const FlFlows *flows, int64_t one, int64_t other) {
    if (exporter(flows, one) != exporter(flows, other) || protocol(flows, one) != protocol(flows, other)) return 0;
    if (src_low(flows, one) == src_low(flows, other) && dst_low(flows, one) == dst_low(flows, other) &&
        src_port(flows, one) == src_port(flows, other) && dst_port(flows, one) == dst_port(flows, other) &&
        src_high(flows, one) == src_high(flows, other) && dst_high(flows, one) == dst_high(flows, other))
        return 1;
    return src_low(flows, one) == dst_low(flows, other) && dst_low(flows, one) == src_low(flows, other) &&
           src_port(flows, one) == dst_port(flows, other) && dst_port(flows, one) == src_port(flows, other) &&
           src_high(flows, one) == dst_high(flows, other) && dst_high(flows, one) == src_high(flows, other);
}

static inline uint64_t pair_hash(const FlFlows *flows, int64_t row) {
    uint64_t src = mixed(mixed(GOLDEN, src_high(flows, row) ^ (uint64_t)src_port(flows, row) << 32), src_low(flows, row));
    uint64_t dst = mixed(mixed(GOLDEN, dst_high(flows, row) ^ (uint64_t)dst_port(flows, row) << 32), dst_low(flows, row));
    return mixed(src + dst, (uint64_t)exporter(flows, row) << 8 | protocol(flows, row));
}

/* The place of a pair in the table, or of nothing yet; -1 when too many were tried. */
static inline int64_t pair_place(const FlFlows *flows, const FlFold *to, int64_t row, int64_t *tries) {
    uint64_t at = pair_hash(flows, row) & (uint64_t)(to->places - 1);
    for (; *tries > 0; at = (at + 1) & (uint64_t)(to->places - 1), --*tries)
        if (!to->table[at] || same_pair(flows, to->table[at] - 1, row)) return (int64_t)at;
    return -1;
}

static inline int strong(const FlFlows *flows, const FlFold *to, int64_t row) {
    return to->evidence[row] <= FLAGS && has_ports(protocol(flows, row));
}

/* A vote is the evidence, and within that whether the client is not the lower end: the least counts for the pair. */
static inline uint8_t vote(const FlFlows *flows, const FlFold *to, int64_t row) {
    return (uint8_t)(to->evidence[row] * 2 + (to->forward[row] == turned(flows, row, 1)));
}

/* All flows of a pair of endpoints follow the strongest evidence among them. The least vote is kept at its first row. */
static int agree(const FlFlows *flows, FlFold *to) {
    int64_t tries = TRIES * flows->rows + TRIES, any = 0;
    for (int64_t row = 0; row < flows->rows; row++) {
        if (!strong(flows, to, row)) continue;
        int64_t at = pair_place(flows, to, row, &tries);
        if (at < 0) return -1;
        uint8_t mine = vote(flows, to, row);
        any = 1;
        if (!to->table[at]) {
            to->table[at] = (int32_t)row + 1;
            to->votes[row] = mine;
        } else if (mine < to->votes[to->table[at] - 1])
            to->votes[to->table[at] - 1] = mine;
    }
    if (!any) return 0;
    for (int64_t row = 0; row < flows->rows; row++) {
        if (!has_ports(protocol(flows, row))) continue;
        int64_t at = pair_place(flows, to, row, &tries);
        if (at < 0) return -1;
        if (!to->table[at]) continue;
        uint8_t decided = to->votes[to->table[at] - 1];
        to->evidence[row] = decided >> 1;
        to->forward[row] = (decided & 1) == turned(flows, row, 1);
    }
    memset(to->table, 0, sizeof to->table[0] * (size_t)to->places);
    return 0;
}

/* Per flow, whether its source is the client, and by which evidence. Says -1 where NumPy must do it. */
static int decide(const FlFlows *flows, FlFold *to) {
    for (int64_t row = 0; row < flows->rows; row++) {
        uint8_t evidence, told = initiator(flows, row);
        int forward = by_ports(flows, to->ranks, row, &evidence), first = by_first_packet(flows, row);
        if (first) forward = first > 0, evidence = FLAGS;
        if (told) forward = told == SOURCE, evidence = INITIATOR;
        to->forward[row] = (uint8_t)forward;
        to->evidence[row] = evidence;
    }
    return agree(flows, to);
}

static inline int64_t within(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

/* By a clock that can be believed: where the exporter's differs too much, by the collector's. */
static inline void times(const FlFlows *flows, int64_t row, int64_t *began, int64_t *ended) {
    int64_t came = within(received(flows, row), SOONEST, LATEST);
    int64_t first = within(start(flows, row), 0, LAST), last = within(end(flows, row), 0, LAST);
    int64_t length = last - first;
    if (first == 0 || length < 0 || length > LONGEST) length = 0;
    if (last < came - TOLERANCE || last > came + TOLERANCE) last = came;
    *ended = last;
    *began = last - length;
}

static inline void add(int64_t *sum, int64_t value) { *sum = value > MOST - *sum ? MOST : *sum + value; }

/* Octets or packets as on the wire, and times the sampling rate. Returns whether that was too much to be true. */
static inline int count(uint64_t told, int64_t rate, int64_t *sent, int64_t *received, int64_t *seen) {
    int64_t plain = told > (uint64_t)MOST_PER_FLOW ? MOST_PER_FLOW : (int64_t)told;
    int over = told > (uint64_t)MOST_PER_FLOW || plain > MOST_PER_FLOW / rate;
    add(sent ? sent : received, over ? MOST_PER_FLOW : plain * rate);
    add(seen, plain);
    return over;
}

enum { KEYS = FL_MINUTE + 1 };

static inline int64_t *cell(const FlFold *to, int column, int64_t group) { return to->out + column * to->room + group; }

/* The group of a key, perhaps a new one; -1 when too many places were tried. */
static inline int64_t group_of(FlFold *to, const int64_t *key, int64_t *tries) {
    uint64_t small = (uint64_t)key[FL_MINUTE] << 24 | (uint64_t)key[FL_PORT] << 8 | (uint64_t)key[FL_PROTOCOL], hash = GOLDEN;
    for (int k = FL_CLIENT_HIGH; k <= FL_SERVER_LOW; k++) hash = mixed(hash, (uint64_t)key[k]);
    hash = mixed(mixed(hash, small), (uint64_t)key[FL_SPACE] << 32 ^ (uint64_t)key[FL_SOURCE]);
    for (uint64_t at = hash & (uint64_t)(to->places - 1); *tries > 0; at = (at + 1) & (uint64_t)(to->places - 1), --*tries) {
        if (!to->table[at]) {
            to->table[at] = (int32_t)++to->groups;
            for (int k = 0; k < KEYS; k++) *cell(to, k, to->groups - 1) = key[k];
            return to->groups - 1;
        }
        int k = 0;
        while (k < KEYS && *cell(to, k, to->table[at] - 1) == key[k]) k++;
        if (k == KEYS) return to->table[at] - 1;
    }
    return -1;
}

/* What the first flow of a conversation, by its start, says of it. */
static inline void witness(const FlFlows *flows, FlFold *to, int64_t row, int64_t group, int64_t began) {
    int ahead = to->forward[row];
    *cell(to, FL_START, group) = began;
    *cell(to, FL_FORMAT, group) = format(flows, row);
    *cell(to, FL_DOMAIN, group) = domain(flows, row);
    *cell(to, FL_EVIDENCE, group) = to->evidence[row];
    *cell(to, FL_APPLICATION, group) = (int64_t)application(flows, row);
    *cell(to, FL_CLIENT_IF, group) = ahead ? input_if(flows, row) : output_if(flows, row);
    *cell(to, FL_SERVER_IF, group) = ahead ? output_if(flows, row) : input_if(flows, row);
    *cell(to, FL_CLIENT_VRF, group) = ahead ? ingress_vrf(flows, row) : egress_vrf(flows, row);
    *cell(to, FL_SERVER_VRF, group) = ahead ? egress_vrf(flows, row) : ingress_vrf(flows, row);
}

static inline void key_of(const FlFlows *flows, const FlFold *to, int64_t row, int64_t *key) {
    int ahead = to->forward[row];
    uint64_t high[2] = {src_high(flows, row), dst_high(flows, row)}, low[2] = {src_low(flows, row), dst_low(flows, row)};
    key[FL_SPACE] = to->spaces[exporter(flows, row)];
    key[FL_CLIENT_HIGH] = (int64_t)high[!ahead];
    key[FL_CLIENT_LOW] = (int64_t)low[!ahead];
    key[FL_SERVER_HIGH] = (int64_t)high[ahead];
    key[FL_SERVER_LOW] = (int64_t)low[ahead];
    key[FL_PROTOCOL] = protocol(flows, row);
    key[FL_PORT] = !has_ports(protocol(flows, row)) ? 0 : ahead ? dst_port(flows, row) : src_port(flows, row);
    key[FL_SOURCE] = to->sources[exporter(flows, row)];
}

/* Fills `out`, which is all 0, and `groups` and `clamped`. Returns -1 where NumPy must do it: somebody built keys that
 * share a place in the table, or names an exporter that is none. */
int32_t fl_fold(const FlFlows *flows, FlFold *to) {
    to->groups = to->clamped = 0;
    for (int64_t row = 0; row < flows->rows; row++)
        if (exporter(flows, row) >= to->exporters) return -1;
    if (decide(flows, to)) return -1;
    int64_t tries = TRIES * flows->rows + TRIES;
    for (int64_t row = 0; row < flows->rows; row++) {
        int64_t key[KEYS], began, ended, rate = sampling_rate(flows, row), before = to->groups;
        int ahead = to->forward[row];
        times(flows, row, &began, &ended);
        key_of(flows, to, row, key);
        key[FL_MINUTE] = ended / MINUTE;
        int64_t group = group_of(to, key, &tries);
        if (group < 0) return -1;
        if (to->groups != before || began < *cell(to, FL_START, group)) witness(flows, to, row, group, began);
        ++*cell(to, FL_FLOWS, group);
        ++*cell(to, FL_FLOWS + to->evidence[row], group);
        rate = rate ? rate : 1;
        if (ended > *cell(to, FL_END, group)) *cell(to, FL_END, group) = ended;
        if (rate > *cell(to, FL_RATE, group)) *cell(to, FL_RATE, group) = rate;
        for (int unit = 0; unit < 2; unit++) {
            int64_t *sums = cell(to, unit ? FL_PACKETS_SEEN : FL_OCTETS_SEEN, group), room = to->room;
            uint64_t told = unit ? packets(flows, row) : octets(flows, row);
            to->clamped += count(told, rate, ahead ? sums + room : 0, sums + 2 * room, sums);
        }
    }
    return 0;
}
